internal import CoreMetrics

/// The distribution, over exponential buckets, of what a `Recorder` or `Timer` recorded.
///
/// A timer's values are seconds. Non-finite values and negative times are ignored and counted.
final class ExponentialHistogramCell: MetricCell, RecorderHandler, TimerHandler,
    @unchecked Sendable
{
    private let histogram: StripedHistogram<ExponentialHistogram>

    /// Creates an empty distribution.
    init(
        _ identity: SeriesIdentity,
        faults: MeasurementFaults,
        histogram: ExponentialHistogram
    ) {
        self.histogram = StripedHistogram(histogram)
        super.init(identity, faults: faults)
    }

    func record(_ value: Int64) {
        self.histogram.record(Double(value))
    }

    func record(_ value: Double) {
        guard value.isFinite else { return self.faults.ignored() }
        self.histogram.record(value)
    }

    func recordNanoseconds(_ duration: Int64) {
        guard duration >= 0 else { return self.faults.ignored() }
        self.histogram.record(Double(duration) / 1e9)
    }

    override func drain(into group: inout MetricCollection.Group) {
        guard let histogram = self.histogram.drain() else { return }
        group.exponentialHistograms.append(self.measurement(histogram))
    }
}
