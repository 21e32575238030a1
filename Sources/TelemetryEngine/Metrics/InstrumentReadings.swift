internal import TelemetryModel

/// What the series of one instrument have to report, by type of value.
struct InstrumentReadings {
    /// The instrument.
    let instrument: Instrument
    /// Of counters.
    var integers: [SeriesReading<Int64>] = []
    /// Of floating-point counters, meters and gauges.
    var doubles: [SeriesReading<Double>] = []
    /// Of recorders and timers with fixed buckets.
    var histograms: [SeriesReading<ExplicitHistogram>] = []
    /// Of recorders and timers with exponential buckets.
    var exponentialHistograms: [SeriesReading<ExponentialHistogram>] = []

    /// Creates readings of no series.
    init(_ instrument: Instrument) {
        self.instrument = instrument
    }

    /// Makes the metric, which has a point for each series.
    ///
    /// - Parameters:
    ///   - temporality: since when sums and distributions count; levels are always totals.
    ///   - time: when the instruments were read.
    func metric(_ temporality: Temporality, at time: Timestamp) -> Metric {
        Metric(
            name: self.instrument.name,
            unit: self.instrument.unit,
            scope: MetricStreams.scope,
            content: self.content(temporality, at: time)
        )
    }

    private func content(_ temporality: Temporality, at time: Timestamp) -> Metric.Content {
        switch self.instrument.aggregation {
        case .integerSum:
            .sum(
                self.integers.map { $0.point(.int($0.value), at: time) },
                temporality: temporality,
                isMonotonic: true
            )
        case .doubleSum:
            .sum(
                self.doubles.map { $0.point(.double($0.value), at: time) },
                temporality: temporality,
                isMonotonic: true
            )
        case .level:
            .sum(
                self.doubles.map { $0.point(.double($0.value), at: time) },
                temporality: .cumulative,
                isMonotonic: false
            )
        case .histogram:
            .histogram(self.histograms.map { $0.point(at: time) }, temporality: temporality)
        case .exponentialHistogram:
            .exponentialHistogram(
                self.exponentialHistograms.map { $0.point(at: time) },
                temporality: temporality
            )
        case .lastValue, .dropped:
            .gauge(
                self.doubles.map {
                    NumberPoint(attributes: $0.attributes, time: time, value: .double($0.value))
                }
            )
        }
    }
}

extension SeriesReading {
    fileprivate func point(_ value: NumberPoint.Value, at time: Timestamp) -> NumberPoint {
        NumberPoint(
            attributes: self.attributes,
            startTime: self.start,
            time: time,
            value: value
        )
    }
}

extension SeriesReading<ExplicitHistogram> {
    /// Makes the point.
    func point(at time: Timestamp) -> HistogramPoint {
        HistogramPoint(
            attributes: self.attributes,
            startTime: self.start,
            time: time,
            count: self.value.summary.count,
            sum: self.value.summary.sum,
            min: self.value.summary.min,
            max: self.value.summary.max,
            bounds: self.value.bounds,
            bucketCounts: self.value.bucketCounts
        )
    }
}

extension SeriesReading<ExponentialHistogram> {
    /// Makes the point.
    func point(at time: Timestamp) -> ExponentialHistogramPoint {
        ExponentialHistogramPoint(
            attributes: self.attributes,
            startTime: self.start,
            time: time,
            count: self.value.summary.count,
            sum: self.value.summary.sum,
            min: self.value.summary.min,
            max: self.value.summary.max,
            scale: Int32(self.value.scale),
            zeroCount: self.value.zeroCount,
            positive: self.value.positive.asModel,
            negative: self.value.negative.asModel
        )
    }
}

extension ExponentialHistogram.Buckets {
    /// The buckets as points have them.
    fileprivate var asModel: ExponentialHistogramPoint.Buckets {
        ExponentialHistogramPoint.Buckets(offset: Int32(self.offset), counts: self.counts)
    }
}
