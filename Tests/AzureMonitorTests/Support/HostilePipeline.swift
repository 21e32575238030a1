import AzureMonitorExporter
import Logging
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import TelemetryTransport
import Testing

/// A whole pipeline with two destinations: memory, and Application Insights behind a transport that
/// accepts everything.
struct HostilePipeline {
    let memory = InMemoryExporter()
    let transport = ScriptedTransport()
    let telemetry: Telemetry

    /// Creates a pipeline whose resource, views and samplers have nothing hostile about them but
    /// the given attributes.
    init(resource: Attributes = [:]) throws {
        let connection = try AzureMonitorConnection(
            connectionString: ConnectionString("InstrumentationKey=\(SentItem.key)"),
            transport: self.transport,
            environment: [:]
        )
        var configuration = TelemetryConfiguration()
        configuration.resource = Resource(attributes: resource)
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        // Whether the machine is busy is not what is tested.
        configuration.shutdownTimeout = .seconds(3_600)
        // A dozen texts of a megabyte may wait at once.
        configuration.traces.batching.maximumQueueBytes = 1 << 30
        configuration.logs.batching.maximumQueueBytes = 1 << 30
        configuration.logs.console = .off
        configuration.logs.levels = LogLevels(default: .trace)
        configuration.metrics.views = [
            MetricView(
                instrumentName: "exponential",
                aggregation: .exponentialHistogram(maximumSize: 4, maximumScale: 20)
            )
        ]
        self.telemetry = Telemetry(
            configuration: configuration,
            exporters: [
                self.memory,
                AzureMonitorTraceExporter(connection: connection, closesConnection: true),
                AzureMonitorLogExporter(connection: connection, closesConnection: true),
                AzureMonitorMetricExporter(connection: connection, closesConnection: true),
            ]
        )
    }

    /// Runs the pipeline while the body does, checks the accounts, and returns what was sent.
    func run(_ body: (Telemetry) async throws -> Void) async throws -> [SentItem] {
        try await self.telemetry.run { try await body(self.telemetry) }
        let health = await self.telemetry.health
        let memory = try #require(health.destinations["memory"]?.books)
        #expect(memory.exported == memory.accepted)
        let azure = try #require(health.destinations["azure"]?.books)
        #expect(azure.accepted == memory.accepted)
        // What cannot be represented, such as a point without a finite value, is counted as such.
        #expect(azure.exported + azure.dropped[.invalid, default: 0] == azure.accepted)
        #expect(azure.pending == 0)
        var items: [SentItem] = []
        for request in await self.transport.requests {
            let body = try Gzip.decompress(request.body, maximumSize: 1 << 28)
            items += try SentItem.items(of: body)
        }
        #expect(items.count >= Int(azure.exported))
        return items
    }
}
