internal import CoreMetrics
private import Synchronization

/// The last value that a `Gauge`, or a `Recorder` that does not aggregate, recorded.
///
/// Reported once, in the collection after it was recorded. Non-finite values are ignored and
/// counted.
final class GaugeCell: MetricCell, RecorderHandler, @unchecked Sendable {
    // No recorded value has these bits, since none is NaN.
    private static let nothing = Double.nan.bitPattern

    private let last = Atomic<UInt64>(GaugeCell.nothing)

    func record(_ value: Int64) {
        self.last.store(Double(value).bitPattern, ordering: .relaxed)
    }

    func record(_ value: Double) {
        guard value.isFinite else { return self.faults.ignored() }
        self.last.store(value.bitPattern, ordering: .relaxed)
    }

    override func drain(into group: inout MetricCollection.Group) {
        guard self.last.load(ordering: .relaxed) != Self.nothing else { return }
        let bits = self.last.exchange(Self.nothing, ordering: .relaxed)
        guard bits != Self.nothing else { return }
        group.doubles.append(self.measurement(Double(bitPattern: bits)))
    }
}
