import TelemetryModel

/// One point of a metric, whatever its kind.
struct MetricPoint {
    /// The series.
    var attributes: Attributes
    /// When it was read.
    var time: Timestamp
    /// The value, or the sum of a distribution; `nil` if unknown.
    var value: NumberPoint.Value?
    /// How many values a distribution is of.
    var count: UInt64?
    /// The smallest value of a distribution.
    var min: Double?
    /// The largest value of a distribution.
    var max: Double?

    /// Takes a sum's or gauge's point.
    init(_ point: NumberPoint) {
        self.attributes = point.attributes
        self.time = point.time
        self.value = point.value
    }

    /// Takes a histogram's point.
    init(_ point: HistogramPoint) {
        self.attributes = point.attributes
        self.time = point.time
        self.value = point.sum.map { .double($0) }
        self.count = point.count
        self.min = point.min
        self.max = point.max
    }

    /// Takes an exponential histogram's point.
    init(_ point: ExponentialHistogramPoint) {
        self.attributes = point.attributes
        self.time = point.time
        self.value = point.sum.map { .double($0) }
        self.count = point.count
        self.min = point.min
        self.max = point.max
    }
}

extension MetricData {
    /// Creates metric data from a point.
    ///
    /// | Field        | Sum, gauge                              | Histograms                     |
    /// | ------------ | --------------------------------------- | ------------------------------ |
    /// | `name`       | the metric's; see ``PerformanceCounter`` | the metric's                  |
    /// | `ns`         | the scope's name, if asked for          | the same                       |
    /// | `value`      | the value; an integer stays one         | the sum                        |
    /// | `count`      | left out                                | the count                      |
    /// | `min`, `max` | left out                                | each unless unknown or not finite |
    ///
    /// Standard metrics in seconds are sent in milliseconds. Buckets, unit, description and start
    /// time have no place; temporality is the reader's business.
    ///
    /// - Returns: `nil` if the value, or a distribution's sum, is unknown or not finite.
    init?(
        _ point: MetricPoint,
        of metric: Metric,
        standard: StandardMetric?,
        writesNamespace: Bool
    ) {
        guard var value = point.value else { return nil }
        var (min, max) = (point.min, point.max)
        if standard?.isInSeconds == true {
            value = .double(value.asDouble * 1000)
            min = min.map { $0 * 1000 }
            max = max.map { $0 * 1000 }
        }
        guard value.asDouble.isFinite else { return nil }
        self.name = PerformanceCounter.name(ofInstrument: metric.name) ?? metric.name
        self.namespace = writesNamespace ? metric.scope.name : nil
        self.value = value
        self.count = point.count
        self.min = min
        self.max = max
    }
}
