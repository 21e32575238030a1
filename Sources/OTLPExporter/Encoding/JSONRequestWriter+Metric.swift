import TelemetryModel
import TelemetryTransport

extension JSONRequestWriter {
    /// Begins a `Metric` and the object of its kind; points follow.
    mutating func begin(_ metric: Metric) -> (outer: Int, inner: Int) {
        self.bytes.append("{")
        self.text(#""name":"#, metric.name)
        self.text(#""description":"#, metric.description)
        self.text(#""unit":"#, metric.unit)
        switch metric.content {
        case .gauge: self.key(#""gauge":{"#)
        case .sum: self.key(#""sum":{"#)
        case .histogram: self.key(#""histogram":{"#)
        case .exponentialHistogram: self.key(#""exponentialHistogram":{"#)
        }
        self.key(#""dataPoints":["#)
        return (0, 0)
    }

    /// Ends a `Metric`, with what all kinds but gauges say after the points.
    mutating func end(_ metric: Metric, _ mark: (outer: Int, inner: Int)) {
        self.bytes.append("]")
        switch metric.content {
        case .gauge: break
        case .sum(_, let temporality, let isMonotonic):
            self.number(#""aggregationTemporality":"#, Int64(temporality.otlpNumber))
            if isMonotonic { self.key(#""isMonotonic":true"#) }
        case .histogram(_, let temporality), .exponentialHistogram(_, let temporality):
            self.number(#""aggregationTemporality":"#, Int64(temporality.otlpNumber))
        }
        self.bytes.append("}}")
    }

    /// Writes a `NumberDataPoint`.
    mutating func write(_ point: NumberPoint) {
        self.bytes.append("{")
        self.time(#""startTimeUnixNano":"#, point.startTime)
        self.time(#""timeUnixNano":"#, point.time)
        switch point.value {
        case .double(let value):
            self.optional(#""asDouble":"#, value)
        case .int(let value):
            self.key(#""asInt":""#)
            self.bytes.append(decimal: value)
            self.bytes.append("\"")
        }
        self.attributes(point.attributes)
        self.bytes.append("}")
    }

    /// Writes a `HistogramDataPoint`.
    mutating func write(_ point: HistogramPoint) {
        self.bytes.append("{")
        self.time(#""startTimeUnixNano":"#, point.startTime)
        self.time(#""timeUnixNano":"#, point.time)
        self.integer(#""count":"#, point.count)
        self.optional(#""sum":"#, point.sum)
        self.counts(point.bucketCounts)
        // Bounds of no buckets are not allowed.
        if !point.bounds.isEmpty, !point.bucketCounts.isEmpty {
            self.key(#""explicitBounds":["#)
            for bound in point.bounds {
                self.separate()
                self.double(bound)
            }
            self.bytes.append("]")
        }
        self.attributes(point.attributes)
        self.optional(#""min":"#, point.min)
        self.optional(#""max":"#, point.max)
        self.bytes.append("}")
    }

    /// Writes an `ExponentialHistogramDataPoint`.
    mutating func write(_ point: ExponentialHistogramPoint) {
        self.bytes.append("{")
        self.attributes(point.attributes)
        self.time(#""startTimeUnixNano":"#, point.startTime)
        self.time(#""timeUnixNano":"#, point.time)
        self.integer(#""count":"#, point.count)
        self.optional(#""sum":"#, point.sum)
        self.number(#""scale":"#, Int64(point.scale))
        self.integer(#""zeroCount":"#, point.zeroCount)
        self.buckets(#""positive":{"#, point.positive)
        self.buckets(#""negative":{"#, point.negative)
        self.optional(#""min":"#, point.min)
        self.optional(#""max":"#, point.max)
        // Not minus zero, which is no default.
        if point.zeroThreshold.bitPattern != 0 {
            self.optional(#""zeroThreshold":"#, point.zeroThreshold)
        }
        self.bytes.append("}")
    }

    /// Writes `Buckets`, unless there are none.
    private mutating func buckets(
        _ key: StaticString,
        _ buckets: ExponentialHistogramPoint.Buckets
    ) {
        guard buckets != ExponentialHistogramPoint.Buckets() else { return }
        self.key(key)
        self.number(#""offset":"#, Int64(buckets.offset))
        self.counts(buckets.counts)
        self.bytes.append("}")
    }

    private mutating func counts(_ counts: [UInt64]) {
        guard !counts.isEmpty else { return }
        self.key(#""bucketCounts":["#)
        for count in counts {
            self.separate()
            self.quoted(count)
        }
        self.bytes.append("]")
    }
}
