/// Records of one signal and one resource, on their way to an exporter.
public struct ExportBatch: Sendable {
    /// The records, by signal.
    public enum Records: Sendable {
        /// Ended spans.
        case spans([EndedSpan])
        /// Log records.
        case logs([LogRecord])
        /// Metrics with their points.
        case metrics([Metric])
    }

    /// What produced the records.
    public var resource: Resource
    /// The records.
    public var records: Records

    /// Creates a batch.
    public init(resource: Resource, records: Records) {
        self.resource = resource
        self.records = records
    }

    /// The signal of the records.
    public var signal: Signal {
        switch self.records {
        case .spans: .traces
        case .logs: .logs
        case .metrics: .metrics
        }
    }

    /// How many records the accounts count: spans, log records, or metric points.
    public var count: Int {
        switch self.records {
        case .spans(let spans): spans.count
        case .logs(let records): records.count
        case .metrics(let metrics): metrics.reduce(0) { $0 + $1.pointCount }
        }
    }
}
