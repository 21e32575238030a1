internal import TelemetryModel

/// What one series has to report.
struct SeriesReading<Value: Sendable>: Sendable {
    /// The attributes of the series.
    let attributes: Attributes
    /// Since when the value counts.
    var start: Timestamp
    /// A sum or distribution since then; for levels and last values, the value.
    var value: Value
}

/// What series of one type of value have measured since each of them began.
///
/// Positions of series that are forgotten are given to others, so the order changes then.
struct SeriesTotals<Value: Sendable>: Sendable {
    /// What the series have to report.
    private(set) var readings: [SeriesReading<Value>] = []
    private var series: [UInt64] = []
    private var positions: [UInt64: Int] = [:]

    /// Takes in what a series measured.
    ///
    /// - Parameters:
    ///   - measurement: what it measured since it was last taken in.
    ///   - start: when that began, in case the total begins with it.
    ///   - merge: makes the new total of the old one.
    mutating func add(
        _ measurement: MetricCollection.Measurement<Value>,
        since start: Timestamp,
        merge: (inout Value, Value) -> Void
    ) {
        guard let position = self.positions[measurement.series] else {
            self.positions[measurement.series] = self.readings.count
            self.series.append(measurement.series)
            self.readings.append(
                SeriesReading(
                    attributes: measurement.attributes,
                    start: start,
                    value: measurement.value
                )
            )
            return
        }
        if measurement.isRestarted {
            self.readings[position].start = start
            self.readings[position].value = measurement.value
        } else {
            merge(&self.readings[position].value, measurement.value)
        }
    }

    /// What some of the series have to report; all of them for `nil`.
    func readings(of some: Set<UInt64>?) -> [SeriesReading<Value>] {
        guard let some else { return self.readings }
        return zip(self.series, self.readings).compactMap { series, reading in
            some.contains(series) ? reading : nil
        }
    }

    /// Reports a series no more.
    mutating func forget(_ series: UInt64) {
        guard let position = self.positions.removeValue(forKey: series) else { return }
        // The last one takes the place of the one that goes.
        let lastReading = self.readings.removeLast()
        let lastSeries = self.series.removeLast()
        guard position < self.readings.count else { return }
        self.readings[position] = lastReading
        self.series[position] = lastSeries
        self.positions[lastSeries] = position
    }
}

/// What the series of one instrument have measured since each of them began.
///
/// Holds as many series as the registry does, and so as many as it may.
struct InstrumentTotals: Sendable {
    /// The instrument.
    let instrument: Instrument
    /// Of counters.
    private(set) var integers = SeriesTotals<Int64>()
    /// Of floating-point counters, meters and gauges.
    private(set) var doubles = SeriesTotals<Double>()
    /// Of recorders and timers with fixed buckets.
    private(set) var histograms = SeriesTotals<ExplicitHistogram>()
    /// Of recorders and timers with exponential buckets.
    private(set) var exponentialHistograms = SeriesTotals<ExponentialHistogram>()

    /// Creates the totals of no series.
    init(instrument: Instrument) {
        self.instrument = instrument
    }

    /// Whether no series is left.
    var isEmpty: Bool {
        self.integers.readings.isEmpty && self.doubles.readings.isEmpty
            && self.histograms.readings.isEmpty && self.exponentialHistograms.readings.isEmpty
    }

    /// Takes in what the series measured since `start`.
    mutating func add(_ group: MetricCollection.Group, since start: Timestamp) {
        for measurement in group.integers {
            self.integers.add(measurement, since: start) { total, value in
                let (sum, hasOverflowed) = total.addingReportingOverflow(value)
                total = hasOverflowed ? .max : sum
            }
        }
        let isSum = if case .doubleSum = self.instrument.aggregation { true } else { false }
        for measurement in group.doubles {
            self.doubles.add(measurement, since: start) { total, value in
                total = isSum ? total.saturatingSum(value) : value
            }
        }
        for measurement in group.histograms {
            self.histograms.add(measurement, since: start) { $0.merge($1) }
        }
        for measurement in group.exponentialHistograms {
            self.exponentialHistograms.add(measurement, since: start) { $0.merge($1) }
        }
    }

    /// What some of the series have to report; all of them for `nil`.
    func readings(of series: Set<UInt64>? = nil) -> InstrumentReadings {
        var readings = InstrumentReadings(self.instrument)
        readings.integers = self.integers.readings(of: series)
        readings.doubles = self.doubles.readings(of: series)
        readings.histograms = self.histograms.readings(of: series)
        readings.exponentialHistograms = self.exponentialHistograms.readings(of: series)
        return readings
    }

    /// Reports these series no more.
    mutating func forget(_ series: [UInt64]) {
        for series in series {
            self.integers.forget(series)
            self.doubles.forget(series)
            self.histograms.forget(series)
            self.exponentialHistograms.forget(series)
        }
    }
}
