import Logging
import TelemetryEngine
import TelemetryModel
import Workload

/// A pipeline that runs while the process does, and whose exporter discards everything.
struct DiscardingPipeline: Sendable {
    let telemetry: Telemetry

    /// Makes a pipeline and lets it run.
    init(_ configure: (inout TelemetryConfiguration) -> Void = { _ in }) {
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.logs.console = .off
        configuration.metrics.exportInterval = .seconds(3_600)
        // Producers do not wait here, and the consumer may have to while others use the machine.
        configuration.traces.batching.maximumQueueSize = 1 << 20
        configuration.traces.batching.maximumQueueBytes = 1 << 30
        configuration.logs.batching = configuration.traces.batching
        configure(&configuration)
        let telemetry = Telemetry(
            configuration: configuration,
            exporters: [DiscardingExporter()]
        )
        self.telemetry = telemetry
        // The process is the benchmark's alone, and ends with it.
        Task.detached { try? await telemetry.run() }
    }

    /// Hands over everything recorded, and stops the process if anything was lost: what is dropped
    /// is cheap, and would make the figures look good.
    func flush() {
        let telemetry = self.telemetry
        blocking {
            let books = await telemetry.forceFlush(.seconds(60)).total
            precondition(books.exported == books.accepted, "Something was lost: \(books)")
        }
    }
}
