package import TelemetryModel

/// What was last reported of each series: makes points of collections.
///
/// A plain state machine for one temporality. Its first points count since it was created. Series
/// that measured nothing are not reported, whatever the temporality.
///
/// | Instrument | Metric | Temporality |
/// | --- | --- | --- |
/// | `Counter`, `FloatingPointCounter` | monotonic sum | as chosen |
/// | `Meter` | sum that rises and falls: the running total | always cumulative |
/// | `Gauge`, `Recorder(aggregate: false)` | gauge | none |
/// | `Recorder`, `Timer` | histogram or exponential histogram | as chosen |
///
/// - SeeAlso: [Metrics data model, temporality](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/metrics/data-model.md#temporality)
package struct MetricStreams: Sendable {
    /// The scope of all metrics: the API that they were measured through.
    package static let scope = InstrumentationScope(name: "swift-metrics")

    /// Whether sums and distributions count since the last report or since the start.
    package let temporality: Temporality

    private var lastTime: Timestamp
    private var levelStarts: [UInt64: Timestamp] = [:]
    private var integers = Totals<Int64>()
    private var doubles = Totals<Double>()
    private var histograms = Totals<ExplicitHistogram>()
    private var exponentialHistograms = Totals<ExponentialHistogram>()

    /// Creates streams of which nothing was reported.
    package init(temporality: Temporality, start: Timestamp) {
        self.temporality = temporality
        self.lastTime = start
    }

    /// Makes the metrics of a collection, one for each instrument that measured something.
    ///
    /// Collections come in the order in which they were made, each once. A clock that was set
    /// back makes points without duration, never negative ones.
    package mutating func metrics(from collection: MetricCollection) -> [Metric] {
        let time = max(collection.time, self.lastTime)
        var metrics: [Metric] = []
        metrics.reserveCapacity(collection.groups.count)
        for group in collection.groups {
            let content = self.content(of: group, at: time)
            let metric = Metric(
                name: group.instrument.name,
                unit: group.instrument.unit,
                scope: Self.scope,
                content: content
            )
            if metric.pointCount > 0 { metrics.append(metric) }
        }
        for series in collection.departedSeries {
            self.levelStarts[series] = nil
            self.integers.forget(series)
            self.doubles.forget(series)
            self.histograms.forget(series)
            self.exponentialHistograms.forget(series)
        }
        self.lastTime = time
        return metrics
    }

    private mutating func content(
        of group: MetricCollection.Group,
        at time: Timestamp
    ) -> Metric.Content {
        switch group.instrument.aggregation {
        case .integerSum:
            .sum(
                group.integers.compactMap { self.point($0, at: time) },
                temporality: self.temporality,
                isMonotonic: true
            )
        case .doubleSum:
            .sum(
                group.doubles.compactMap { self.point($0, at: time) },
                temporality: self.temporality,
                isMonotonic: true
            )
        case .level:
            .sum(
                group.doubles.map { self.levelPoint($0, at: time) },
                temporality: .cumulative,
                isMonotonic: false
            )
        case .histogram:
            .histogram(
                group.histograms.map { self.point($0, at: time) },
                temporality: self.temporality
            )
        case .exponentialHistogram:
            .exponentialHistogram(
                group.exponentialHistograms.map { self.point($0, at: time) },
                temporality: self.temporality
            )
        case .lastValue, .dropped:
            .gauge(
                group.doubles.map { self.gaugePoint($0, at: time) }
            )
        }
    }
}

// MARK: - Points

extension MetricStreams {
    private mutating func point(
        _ measurement: MetricCollection.Measurement<Int64>,
        at time: Timestamp
    ) -> NumberPoint? {
        var (start, value) = (self.lastTime, measurement.value)
        if self.temporality == .cumulative {
            (start, value) = self.integers.add(measurement, since: self.lastTime) { total, value in
                let (sum, hasOverflowed) = total.addingReportingOverflow(value)
                total = hasOverflowed ? .max : sum
            }
        } else if value == 0 {
            return nil  // Only reset.
        }
        return NumberPoint(
            attributes: measurement.attributes,
            startTime: start,
            time: time,
            value: .int(value)
        )
    }

    private mutating func point(
        _ measurement: MetricCollection.Measurement<Double>,
        at time: Timestamp
    ) -> NumberPoint? {
        var (start, value) = (self.lastTime, measurement.value)
        if self.temporality == .cumulative {
            (start, value) = self.doubles.add(measurement, since: self.lastTime) { total, value in
                total = total.saturatingSum(value)
            }
        } else if value == 0 {
            return nil  // Only reset.
        }
        return NumberPoint(
            attributes: measurement.attributes,
            startTime: start,
            time: time,
            value: .double(value)
        )
    }

    private mutating func levelPoint(
        _ measurement: MetricCollection.Measurement<Double>,
        at time: Timestamp
    ) -> NumberPoint {
        let start = self.levelStarts[measurement.series] ?? self.lastTime
        self.levelStarts[measurement.series] = start
        return NumberPoint(
            attributes: measurement.attributes,
            startTime: start,
            time: time,
            value: .double(measurement.value)
        )
    }

    private func gaugePoint(
        _ measurement: MetricCollection.Measurement<Double>,
        at time: Timestamp
    ) -> NumberPoint {
        NumberPoint(
            attributes: measurement.attributes,
            time: time,
            value: .double(measurement.value)
        )
    }

    private mutating func point(
        _ measurement: MetricCollection.Measurement<ExplicitHistogram>,
        at time: Timestamp
    ) -> HistogramPoint {
        var (start, histogram) = (self.lastTime, measurement.value)
        if self.temporality == .cumulative {
            (start, histogram) = self.histograms.add(measurement, since: self.lastTime) {
                $0.merge($1)
            }
        }
        return HistogramPoint(
            attributes: measurement.attributes,
            startTime: start,
            time: time,
            count: histogram.summary.count,
            sum: histogram.summary.sum,
            min: histogram.summary.min,
            max: histogram.summary.max,
            bounds: histogram.bounds,
            bucketCounts: histogram.bucketCounts
        )
    }

    private mutating func point(
        _ measurement: MetricCollection.Measurement<ExponentialHistogram>,
        at time: Timestamp
    ) -> ExponentialHistogramPoint {
        var (start, histogram) = (self.lastTime, measurement.value)
        if self.temporality == .cumulative {
            (start, histogram) = self.exponentialHistograms.add(
                measurement,
                since: self.lastTime
            ) {
                $0.merge($1)
            }
        }
        return ExponentialHistogramPoint(
            attributes: measurement.attributes,
            startTime: start,
            time: time,
            count: histogram.summary.count,
            sum: histogram.summary.sum,
            min: histogram.summary.min,
            max: histogram.summary.max,
            scale: Int32(histogram.scale),
            zeroCount: histogram.zeroCount,
            positive: histogram.positive.asModel,
            negative: histogram.negative.asModel
        )
    }

    /// What was measured since the start, by series.
    private struct Totals<Value: Sendable>: Sendable {
        private var totals: [UInt64: (start: Timestamp, value: Value)] = [:]

        /// Adds to a series' total and returns it.
        ///
        /// - Parameter since: when the measurement began, in case the total begins with it.
        mutating func add(
            _ measurement: MetricCollection.Measurement<Value>,
            since start: Timestamp,
            merge: (inout Value, Value) -> Void
        ) -> (start: Timestamp, value: Value) {
            var total = (start: start, value: measurement.value)
            if !measurement.isRestarted, let earlier = self.totals[measurement.series] {
                total = earlier
                merge(&total.value, measurement.value)
            }
            self.totals[measurement.series] = total
            return total
        }

        mutating func forget(_ series: UInt64) {
            self.totals[series] = nil
        }
    }
}

extension ExponentialHistogram.Buckets {
    /// The buckets as points have them.
    fileprivate var asModel: ExponentialHistogramPoint.Buckets {
        ExponentialHistogramPoint.Buckets(offset: Int32(self.offset), counts: self.counts)
    }
}
