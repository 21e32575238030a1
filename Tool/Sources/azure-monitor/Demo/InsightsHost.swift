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
        self.server = LocalInsightsServer(
            configuration: configuration, store: self.store, logger: Console.logger)
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
                    await listening.fail(ListenFailure.explain(error, port: self.port))
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
        var counts: [String: Int] = [:]
        for table in TableCounts.tables + ["customEvents", "availabilityResults"] {
            let count = try await self.store.count(of: table)
            if count > 0 { counts[table] = count }
        }
        return counts
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
