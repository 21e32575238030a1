package import TelemetryModel

/// What all instruments measured between two collections: one chunk for the aggregator.
///
/// Series that measured nothing are not in it.
package struct MetricCollection: Sendable {
    /// What one series measured.
    package struct Measurement<Value: Sendable>: Sendable {
        /// The series, which has no other's number.
        package let series: UInt64
        /// The attributes of the series.
        package let attributes: Attributes
        /// What it measured since the last collection; for levels and last values, the value.
        package let value: Value
        /// Whether sums over several collections start over with this one.
        package let isRestarted: Bool
    }

    /// What the series of one instrument measured, by type of value.
    package struct Group: Sendable {
        /// The instrument.
        package let instrument: Instrument
        /// Of counters.
        package internal(set) var integers: [Measurement<Int64>] = []
        /// Of floating-point counters, meters and gauges.
        package internal(set) var doubles: [Measurement<Double>] = []
        /// Of recorders and timers with fixed buckets.
        package internal(set) var histograms: [Measurement<ExplicitHistogram>] = []
        /// Of recorders and timers with exponential buckets.
        package internal(set) var exponentialHistograms: [Measurement<ExponentialHistogram>] = []
        /// The series that will not be in later collections.
        package internal(set) var departedSeries: [UInt64] = []

        /// Creates a group without measurements.
        init(instrument: Instrument) {
            self.instrument = instrument
        }

        /// The series that measured something.
        var measuredSeries: Set<UInt64> {
            Set(self.integers.map(\.series))
                .union(self.doubles.map(\.series))
                .union(self.histograms.map(\.series))
                .union(self.exponentialHistograms.map(\.series))
        }

        /// Whether no series measured anything.
        var isEmpty: Bool {
            self.integers.isEmpty && self.doubles.isEmpty && self.histograms.isEmpty
                && self.exponentialHistograms.isEmpty
        }
    }

    /// When it was made.
    package let time: Timestamp

    /// What was measured and which series are gone, by instrument.
    package internal(set) var groups: [Group] = []

    /// How many series were looked at, idle ones included.
    package internal(set) var visitedSeries = 0

    /// Creates a collection without measurements.
    init(time: Timestamp) {
        self.time = time
    }
}
