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
            let deltas = points.compactMap { point -> NumberPoint? in
                var delta = point
                let answer = streams.arrived(
                    .sum(point.value),
                    of: .init(
                        series: series.finalize(with: point.attributes),
                        start: point.startTime
                    ),
                    at: point.time
                )
                guard case .report(.sum(let value), let since) = answer else { return nil }
                (delta.value, delta.startTime) = (value, since)
                return delta
            }
            metric.content = .sum(deltas, temporality: .delta, isMonotonic: true)
        case .histogram(let points, .cumulative):
            let series = self.hasher(.histogram, resource)
            let deltas = points.compactMap { point -> HistogramPoint? in
                let answer = streams.arrived(
                    .distribution(
                        .init(count: point.count, sum: point.sum, min: point.min, max: point.max)
                    ),
                    of: .init(
                        series: series.finalize(with: point.attributes),
                        start: point.startTime
                    ),
                    at: point.time
                )
                guard case .report(.distribution(let values), let since) = answer else {
                    return nil
                }
                // Buckets have no place in the tables, so nobody remembers them.
                return HistogramPoint(
                    attributes: point.attributes,
                    startTime: since,
                    time: point.time,
                    count: values.count,
                    sum: values.sum,
                    min: values.min,
                    max: values.max
                )
            }
            metric.content = .histogram(deltas, temporality: .delta)
        case .exponentialHistogram(let points, .cumulative):
            let series = self.hasher(.exponentialHistogram, resource)
            let deltas = points.compactMap { point -> ExponentialHistogramPoint? in
                let answer = streams.arrived(
                    .distribution(
                        .init(count: point.count, sum: point.sum, min: point.min, max: point.max)
                    ),
                    of: .init(
                        series: series.finalize(with: point.attributes),
                        start: point.startTime
                    ),
                    at: point.time
                )
                guard case .report(.distribution(let values), let since) = answer else {
                    return nil
                }
                return ExponentialHistogramPoint(
                    attributes: point.attributes,
                    startTime: since,
                    time: point.time,
                    count: values.count,
                    sum: values.sum,
                    min: values.min,
                    max: values.max,
                    scale: point.scale
                )
            }
            metric.content = .exponentialHistogram(deltas, temporality: .delta)
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
