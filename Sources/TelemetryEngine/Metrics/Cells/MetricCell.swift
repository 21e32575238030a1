private import Synchronization
internal import TelemetryModel

/// What a series is, apart from its value.
struct SeriesIdentity: Sendable {
    /// What the registry finds it by.
    let key: SeriesKey
    /// Tells it from every other series of the registry, earlier ones of the same key included.
    let id: UInt64
    /// The attributes of its points.
    let attributes: Attributes
    /// Whether it stands for all series that came after the limit.
    let isOverflow: Bool
}

/// The value of one series: what instruments write to and collections read.
///
/// A cell is the handler that the metrics API holds, so that a measurement goes to it directly.
class MetricCell: @unchecked Sendable {
    // Unchecked because a class with subclasses cannot be checked: here and in all of them every
    // property is a constant, and what changes are atomics and locked values.

    /// What the series is.
    let identity: SeriesIdentity

    /// Where measurements that are not taken are counted.
    let faults: MeasurementFaults

    /// Creates a cell without a value.
    init(_ identity: SeriesIdentity, faults: MeasurementFaults) {
        self.identity = identity
        self.faults = faults
    }

    /// Appends what came since the last call, if anything did.
    func drain(into group: inout MetricCollection.Group) {}

    /// Makes a measurement of the series.
    final func measurement<Value>(
        _ value: Value,
        isRestarted: Bool = false
    ) -> MetricCollection.Measurement<Value> {
        MetricCollection.Measurement(
            series: self.identity.id,
            attributes: self.identity.attributes,
            value: value,
            isRestarted: isRestarted
        )
    }
}

/// Counts measurements that no series could take.
final class MeasurementFaults: Sendable {
    private let counts = Atomic<Int>(0)

    /// Counts a measurement that is not a number, infinite, or negative where none may be.
    @inline(never)
    func ignored() {
        self.counts.wrappingAdd(1, ordering: .relaxed)
    }

    /// How many were ignored.
    var count: Int { self.counts.load(ordering: .relaxed) }
}
