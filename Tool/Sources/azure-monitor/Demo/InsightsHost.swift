import Foundation
import Hummingbird
import LocalInsights
import NIOCore
import ServiceLifecycle

/// A `local` inside this process.
struct InsightsHost: Sendable {
    private let server: LocalInsightsServer
    private let store: TelemetryStore
    private let port: Int

    init(port: Int) throws {
        self.port = port
        self.store = try TelemetryStore(configuration: .init(path: nil), logger: Console.logger)
        var configuration = LocalInsightsServer.Configuration()
        configuration.port = port
        configuration.hostName = HostMachine.name
        self.server = LocalInsightsServer(
            configuration: configuration,
            store: self.store,
            logger: Console.logger
        )
    }

    /// The address of the page.
    func pageAddress(port: Int) -> String { self.server.pageAddress(port: port) }

    /// Makes an exporter send here.
    func connectionString(port: Int) -> String { self.server.connectionString(port: port) }

    /// Serves while the body runs, which is told the port.
    func run<Result: Sendable>(
        _ body: @Sendable (Int) async throws -> Result
    ) async throws -> Result {
        let listening = Promise<Int>()
        let application = self.server.makeApplication { await listening.fulfil($0) }
        let group = ServiceGroup(services: [application], logger: Console.logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do {
                    try await group.run()
                } catch {
                    await listening.fail(
                        LocalCommand.explanation(of: error, host: "127.0.0.1", port: self.port)
                    )
                }
            }
            let result = try await body(try await listening.result())
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }

    /// How many items of each table are in the store.
    func arrived() async throws -> [String: Int] {
        let tables = TableCounts.tables + ["customEvents", "availabilityResults"]
        let columns = tables.map { "(SELECT COUNT(*) FROM \($0)) AS \($0)" }
        let rows = try await self.store.query("SELECT \(columns.joined(separator: ", "))")
        let counts = try JSONDecoder().decode([[String: Int]].self, from: Data(rows))
        return (counts.first ?? [:]).filter { $0.value > 0 }
    }
}

/// A value that comes once, for one who waits for it.
actor Promise<Value: Sendable> {
    private var outcome: Result<Value, any Error>?
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init() {}

    /// The value is there.
    func fulfil(_ value: Value) { self.settle(.success(value)) }

    /// There will be none.
    func fail(_ error: any Error) { self.settle(.failure(error)) }

    /// Waits for the value.
    func result() async throws -> Value {
        while true {
            if let outcome = self.outcome { return try outcome.get() }
            await withCheckedContinuation { self.waiters.append($0) }
        }
    }

    private func settle(_ outcome: Result<Value, any Error>) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        for waiter in self.waiters { waiter.resume() }
        self.waiters = []
    }
}
