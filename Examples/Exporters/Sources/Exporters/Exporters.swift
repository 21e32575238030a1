import AzureMonitorExporter
import Logging
import Metrics
import TelemetryEngine
import TelemetryModel
import Tracing

/// A pipeline put together by hand: three exporters, one engine, and nothing global.
///
///     export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=…;IngestionEndpoint=…'
///     swift run Exporters
@main
struct Exporters {
    static func main() async throws {
        var configuration = TelemetryConfiguration()
        configuration.resource = Resource(
            attributes: [
                "service.name": "Exporters", "service.instance.id": "by-hand",
            ]
        )

        // Each takes a connection string, or else that of the environment. Those that send to one
        // place share its queue, its offline storage and its account.
        let telemetry = Telemetry(
            configuration: configuration,
            exporters: [
                try AzureMonitorTraceExporter(),
                try AzureMonitorLogExporter(),
                try AzureMonitorMetricExporter(),
            ]
        )

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await telemetry.run() }

            // The tracer and the factory are in force inside of these braces and nowhere else, the
            // logger is a value like any other.
            let logger = Logger(label: "by-hand") { telemetry.makeLogHandler(label: $0) }
            await withTracer(telemetry.tracer) {
                await withMetricsFactory(telemetry.metricsFactory) {
                    await Self.work(logger)
                }
            }

            // Sends what there is, and says what became of it.
            let health = await telemetry.shutdown()
            for (name, destination) in health.destinations {
                let books = destination.books
                print(
                    "\(name): \(books.accepted) accepted, \(books.exported) exported,",
                    "\(books.stored) stored, \(books.droppedCount) dropped"
                )
            }
            try await group.waitForAll()
        }
    }

    static func work(_ logger: Logger) async {
        await withSpan("take order", ofKind: .server) { span in
            span.attributes["order.id"] = 7
            await withSpan("reserve stock", ofKind: .client) { span in
                span.attributes["peer.service"] = "stock"
            }
            logger.info("order taken")
            Counter(label: "orders.taken").increment()
        }
    }
}
