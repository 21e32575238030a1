import TelemetryModel
import TelemetryTransport

extension ProtobufRequestWriter {
    /// Begins a `Metric` and the message of its kind; points follow.
    mutating func begin(_ metric: Metric) -> (outer: Int, inner: Int) {
        let outer = self.open(2, reserving: 2)
        self.text(1, metric.name)
        self.text(2, metric.description)
        self.text(3, metric.unit)
        let field: UInt32 =
            switch metric.content {
            case .gauge: 5
            case .sum: 7
            case .histogram: 9
            case .exponentialHistogram: 10
            }
        return (outer, self.open(field, reserving: 2))
    }

    /// Ends a `Metric`, with what all kinds but gauges say after the points.
    mutating func end(_ metric: Metric, _ mark: (outer: Int, inner: Int)) {
        switch metric.content {
        case .gauge: break
        case .sum(_, let temporality, let isMonotonic):
            self.member(2, varint: UInt64(temporality.otlpNumber))
            self.varint(3, isMonotonic ? 1 : 0)
        case .histogram(_, let temporality), .exponentialHistogram(_, let temporality):
            self.member(2, varint: UInt64(temporality.otlpNumber))
        }
        self.close(mark.inner, reserved: 2)
        self.close(mark.outer, reserved: 2)
    }

    /// Writes a `NumberDataPoint`.
    mutating func write(_ point: NumberPoint) {
        let start = self.open(1, reserving: 1)
        self.time(2, point.startTime)
        self.time(3, point.time)
        switch point.value {
        case .double(let value): self.member(4, bits: value.bitPattern)
        case .int(let value): self.member(6, bits: UInt64(bitPattern: value))
        }
        self.attributes(7, point.attributes)
        self.close(start, reserved: 1)
    }

    /// Writes a `HistogramDataPoint`.
    mutating func write(_ point: HistogramPoint) {
        let start = self.open(1, reserving: 2)
        self.time(2, point.startTime)
        self.time(3, point.time)
        self.fixed64(4, point.count)
        self.optional(5, point.sum)
        // Bounds of no buckets are not allowed.
        if !point.bucketCounts.isEmpty {
            self.packed(6, point.bucketCounts) { $0 }
            self.packed(7, point.bounds) { $0.bitPattern }
        }
        self.attributes(9, point.attributes)
        self.optional(11, point.min)
        self.optional(12, point.max)
        self.close(start, reserved: 2)
    }

    /// Writes an `ExponentialHistogramDataPoint`.
    mutating func write(_ point: ExponentialHistogramPoint) {
        let start = self.open(1, reserving: 2)
        self.attributes(1, point.attributes)
        self.time(2, point.startTime)
        self.time(3, point.time)
        self.fixed64(4, point.count)
        self.optional(5, point.sum)
        self.signed(6, point.scale)
        self.fixed64(7, point.zeroCount)
        self.write(8, point.positive)
        self.write(9, point.negative)
        self.optional(12, point.min)
        self.optional(13, point.max)
        // Not minus zero, which is no default.
        self.fixed64(14, point.zeroThreshold.bitPattern)
        self.close(start, reserved: 2)
    }

    /// Writes `Buckets`, unless there are none.
    private mutating func write(_ field: UInt32, _ buckets: ExponentialHistogramPoint.Buckets) {
        guard buckets != ExponentialHistogramPoint.Buckets() else { return }
        let start = self.open(field, reserving: 1)
        self.signed(1, buckets.offset)
        if !buckets.counts.isEmpty {
            let counts = self.open(2, reserving: 1)
            for count in buckets.counts { self.bytes.append(varint: count) }
            self.close(counts, reserved: 1)
        }
        self.close(start, reserved: 1)
    }

    /// Writes numbers of eight bytes as one field, unless there are none.
    private mutating func packed<Number>(
        _ field: UInt32,
        _ values: [Number],
        bits: (Number) -> UInt64
    ) {
        guard !values.isEmpty else { return }
        self.begin(field, length: values.count * 8)
        for value in values { self.bytes.append(memoryOf: bits(value).littleEndian) }
    }
}
