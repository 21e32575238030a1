import Configuration
import CoreMetrics
import Foundation
import Logging
import OTLPExporter
import TelemetryEngine
import TelemetryModel
import TelemetryTransport
import Testing
import Tracing

@testable import AzureMonitor

/// Azure and an OTLP server at once: real sockets, real files, real time.
@Suite("Azure and OTLP at once", .timeLimit(.minutes(10)))
struct OTLPEndToEndTests {
    private static let spanCount = 1_500

    private func configuration(
        azure: IngestionServer,
        otlp: IngestionServer,
        directory: String
    ) -> AzureMonitor.Configuration {
        var configuration = AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: [
                    "OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp",
                    "OTEL_LOGS_EXPORTER": "otlp",
                    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(otlp.port)",
                    "OTEL_EXPORTER_OTLP_HEADERS": "x-key=k%201",
                    // Nothing here is about how fast a busy machine is.
                    "OTEL_EXPORTER_OTLP_TIMEOUT": "3600000",
                    // Totals would come again with the last collection.
                    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
                ])
            )
        )
        configuration.connectionString = azure.connectionString
        configuration.serviceName = "shop"
        configuration.storage = StorageConfiguration()
        configuration.storage?.directory = directory
        configuration.logs.console = .off
        configuration.diagnosticLevel = .off
        configuration.shutdownTimeout = .seconds(3_600)
        return configuration
    }

    /// Records spans, a log record and a counter while the pipeline runs, and returns its health at
    /// the end.
    private func run(_ configuration: AzureMonitor.Configuration) async throws -> TelemetryHealth {
        let telemetry = try AzureMonitor.makePipeline(configuration)
        await telemetry.run {
            withTracer(telemetry.tracer) {
                for number in 0..<Self.spanCount {
                    withSpan("span \(number)", ofKind: .server) { _ in }
                }
            }
            Logger(label: "shop", factory: { telemetry.makeLogHandler(label: $0) }).info("said")
            Counter(label: "orders", factory: telemetry.metricsFactory).increment(by: 3)
        }
        return await telemetry.health
    }

    private func withDirectory(
        _ body: (String) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "azure-monitor-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory.path)
    }

    /// How many records of each signal an OTLP server was sent, by what the requests hold.
    private func received(by server: IngestionServer) throws -> [Signal: Int] {
        var counts: [Signal: Int] = [:]
        for request in server.requests {
            #expect(request.headers["content-type"] == "application/x-protobuf")
            #expect(request.headers["content-encoding"] == "gzip")
            #expect(request.headers["x-key"] == "k 1")
            let path = request.line.split(separator: " ")[1]
            let signal = try #require(Signal(rawValue: String(path.dropFirst("/v1/".count))))
            let body = try Gzip.decompress(request.body, maximumSize: 1 << 24)
            let decoded = try OTLPProtobufDecoder().decode(body, signal: signal)
            #expect(decoded.skipped.isEmpty)
            counts[signal, default: 0] += decoded.batches.reduce(0) { $0 + $1.count }
        }
        return counts
    }

    @Test("both get all of it")
    func both() async throws {
        try await self.withDirectory { directory in
            let azure = try IngestionServer()
            let otlp = try IngestionServer(as: .text("{}"))
            let health = try await self.run(
                self.configuration(azure: azure, otlp: otlp, directory: directory)
            )
            let counts = try self.received(by: otlp)
            #expect(counts == [.traces: Self.spanCount, .logs: 1, .metrics: 1])
            for name in ["azure", "otlp"] {
                let books = try #require(health.destinations[name]?.books)
                #expect(books.accepted == UInt64(Self.spanCount) + 2)
                #expect(books.exported == books.accepted)
            }
            #expect(
                try azure.items.count { $0.baseType == "RequestData" } == Self.spanCount
            )
            await azure.stop()
            await otlp.stop()
        }
    }

    @Test("what one refuses or cannot take the other gets", arguments: [400, 503], [false, true])
    func oneRefuses(status: Int, isAzureHealthy: Bool) async throws {
        try await self.withDirectory { directory in
            let azure = try IngestionServer(as: isAzureHealthy ? .ingestion : .status(status))
            let otlp = try IngestionServer(as: isAzureHealthy ? .status(status) : .text("{}"))
            let health = try await self.run(
                self.configuration(azure: azure, otlp: otlp, directory: directory)
            )
            let healthy = try #require(health.destinations[isAzureHealthy ? "azure" : "otlp"])
            #expect(healthy.books.accepted == UInt64(Self.spanCount) + 2)
            #expect(healthy.books.exported == healthy.books.accepted)
            let other = try #require(health.destinations[isAzureHealthy ? "otlp" : "azure"])
            #expect(other.books.accepted == healthy.books.accepted)
            #expect(other.books.exported == 0)
            if status == 400 {
                #expect(other.books.dropped == [.rejected: other.books.accepted])
            } else {
                #expect(other.books.stored == other.books.accepted)
                #expect(other.books.droppedCount == 0)
            }
            if isAzureHealthy {
                #expect(
                    try azure.items.count { $0.baseType == "RequestData" } == Self.spanCount
                )
            } else {
                let counts = try self.received(by: otlp)
                #expect(counts == [.traces: Self.spanCount, .logs: 1, .metrics: 1])
            }
            await azure.stop()
            await otlp.stop()
        }
    }

    @Test("what was stored while the server was gone is delivered by the next process")
    func redelivery() async throws {
        try await self.withDirectory { directory in
            let azure = try IngestionServer()
            let gone = try IngestionServer(as: .text("{}"))
            let configuration = self.configuration(azure: azure, otlp: gone, directory: directory)
            await gone.stop()
            let first = try await self.run(configuration)
            let stored = try #require(first.destinations["otlp"])
            #expect(stored.books.stored == UInt64(Self.spanCount) + 2)
            #expect(stored.books.droppedCount == 0)

            let back = try IngestionServer(port: gone.port, as: .text("{}"))
            let second = try AzureMonitor.makePipeline(configuration)
            await second.run {
                withTracer(second.tracer) { withSpan("awake") { _ in } }
                await second.forceFlush(.seconds(3_600))
                await back.waitForRequests(stored.storedPayloads + 1)
            }
            let counts = try self.received(by: back)
            #expect(counts == [.traces: Self.spanCount + 1, .logs: 1, .metrics: 1])
            let books = try #require(await second.health.destinations["otlp"]).books
            #expect(books.redelivered == UInt64(Self.spanCount) + 2)
            await azure.stop()
            await back.stop()
        }
    }
}
