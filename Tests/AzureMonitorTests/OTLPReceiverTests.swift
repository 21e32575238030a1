#if OTLPGRPC
    import Configuration
    import CoreMetrics
    import Foundation
    import Logging
    import OTLPExporter
    import TelemetryEngine
    import Testing
    import Tracing

    @testable import AzureMonitor

    /// How many records of each signal the receiver waits for.
    private let countVariable = "AZURE_MONITOR_OTLP_RECEIVER_COUNT"

    /// The whole pipeline to a receiver of OTLP over gRPC that is not ours: `dev/test-traits` starts
    /// Tests/Integration/OTLP/receiver.py, which checks what arrives and names itself here.
    @Suite(
        "OTLP over gRPC to a foreign receiver",
        .enabled(if: ProcessInfo.processInfo.environment[countVariable] != nil),
        .timeLimit(.minutes(10))
    )
    struct OTLPReceiverTests {
        @Test("spans, log records and metrics arrive, each once, though the first requests fail")
        func everything() async throws {
            var environment = ProcessInfo.processInfo.environment
            let count = try #require(environment[countVariable].flatMap { Int($0) })
            environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc"
            environment["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"] = "delta"
            for signal in ["TRACES", "METRICS", "LOGS"] {
                environment["OTEL_\(signal)_EXPORTER"] = "otlp"
            }
            var configuration = AzureMonitor.Configuration(
                configReader: ConfigReader(
                    provider: EnvironmentVariablesProvider(environmentVariables: environment)
                )
            )
            configuration.serviceName = "generator"
            configuration.storage = nil
            configuration.metrics.cardinalityLimit = count + 1
            configuration.logs.console = .off
            configuration.shutdownTimeout = .seconds(3_600)
            let telemetry = try AzureMonitor.makePipeline(configuration)
            await telemetry.run {
                let logger = Logger(
                    label: "generate",
                    factory: { telemetry.makeLogHandler(label: $0) }
                )
                for number in 0..<count {
                    await telemetry.roomForSpans()
                    await telemetry.roomForLogRecords()
                    let span = telemetry.tracer.startSpan(
                        "GET /generate/{seq}",
                        context: .topLevel,
                        ofKind: .server
                    )
                    span.attributes["http.request.method"] = "GET"
                    span.attributes["http.response.status_code"] = 200
                    span.attributes["seq"] = number
                    span.end()
                    logger.info("generate", metadata: ["seq": "\(number)"])
                    Counter(
                        label: "generate.items",
                        dimensions: [("seq", "\(number)")],
                        factory: telemetry.metricsFactory
                    ).increment()
                }
            }
            let books = try #require(await telemetry.health.destinations["otlp"]?.books)
            #expect(books.accepted == UInt64(3 * count))
            #expect(books.exported == UInt64(3 * count))
            #expect(books.dropped.isEmpty)
        }
    }
#endif
