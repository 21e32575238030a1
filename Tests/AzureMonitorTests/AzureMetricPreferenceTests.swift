import AzureMonitorExporter
import CoreMetrics
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing

/// What Application Insights gets when another destination wants metrics differently.
@Suite(.timeLimit(.minutes(10))) struct AzureMetricPreferenceTests {
    private static let key = "00000000-0000-0000-0000-000000000001"

    /// The envelopes of a pipeline's metrics beside another destination, if there is one.
    private func envelopes(beside other: MetricPreference?) async -> [String] {
        let time = ManualTime()
        // Takes what the exporter for Azure takes.
        let azure = InMemoryExporter(name: "azure", signals: [.metrics])
        var exporters = [azure]
        if let other {
            exporters.append(
                InMemoryExporter(name: "other", signals: [.metrics], metricPreference: other)
            )
        }
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        configuration.time = time.source
        let telemetry = Telemetry(configuration: configuration, exporters: exporters)
        await telemetry.run {
            for round in 1...3 {
                let factory = telemetry.metricsFactory
                for value in [0, -4, 7.5, 7.5, 1e6] {
                    Recorder(label: "sizes", factory: factory).record(value * Double(round))
                }
                Timer(label: "time", factory: factory).recordMilliseconds(20 * round)
                Counter(label: "count", factory: factory).increment(by: round)
                Meter(label: "level", factory: factory).increment(by: 1)
                Gauge(label: "last", factory: factory).record(round)
                time.advance(by: .seconds(1))
                await telemetry.forceFlush(.seconds(3_600))
            }
        }
        let encoder = EnvelopeEncoder(
            options: EnvelopeOptions(
                instrumentationKey: Self.key,
                hostName: "host-1",
                environment: [:]
            )
        )
        return encoder.envelopes(
            of: ExportBatch(resource: Resource(), records: .metrics(azure.metrics))
        ).texts
    }

    @Test(arguments: [
        MetricPreference(temporality: .cumulative, histogramAggregation: .exponential),
        MetricPreference(temporality: .lowMemory, histogramAggregation: .exponential),
        MetricPreference(temporality: .cumulative),
    ])
    func rowsDoNotChange(preference: MetricPreference) async throws {
        #expect(
            try AzureMonitorMetricExporter(
                connectionString: "InstrumentationKey=\(Self.key)",
                transport: ScriptedTransport()
            ).metricPreference == MetricPreference()
        )
        let alone = await self.envelopes(beside: nil)
        let beside = await self.envelopes(beside: preference)
        #expect(alone.count == 15)
        #expect(beside == alone)
    }
}
