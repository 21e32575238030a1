import AzureMonitor
import AzureMonitorExporter
import Foundation
import TelemetryEngine
import Testing
import Tracing

@testable import azure_monitor

/// What the commands about offline storage print, and whom they send to.
@Suite(.timeLimit(.minutes(10))) struct StorageCommandTests {
    private static let key = "00000000-0000-0000-0000-000000000001"

    /// Stores three spans for an endpoint that nobody listens at, and shows what waits.
    static func withStorage(
        _ body: (String, [OfflineStorage.Entry]) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "azure-monitor-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        var configuration = AzureMonitor.Configuration()
        configuration.connectionString =
            "InstrumentationKey=\(Self.key);IngestionEndpoint=http://127.0.0.1:9/"
        configuration.storage = StorageConfiguration()
        configuration.storage?.directory = directory.path
        configuration.diagnosticLevel = .off
        // Nothing here is about how fast a busy machine is.
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.logs.console = .off
        let telemetry = try AzureMonitor.makePipeline(configuration)
        await telemetry.run {
            for _ in 0..<3 { telemetry.tracer.startSpan("work", context: .topLevel).end() }
        }
        try await body(directory.path, OfflineStorage.list(directory.path))
    }

    @Test func `a payload is shown with the members of the contract`() async throws {
        try await Self.withStorage { directory, entries in
            let entry = try #require(entries.first)
            #expect(entries.count == 1)
            let row = StoredPayloadRow(entry)
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(row.json.utf8)) as? [String: Any]
            )
            #expect(
                Set(object.keys) == [
                    "file", "endpoint", "signal", "items", "bytes", "created", "attempts", "held",
                ]
            )
            #expect(object["endpoint"] as? String == "http://127.0.0.1:9/v2.1/track")
            #expect(object["signal"] as? String == "traces")
            #expect(object["items"] as? Int == 3)
            #expect(object["attempts"] as? Int == 0)
            #expect(object["held"] as? Bool == false)
            let file = try #require(object["file"] as? String)
            let attributes = try FileManager.default.attributesOfItem(
                atPath: "\(directory)/\(file)"
            )
            #expect(object["bytes"] as? Int == attributes[.size] as? Int)
            let created = try #require(object["created"] as? String)
            #expect(created.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil)
            #expect(row.line.hasPrefix(file))
            #expect(!row.line.contains(Self.key))
        }
    }

    @Test func `a connection string may move what is stored, but not to another resource`()
        async throws
    {
        try await Self.withStorage { directory, entries in
            let destination = try #require(entries.first?.destination)
            func exporter(_ text: String) throws -> (any TelemetryExporter)? {
                try OfflineStorage.azureMonitorExporter(
                    for: destination,
                    connectionString: try ConnectionString(text)
                )
            }
            let moved = try exporter(
                "InstrumentationKey=\(Self.key);IngestionEndpoint=https://example.invalid/"
            )
            #expect(moved?.destination.identity.hasPrefix("https://example.invalid/") == true)
            let error = #expect(throws: AzureMonitorError.self) {
                try exporter("InstrumentationKey=00000000-0000-0000-0000-000000000002")
            }
            #expect(error?.code == .otherResource)
            #expect(error?.message.contains(Self.key) == false)
            let same = try OfflineStorage.azureMonitorExporter(for: destination)
            #expect(same?.destination.identity.hasPrefix("http://127.0.0.1:9/v2.1/track#") == true)
            let other = Destination(name: "otlp", identity: destination.identity)
            #expect(try OfflineStorage.azureMonitorExporter(for: other) == nil)
            for exporter in [moved, same] { await exporter?.shutdown() }
        }
    }

    @Test func `nobody reached is nothing lost`() async throws {
        try await Self.withStorage { directory, entries in
            let destination = try #require(entries.first?.destination)
            let exporter = try #require(
                try OfflineStorage.azureMonitorExporter(for: destination)
            )
            let delivery = try await OfflineStorage.send(directory, by: [destination: exporter])
            await exporter.shutdown()
            #expect(delivery.json == #"{"delivered":0,"left":3,"dropped":{}}"#)
            #expect(try OfflineStorage.list(directory).count == 1)
        }
    }

    @Test func `what was lost is named by reason`() {
        var delivery = OfflineStorage.Delivery()
        delivery.delivered = 1
        delivery.left = 2
        delivery.dropped = [.tooLarge: 4, .rejected: 3]
        let json = #"{"delivered":1,"left":2,"dropped":{"rejected":3,"tooLarge":4}}"#
        #expect(delivery.json == json)
    }
}
