package import TelemetryModel
import TelemetryTransport

/// Makes a request of some records of another.
///
/// For dividing a stored payload that turned out too large, or of which a part was refused.
package struct OTLPRequestFilter: Sendable {
    private let encoding: OTLPEncoding
    private let signal: Signal

    /// Creates a filter for bodies of one encoding and signal.
    package init(encoding: OTLPEncoding, signal: Signal) {
        self.encoding = encoding
        self.signal = signal
    }

    /// The request with the records at `positions` only.
    ///
    /// - Parameters:
    ///   - bytes: A body that ``OTLPEncoder`` wrote, not compressed.
    ///   - positions: Positions of records in the order of the body, from 0, ascending.
    /// - Returns: `nil` if a part of the body cannot be read, or a position lies outside of it.
    package func filter(_ bytes: [UInt8], keeping positions: [Int]) -> [UInt8]? {
        guard let request = try? self.decode(bytes), request.skipped.isEmpty else { return nil }
        var selection = Selection(positions)
        var batches: [ExportBatch] = []
        for batch in request.batches where batch.signal == self.signal {
            let selected = selection.select(from: batch)
            if selected.count > 0 { batches.append(selected) }
        }
        var buffer = WireBuffer()
        let requests = OTLPEncoder(encoding: self.encoding)
            .requests(for: batches, maximumSize: .max, in: &buffer).requests
        guard selection.isExhausted, requests.count == 1 else { return nil }
        return requests[0].records == positions.count ? requests[0].body : nil
    }

    private func decode(_ bytes: [UInt8]) throws(OTLPDecodingError) -> OTLPExportRequest {
        switch self.encoding {
        case .protobuf: try OTLPProtobufDecoder().decode(bytes, signal: self.signal)
        case .json: try OTLPJSONDecoder().decode(bytes)
        }
    }
}

/// Walks through records and picks those at given positions.
private struct Selection {
    private let positions: [Int]
    private var next = 0
    private var position = 0

    init(_ positions: [Int]) {
        self.positions = positions
    }

    var isExhausted: Bool { self.next == self.positions.count }

    mutating func select(from batch: ExportBatch) -> ExportBatch {
        var selected = batch
        switch batch.records {
        case .spans(let spans): selected.records = .spans(self.select(from: spans))
        case .logs(let records): selected.records = .logs(self.select(from: records))
        case .metrics(let metrics):
            selected.records = .metrics(
                metrics.map { metric in
                    var metric = metric
                    metric.content = self.select(from: metric.content)
                    return metric
                }
            )
        }
        return selected
    }

    private mutating func select(from content: Metric.Content) -> Metric.Content {
        switch content {
        case .gauge(let points):
            .gauge(self.select(from: points))
        case .sum(let points, let temporality, let isMonotonic):
            .sum(self.select(from: points), temporality: temporality, isMonotonic: isMonotonic)
        case .histogram(let points, let temporality):
            .histogram(self.select(from: points), temporality: temporality)
        case .exponentialHistogram(let points, let temporality):
            .exponentialHistogram(self.select(from: points), temporality: temporality)
        }
    }

    private mutating func select<Record>(from records: [Record]) -> [Record] {
        var selected: [Record] = []
        for record in records {
            if self.next < self.positions.count, self.positions[self.next] == self.position {
                selected.append(record)
                self.next += 1
            }
            self.position += 1
        }
        return selected
    }
}
