import AzureMonitorExporter
import OTLPExporter
import Synchronization
import TelemetryEngine
import TelemetryModel

/// Turns export requests of the OpenTelemetry protocol into rows.
///
/// A request goes the way that it would go with the exporter: its records become envelopes, and
/// these are judged like those that anybody sends to the ingestion endpoint. What was cumulative
/// is made delta in between; see ``CumulativeStreams``.
///
/// Every span that arrives is taken, because who does not sample a span does not export it: the
/// flag that would say so is left at zero by many, and means nothing here.
///
/// May be used from many tasks at once. Requests with points of the same stream are taken in the
/// order of their arrival here; what they add up to is the same in any order.
final class OTLPReceiver: Sendable {
    /// Rows to store, and what to answer once they are.
    struct Result: Sendable {
        var rows: [RowBatch] = []
        var reply = OTLPReply()
    }

    private let encoder: EnvelopeEncoder
    private let streams: Mutex<CumulativeStreams>

    /// Creates a receiver.
    ///
    /// - Parameters:
    ///   - instrumentationKey: the key of all rows.
    ///   - hostName: the host of those who send, if it is known; it names the instance of a
    ///     resource that does not.
    init(instrumentationKey: String, hostName: String) {
        // What this process finds in its environment is not that of those who send.
        self.encoder = EnvelopeEncoder(
            options: EnvelopeOptions(instrumentationKey: instrumentationKey, hostName: hostName)
        )
        self.streams = Mutex(CumulativeStreams())
    }

    /// Reads a request.
    func receive(_ bytes: [UInt8], of signal: Signal, in encoding: OTLPEncoding) -> Result {
        let request: OTLPExportRequest
        do throws(OTLPDecodingError) {
            request = try Self.decode(bytes, of: signal, in: encoding)
        } catch {
            return Result(reply: OTLPReply(status: 400, message: error.message))
        }
        var result = Result()
        var refusals = Refusals()
        for item in request.skipped { refusals.add(item.description) }
        for batch in request.batches { self.add(batch, to: &result.rows, &refusals) }
        result.reply.rejected = refusals.count
        result.reply.message = refusals.message
        return result
    }

    private static func decode(
        _ bytes: [UInt8],
        of signal: Signal,
        in encoding: OTLPEncoding
    ) throws(OTLPDecodingError) -> OTLPExportRequest {
        let request =
            switch encoding {
            case .protobuf: try OTLPProtobufDecoder().decode(bytes, signal: signal)
            case .json: try OTLPJSONDecoder().decode(bytes)
            }
        // In JSON the request says itself what it is.
        guard let other = request.batches.first(where: { $0.signal != signal }) else {
            return request
        }
        throw OTLPDecodingError(
            code: .unexpectedShape,
            message: "these are \(other.signal.rawValue), which go to /v1/\(other.signal.rawValue)"
        )
    }

    private func add(_ batch: ExportBatch, to rows: inout [RowBatch], _ refusals: inout Refusals) {
        var batch = batch
        switch batch.signal {
        case .traces: batch.findLocalRoots()
        case .metrics: self.streams.withLock { batch.takeDeltas(by: &$0) }
        case .logs: break
        }
        guard batch.count > 0 else { return }
        let encoded = self.encoder.encode(batch)
        let unmapped = encoded.dropped.values.reduce(0, +)
        if unmapped > 0 {
            refusals.add("a record without a finite value", count: unmapped)
        }
        for body in encoded.bodies {
            let track = TrackBody(body.bytes)
            if track.batch.count > 0 { rows.append(track.batch) }
            let refused = body.layout.recordCount(ofItems: track.reply.errors.map(\.index))
            if let error = track.reply.errors.first {
                refusals.add(error.message, count: refused)
            }
        }
    }
}

/// What was left out of a request, and the first reasons.
private struct Refusals {
    private static let maximumReasons = 5

    private(set) var count = 0
    private var reasons: [String] = []
    /// How many of those left out the reasons are of.
    private var explained = 0

    mutating func add(_ reason: @autoclosure () -> String, count: Int = 1) {
        self.count += count
        guard self.reasons.count < Self.maximumReasons else { return }
        self.reasons.append((count > 1 ? "\(count) times " : "") + reason().prefix(300))
        self.explained += count
    }

    var message: String {
        guard self.count > 0 else { return "" }
        let rest = self.count > self.explained ? "; …" : ""
        return "left out: " + self.reasons.joined(separator: "; ") + rest
    }
}

extension RecordLayout {
    /// How many records the items at some positions, ascending, belong to.
    func recordCount(ofItems positions: [Int]) -> Int {
        guard !positions.isEmpty else { return 0 }
        var records = Set<Int>()
        var (item, record) = (0, 0)
        var rest = positions[...]
        for run in self.runs {
            let items = run.itemsPerRecord * run.records
            while let position = rest.first, position < item + items {
                records.insert(record + (position - item) / run.itemsPerRecord)
                rest.removeFirst()
            }
            item += items
            record += run.records
        }
        return records.count
    }
}
