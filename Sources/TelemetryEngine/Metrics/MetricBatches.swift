internal import TelemetryModel

/// Metrics in portions of bounded size.
enum MetricBatches {
    /// Divides metrics so that no batch has more points than `maximumPoints`.
    ///
    /// Points keep their order. A metric that does not fit into what is left of a batch is
    /// continued, under the same name, in the next.
    static func divide(_ metrics: [Metric], maximumPoints: Int) -> [[Metric]] {
        let maximum = max(maximumPoints, 1)
        var batches: [[Metric]] = []
        var batch: [Metric] = []
        var room = maximum
        for metric in metrics {
            var taken = 0
            let count = metric.pointCount
            while taken < count {
                let size = min(room, count - taken)
                batch.append(size == count ? metric : metric.points(in: taken..<(taken + size)))
                taken += size
                room -= size
                if room == 0 {
                    batches.append(batch)
                    batch = []
                    room = maximum
                }
            }
        }
        if !batch.isEmpty { batches.append(batch) }
        return batches
    }
}

extension Metric {
    /// The metric with some of its points.
    fileprivate func points(in range: Range<Int>) -> Metric {
        var part = self
        switch self.content {
        case .gauge(let points):
            part.content = .gauge(Array(points[range]))
        case .sum(let points, let temporality, let isMonotonic):
            part.content = .sum(
                Array(points[range]),
                temporality: temporality,
                isMonotonic: isMonotonic
            )
        case .histogram(let points, let temporality):
            part.content = .histogram(Array(points[range]), temporality: temporality)
        case .exponentialHistogram(let points, let temporality):
            part.content = .exponentialHistogram(Array(points[range]), temporality: temporality)
        }
        return part
    }
}
