public import TelemetryModel

/// What one OTLP export request holds, as far as it could be read.
public struct OTLPExportRequest: Sendable {
    /// The records, one batch for each resource of the request, in its order; none is empty.
    public var batches: [ExportBatch]

    /// What could not be read and was left out, in the order of the request.
    public var skipped: [SkippedItem]

    /// Creates a request.
    package init(batches: [ExportBatch] = [], skipped: [SkippedItem] = []) {
        self.batches = batches
        self.skipped = skipped
    }
}

extension OTLPExportRequest {
    /// A part of a request that was left out because it cannot be read or represented.
    public struct SkippedItem: Hashable, Sendable {
        /// Where the trouble is: `resourceSpans[0].scopeSpans[0].spans[2].traceId`.
        ///
        /// What was left out is the innermost span, record, point, metric, scope or resource
        /// on that path.
        public var path: String

        /// What is wrong there, without the value itself.
        public var reason: String

        /// Creates an item.
        package init(path: String, reason: String) {
            self.path = path
            self.reason = reason
        }
    }
}

extension OTLPExportRequest.SkippedItem: CustomStringConvertible {
    /// Path and reason: `resourceSpans[0].scopeSpans[0].spans[2].traceId: expected …`.
    public var description: String { "\(self.path): \(self.reason)" }
}
