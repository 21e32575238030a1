import TelemetryModel

extension ExportBatch {
    /// The records, each in a batch of its own: spans, log records, or metrics of one point.
    var singles: [ExportBatch] {
        let records: [Records] =
            switch self.records {
            case .spans(let spans): spans.map { .spans([$0]) }
            case .logs(let records): records.map { .logs([$0]) }
            case .metrics(let metrics): metrics.flatMap { $0.singles.map { .metrics([$0]) } }
            }
        return records.map { ExportBatch(resource: self.resource, records: $0) }
    }
}

extension Metric {
    /// The metric once for each of its points.
    private var contents: [Content] {
        switch self.content {
        case .gauge(let points): points.map { .gauge([$0]) }
        case .sum(let points, let temporality, let isMonotonic):
            points.map { .sum([$0], temporality: temporality, isMonotonic: isMonotonic) }
        case .histogram(let points, let temporality):
            points.map { .histogram([$0], temporality: temporality) }
        case .exponentialHistogram(let points, let temporality):
            points.map { .exponentialHistogram([$0], temporality: temporality) }
        }
    }

    fileprivate var singles: [Metric] {
        self.contents.map { content in
            var metric = self
            metric.content = content
            return metric
        }
    }
}
