import AzureMonitorExporter
import Configuration
import CoreMetrics
import Foundation
import Logging
import TelemetryEngine
import Testing
import Tracing

@testable import AzureMonitor

/// The distribution as a program uses it: real sockets, real files, real time.
///
/// Each test is a process of its own, for its threads can be told from nobody else's otherwise.
@Suite("End to end", .timeLimit(.minutes(10)))
struct EndToEndTests {
    @Test("a pipeline delivers over HTTP and leaves no thread behind")
    func delivery() async {
        await #expect(processExitsWith: .success) {
            let server = try IngestionServer()
            let telemetry = try AzureMonitor.makePipeline(Self.configuration(for: server))
            Self.expect(Self.hasOnlyThreads([]), true)
            let health = await telemetry.run {
                Self.recordOneOfEach(with: telemetry)
                let health = await telemetry.forceFlush(.seconds(3_600))
                Self.expect(Self.hasOnlyThreads(["azure-monitor"]), true)
                return health
            }
            Self.expect(Self.hasOnlyThreads([]), true)

            let books = try #require(health.destinations["azure"]?.books)
            Self.expect(books.accepted, 3)
            Self.expect(books.exported, 3)
            for request in server.requests {
                Self.expect(request.line, "POST /v2.1/track HTTP/1.1")
                Self.expect(request.headers["content-encoding"], "gzip")
                Self.expect(request.headers["content-type"]?.hasPrefix("application/json"), true)
            }
            try Self.expectOneOfEach(server.items)
            await server.stop()
        }
    }

    @Test("bootstrapping starts no thread, and the global back ends deliver")
    func bootstrap() async {
        await #expect(processExitsWith: .success) {
            let server = try IngestionServer()
            let monitor = try AzureMonitor.bootstrap(Self.configuration(for: server))
            withSpan("before anything runs", ofKind: .server) { _ in
                Logger(label: "shop").info("said")
                Counter(label: "orders").increment()
            }
            Self.expect(Self.hasOnlyThreads([]), true)
            await monitor.run {}
            Self.expect(Self.hasOnlyThreads([]), true)
            let items = try server.items
            let request = try #require(items.first { $0.baseType == "RequestData" })
            Self.expect(request.data["name"] as? String, "before anything runs")
            let message = try #require(items.first { $0.baseType == "MessageData" })
            Self.expect(message.tags["ai.operation.id"], request.tags["ai.operation.id"])
            await server.stop()
        }
    }

    @Test("what a server that is gone cannot take is stored, and delivered by the next process")
    func redelivery() async {
        await #expect(processExitsWith: .success) {
            let directory = FileManager.default.temporaryDirectory
                .appending(path: "azure-monitor-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: directory) }
            let server = try IngestionServer()
            var configuration = Self.configuration(for: server)
            configuration.storage = StorageConfiguration()
            configuration.storage?.directory = directory.path
            await server.stop()

            let first = try AzureMonitor.makePipeline(configuration)
            await first.run { Self.recordOneOfEach(with: first) }
            let stored = try #require(await first.health.destinations["azure"])
            Self.expect(stored.books.accepted, 3)
            Self.expect(stored.books.stored, 3)
            Self.expect(stored.books.droppedCount, 0)
            Self.expect(stored.storedPayloads, 3)
            Self.expect(server.requests.isEmpty, true)
            Self.expect(Self.hasOnlyThreads([]), true)

            let recovered = try IngestionServer(port: server.port)
            // Time limits beyond all bounds are no limits.
            configuration.traces.batching.exportTimeout = .seconds(Int64.max)
            configuration.shutdownTimeout = .seconds(Int64.max)
            let second = try AzureMonitor.makePipeline(configuration)
            await second.run {
                withTracer(second.tracer) { withSpan("awake", ofKind: .client) { _ in } }
                await second.forceFlush(.seconds(Int64.max))
                await recovered.waitForRequests(stored.storedPayloads + 1)
            }
            let delivered = try #require(await second.health.destinations["azure"])
            Self.expect(delivered.books.exported, 1)
            Self.expect(delivered.books.redelivered, 3)
            Self.expect(delivered.storedPayloads, 0)
            Self.expect(Self.hasOnlyThreads([]), true)
            try Self.expectOneOfEach(recovered.items)
            await recovered.stop()
        }
    }

    // MARK: Support

    /// Says what was expected in a comment, for that is all that comes out of another process.
    private static func expect<Value: Equatable>(
        _ value: Value,
        _ expected: Value,
        _ what: String = ""
    ) {
        if value != expected { Issue.record("\(what)\(value) is not \(expected)") }
    }

    private struct Refused: Error {}

    private static func configuration(
        for server: IngestionServer
    ) -> AzureMonitor.Configuration {
        var configuration = AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: [:])
            )
        )
        configuration.connectionString = server.connectionString
        configuration.serviceName = "shop"
        configuration.serviceNamespace = "test"
        configuration.serviceInstanceID = "shop-1"
        configuration.storage = nil
        configuration.logs.console = .off
        configuration.diagnosticLevel = .off
        configuration.shutdownTimeout = .seconds(3_600)
        return configuration
    }

    /// A request with an exception, a log record inside it, and a counter.
    private static func recordOneOfEach(with telemetry: Telemetry) {
        let logger = Logger(label: "shop", factory: { telemetry.makeLogHandler(label: $0) })
        withTracer(telemetry.tracer) {
            withSpan("GET /orders", ofKind: .server) { span in
                logger.warning("out of stock", metadata: ["item": "7"])
                span.recordError(Refused())
                span.setStatus(SpanStatus(code: .error))
            }
        }
        Counter(label: "orders", factory: telemetry.metricsFactory).increment(by: 3)
    }

    private static func expectOneOfEach(_ items: [SentItem]) throws {
        func item(_ baseType: String, where isIt: (SentItem) -> Bool = { _ in true }) throws
            -> SentItem
        {
            let found = items.filter { $0.baseType == baseType && isIt($0) }
            Self.expect(found.count, 1)
            return try #require(found.first)
        }
        let request = try item("RequestData")
        Self.expect(request.data["name"] as? String, "GET /orders")
        Self.expect(request.data["success"] as? Bool, false)
        let operation = try #require(request.tags["ai.operation.id"])
        let id = try #require(request.data["id"] as? String)
        Self.expect(operation.utf8.count, 32)
        Self.expect(id.utf8.count, 16)

        for child in [try item("ExceptionData"), try item("MessageData")] {
            Self.expect(child.tags["ai.operation.id"], operation)
            Self.expect(child.tags["ai.operation.parentId"], id)
            Self.expect(child.tags["ai.operation.name"], "GET /orders")
        }
        Self.expect(try item("MessageData").data["message"] as? String, "out of stock")
        Self.expect(try item("MessageData").properties["item"], "7")

        func points(_ item: SentItem) -> [[String: Any]] {
            item.data["metrics"] as? [[String: Any]] ?? []
        }
        let counter = try item("MetricData") { points($0).first?["name"] as? String == "orders" }
        Self.expect(points(counter).first?["value"] as? Double, 3)

        for item in items {
            Self.expect(item.tags["ai.cloud.role"], "test.shop")
            Self.expect(item.tags["ai.cloud.roleInstance"], "shop-1")
        }
    }

    /// Whether the named threads of this package are the only ones of it that there are, at most a
    /// minute from now: the system shows a thread for a moment after it was joined.
    private static func hasOnlyThreads(_ names: [String]) -> Bool {
        for _ in 0..<60_000 {
            if Self.ownThreads == names { return true }
            usleep(1_000)
        }
        return false
    }

    /// The names of the threads that are this package's.
    private static var ownThreads: [String] {
        let tasks = "/proc/self/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        return threads.compactMap { thread in
            let name = try? String(contentsOfFile: "\(tasks)/\(thread)/comm", encoding: .utf8)
            return name?.trimmingCharacters(in: .newlines)
        }
        .filter { ["azure-monitor", "azm-storage"].contains($0) }
    }
}
