public import CoreMetrics

/// Makes the instruments of swift-metrics measure for the telemetry pipeline.
///
/// Instruments with equal labels and dimensions, in whatever order, share a series.
///
/// | Instrument | What is exported |
/// | --- | --- |
/// | `Counter`, `FloatingPointCounter` | the sum; negative amounts are ignored |
/// | `Meter` | the running total; `set` replaces it |
/// | `Gauge`, `Recorder(aggregate: false)` | the last value |
/// | `Recorder` | a histogram |
/// | `Timer` | a histogram in seconds, whatever display unit is preferred |
///
/// What is not finite is ignored. An instrument that measured nothing since the last export is left
/// out of the next, but for destinations that prefer totals, see ``MetricPreference``. `reset()`
/// makes totals start over; it takes nothing back.
public struct TelemetryMetricsFactory: MetricsFactory {
    private let registry: InstrumentRegistry

    /// Creates a factory of instruments that write to the registry's series.
    package init(registry: InstrumentRegistry) {
        self.registry = registry
    }

    /// Makes or finds a sum of integers.
    public func makeCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any CounterHandler {
        if let cell = self.registry.cell(.counter, label, dimensions) as? CounterCell {
            return cell
        }
        return DiscardingHandler.shared
    }

    /// Makes or finds a sum of doubles.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        if let cell = self.registry.cell(.floatingPointCounter, label, dimensions)
            as? FloatingPointCounterCell
        {
            return cell
        }
        return DiscardingHandler.shared
    }

    /// Makes or finds a running total.
    public func makeMeter(
        label: String,
        dimensions: [(String, String)]
    ) -> any MeterHandler {
        if let cell = self.registry.cell(.meter, label, dimensions) as? MeterCell {
            return cell
        }
        return DiscardingHandler.shared
    }

    /// Makes or finds a histogram, or a last value if it is not to aggregate.
    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        let cell = self.registry.cell(aggregate ? .recorder : .gauge, label, dimensions)
        if let cell = cell as? HistogramCell { return cell }
        if let cell = cell as? GaugeCell { return cell }
        if let cell = cell as? ExponentialHistogramCell { return cell }
        return DiscardingHandler.shared
    }

    /// Makes or finds a histogram of seconds.
    public func makeTimer(
        label: String,
        dimensions: [(String, String)]
    ) -> any TimerHandler {
        let cell = self.registry.cell(.timer, label, dimensions)
        if let cell = cell as? HistogramCell { return cell }
        if let cell = cell as? ExponentialHistogramCell { return cell }
        return DiscardingHandler.shared
    }

    /// Gives a counter up; its series is exported once more.
    public func destroyCounter(_ handler: any CounterHandler) {
        self.destroy(handler)
    }

    /// Gives a counter up; its series is exported once more.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        self.destroy(handler)
    }

    /// Gives a meter up; its series is exported once more.
    public func destroyMeter(_ handler: any MeterHandler) {
        self.destroy(handler)
    }

    /// Gives a recorder up; its series is exported once more.
    public func destroyRecorder(_ handler: any RecorderHandler) {
        self.destroy(handler)
    }

    /// Gives a timer up; its series is exported once more.
    public func destroyTimer(_ handler: any TimerHandler) {
        self.destroy(handler)
    }

    private func destroy(_ handler: AnyObject) {
        guard let cell = handler as? MetricCell else { return }
        self.registry.destroy(cell)
    }
}
