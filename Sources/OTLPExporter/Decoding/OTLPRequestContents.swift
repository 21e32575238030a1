import TelemetryModel

/// What was read of a request so far, whatever its encoding: a batch for each resource, and a list
/// of what was skipped.
struct OTLPRequestContents {
    private(set) var batches: [ExportBatch] = []
    private(set) var skipped: [OTLPExportRequest.SkippedItem] = []

    /// The records of the resource under way; only those of one signal.
    private var spans: [EndedSpan] = []
    private var logs: [LogRecord] = []
    private var metrics: [Metric] = []

    mutating func append(_ span: EndedSpan) {
        self.spans.append(span)
    }

    mutating func append(_ record: LogRecord) {
        self.logs.append(record)
    }

    /// Takes a metric, unless it has no points, and notes those that could not be read.
    mutating func append(
        _ metric: Metric,
        without unreadable: [UnreadableItem],
        at path: @autoclosure () -> String
    ) {
        for error in unreadable { self.skip(error, at: path()) }
        if metric.pointCount > 0 { self.metrics.append(metric) }
    }

    /// Makes a batch of the records since the last one, if there are any.
    mutating func endBatch(of resource: Resource) {
        if !self.spans.isEmpty {
            self.batches.append(ExportBatch(resource: resource, records: .spans(self.spans)))
            self.spans = []
        }
        if !self.logs.isEmpty {
            self.batches.append(ExportBatch(resource: resource, records: .logs(self.logs)))
            self.logs = []
        }
        if !self.metrics.isEmpty {
            self.batches.append(ExportBatch(resource: resource, records: .metrics(self.metrics)))
            self.metrics = []
        }
    }

    /// Notes what could not be read.
    mutating func skip(_ error: UnreadableItem, at path: String) {
        let error = error.inside(path)
        self.skipped.append(.init(path: error.path, reason: error.reason))
    }
}
