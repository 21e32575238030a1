import TelemetryModel

extension ExportBatch {
    /// Turns what its streams have counted into what came since they were last heard of.
    ///
    /// Sums that go up and down are left as they are: they say how much there is, as gauges do.
    /// Points that add nothing are left out.
    mutating func takeDeltas(by streams: inout CumulativeStreams) {
        guard case .metrics(let metrics) = self.records else { return }
        var hasher = Hasher()
        hasher.combineUnordered(self.resource.attributes)
        self.records = .metrics(
            metrics.compactMap { metric in
                let metric = metric.deltas(by: &streams, of: hasher)
                return metric.pointCount > 0 ? metric : nil
            }
        )
    }
}

extension Metric {
    /// The kinds of streams: two of different kinds are never the same.
    private enum Kind { case sum, histogram, exponentialHistogram }

    fileprivate func deltas(by streams: inout CumulativeStreams, of resource: Hasher) -> Metric {
        var metric = self
        switch self.content {
        case .sum(let points, .cumulative, isMonotonic: true):
            let series = self.hasher(.sum, resource)
            metric.content = .sum(
                points.compactMap { $0.delta(by: &streams, in: series) },
                temporality: .delta,
                isMonotonic: true
            )
        case .histogram(let points, .cumulative):
            let series = self.hasher(.histogram, resource)
            metric.content = .histogram(
                points.compactMap { $0.delta(by: &streams, in: series) },
                temporality: .delta
            )
        case .exponentialHistogram(let points, .cumulative):
            let series = self.hasher(.exponentialHistogram, resource)
            metric.content = .exponentialHistogram(
                points.compactMap { $0.delta(by: &streams, in: series) },
                temporality: .delta
            )
        case .gauge, .sum, .histogram, .exponentialHistogram:
            break
        }
        return metric
    }

    /// Hashes what all series of the metric share.
    private func hasher(_ kind: Kind, _ resource: Hasher) -> Hasher {
        var hasher = resource
        hasher.combine(self.scope.name)
        hasher.combine(self.scope.version)
        hasher.combineUnordered(self.scope.attributes)
        hasher.combine(self.name)
        hasher.combine(self.unit)
        hasher.combine(kind)
        return hasher
    }
}

/// A point that may be turned into what came since the last of its stream.
private protocol StreamPoint {
    var attributes: Attributes { get }
    var time: Timestamp { get }
    var startTime: Timestamp { get set }

    /// What the stream has counted so far, or since.
    var amount: CumulativeStreams.Amount { get set }
}

extension StreamPoint {
    /// What came since the stream was last heard of; `nil` if nothing did.
    fileprivate func delta(by streams: inout CumulativeStreams, in series: Hasher) -> Self? {
        let key = CumulativeStreams.Key(
            series: series.finalize(with: self.attributes),
            start: self.startTime
        )
        guard
            case .report(let amount, let since) =
                streams.arrived(self.amount, of: key, at: self.time)
        else { return nil }
        var delta = self
        (delta.amount, delta.startTime) = (amount, since)
        return delta
    }
}

extension NumberPoint: StreamPoint {
    fileprivate var amount: CumulativeStreams.Amount {
        get { .sum(self.value) }
        set { if case .sum(let value) = newValue { self.value = value } }
    }
}

/// A point of a histogram of either kind.
private protocol DistributionPoint: StreamPoint {
    var count: UInt64 { get set }
    var sum: Double? { get set }
    var min: Double? { get set }
    var max: Double? { get set }

    /// Forgets what has no place in the tables, and is therefore remembered by nobody.
    mutating func forgetBuckets()
}

extension DistributionPoint {
    fileprivate var amount: CumulativeStreams.Amount {
        get {
            .distribution(.init(count: self.count, sum: self.sum, min: self.min, max: self.max))
        }
        set {
            guard case .distribution(let values) = newValue else { return }
            (self.count, self.sum) = (values.count, values.sum)
            (self.min, self.max) = (values.min, values.max)
            self.forgetBuckets()
        }
    }
}

extension HistogramPoint: DistributionPoint {
    fileprivate mutating func forgetBuckets() {
        self.bounds = []
        self.bucketCounts = []
    }
}

extension ExponentialHistogramPoint: DistributionPoint {
    fileprivate mutating func forgetBuckets() {
        self.zeroCount = 0
        self.positive = Buckets()
        self.negative = Buckets()
    }
}

extension Hasher {
    /// Adds attributes, whose order means nothing.
    fileprivate mutating func combineUnordered(_ attributes: Attributes) {
        var sum = 0
        for element in attributes {
            var hasher = Hasher()
            hasher.combine(element)
            sum &+= hasher.finalize()
        }
        self.combine(sum)
        self.combine(attributes.count)
    }

    /// The hash with the attributes added.
    fileprivate func finalize(with attributes: Attributes) -> Int {
        var hasher = self
        hasher.combineUnordered(attributes)
        return hasher.finalize()
    }
}
