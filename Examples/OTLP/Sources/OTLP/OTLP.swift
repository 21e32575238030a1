import AzureMonitor
import Logging
import Metrics
import Tracing

/// The same telemetry to Application Insights, and by OTLP to a collector.
///
///     export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=…;IngestionEndpoint=…'
///     export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318
///     swift run OTLP
@main
struct OTLP {
    static func main() async throws {
        var configuration = AzureMonitor.Configuration()

        // What OTEL_EXPORTER_OTLP_* say, and defaults for the rest. In place of this line the
        // environment will do: otlp in OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER and
        // OTEL_LOGS_EXPORTER.
        configuration.otlp = OTLPConfiguration()

        // Or, to Azure Monitor's own OTLP endpoints, which are a preview:
        //
        //     configuration.credential = DefaultAzureCredential()
        //     configuration.otlp = .azureMonitorOTLP(
        //         host: "name.westus2-1.ingest.monitor.azure.com",
        //         rule: "dcr-0123456789abcdef0123456789abcdef"
        //     )

        let health = try await AzureMonitor.withTelemetry(configuration) { telemetry in
            await Self.work(Logger.current)
            return await telemetry.forceFlush()
        }

        // Each destination has a lane, offline storage and an account of its own: one that is down
        // keeps nothing from the other.
        for (name, destination) in health.destinations.sorted(by: { $0.key < $1.key }) {
            let books = destination.books
            print(
                "\(name): \(books.accepted) accepted, \(books.exported) exported,",
                "\(books.stored) stored, \(books.droppedCount) dropped"
            )
        }
    }

    static func work(_ logger: Logger) async {
        await withSpan("take order", ofKind: .server) { span in
            span.attributes["order.id"] = 7
            await withSpan("reserve stock", ofKind: .client) { span in
                span.attributes["peer.service"] = "stock"
                await Self.reserve()
            }
            logger.info("order taken")
            Counter(label: "orders.taken").increment()
        }
    }

    /// Stands for a call to another service.
    static func reserve() async {
        try? await Task.sleep(for: .milliseconds(20))
    }
}
