import AzureMonitor
import AzureMonitorExporter
import ServiceLifecycle
import TelemetryEngine
import TelemetryModel
import UnixSignals

/// The whole demo: three roles, each with a pipeline of its own, and a place where all arrives.
struct Demo: Sendable {
    let insights: InsightsHost
    /// How long to run; `nil` for until somebody interrupts.
    let duration: Duration?

    private let counts = TableCounts()

    init(insights: InsightsHost, duration: Duration?) {
        self.insights = insights
        self.duration = duration
    }

    /// Runs it; returns how many items of each table were sent, and how many arrived.
    func run() async throws -> (sent: [String: Int], arrived: [String: Int]) {
        try await self.insights.run { port in
            Console.print(self.insights.pageAddress(port: port))
            let connectionString = self.insights.connectionString(port: port)
            let shop = try self.pipeline("shop", connectionString)
            let visitors = try self.pipeline("visitors", connectionString)
            let warehouse = try self.pipeline("warehouse", connectionString)
            // Each delivers what it has when its body ends.
            try await shop.run {
                try await visitors.run {
                    try await warehouse.run {
                        try await self.perform(shop, visitors, warehouse)
                    }
                }
            }
            return (self.counts.current, try await self.insights.arrived())
        }
    }

    private func pipeline(_ role: String, _ connectionString: String) throws -> Telemetry {
        var configuration = TelemetryConfiguration()
        configuration.resource = Resource(attributes: [
            "service.name": .string(role), "service.instance.id": "demo",
            "service.version": "1.0",
        ])
        configuration.metrics.exportInterval = .seconds(1)
        configuration.logs.console = .off
        // The demo leaves nothing behind on the disk.
        configuration.storage = nil
        let exporters: [any TelemetryExporter] = [
            try AzureMonitorTraceExporter(connectionString: connectionString),
            try AzureMonitorLogExporter(connectionString: connectionString),
            try AzureMonitorMetricExporter(connectionString: connectionString),
        ]
        return Telemetry(
            configuration: configuration,
            exporters: exporters.map { CountingExporter(exporter: $0, counts: self.counts) }
        )
    }

    private func perform(
        _ shop: Telemetry,
        _ visitors: Telemetry,
        _ warehouse: Telemetry
    ) async throws {
        let catalogue = try Catalogue()
        let (orders, incoming) = AsyncStream.makeStream(
            of: Order.self,
            bufferingPolicy: .bufferingNewest(1_000)
        )
        let server = ShopService(
            shop: Shop(telemetry: shop, catalogue: catalogue, orders: incoming)
        )
        let group = ServiceGroup(services: [server], logger: Console.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                await Warehouse(telemetry: warehouse, catalogue: catalogue, orders: orders).run()
            }
            let port = try await server.listening.result()
            try await self.untilTheEnd {
                try await Visitors(telemetry: visitors, shop: "http://127.0.0.1:\(port)").run()
            }
            // Visitors first, then the shop, then what it left to the warehouse.
            await group.triggerGracefulShutdown()
            try await tasks.next()
            incoming.finish()
            try await tasks.waitForAll()
        }
    }

    /// Runs the visitors, and a report each second, until the time is up or somebody interrupts.
    private func untilTheEnd(_ visit: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await visit() }
            group.addTask { try await self.reportEverySecond() }
            group.addTask { await self.waitForTheEnd() }
            // The visitors never end by themselves, nor do the reports.
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func waitForTheEnd() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
            }
            if let duration = self.duration {
                group.addTask { try? await Task.sleep(for: duration) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func reportEverySecond() async throws {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(1))
            } catch {
                return
            }
            let sent = DemoReport.line(self.counts.current)
            let arrived = DemoReport.line(try await self.insights.arrived())
            Console.print("sent \(sent) | arrived \(arrived)")
        }
    }
}

/// Counts as the demo prints them.
enum DemoReport {
    /// A line for people.
    static func line(_ counts: [String: Int]) -> String {
        TableCounts.tables.map { "\($0) \(counts[$0] ?? 0)" }.joined(separator: ", ")
    }

    /// One JSON object, tables in alphabetical order.
    static func json(_ counts: [String: Int]) -> String {
        let members = counts.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return "{\(members.joined(separator: ","))}"
    }
}

/// The shop as a service that can be told to stop.
struct ShopService: Service {
    let shop: Shop
    let listening = Promise<Int>()

    func run() async throws {
        do {
            try await self.shop.run { await self.listening.fulfil($0) }
        } catch {
            await self.listening.fail(error)
            throw error
        }
    }
}
