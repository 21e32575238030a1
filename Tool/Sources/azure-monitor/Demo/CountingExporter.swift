import Foundation
import Synchronization
import TelemetryEngine
import TelemetryModel
import TelemetryTransport

/// Counts the envelopes that an exporter delivered, by the table in which they must arrive.
///
/// It looks at the very bytes that were sent, so that the demo compares what left with what came.
struct CountingExporter: TelemetryExporter {
    let exporter: any TelemetryExporter
    let counts: TableCounts

    var destination: Destination { self.exporter.destination }
    var signals: Set<Signal> { self.exporter.signals }
    var keepsUndelivered: Bool { self.exporter.keepsUndelivered }

    @concurrent
    func encode(_ batch: ExportBatch) async -> EncodedBatch {
        await self.exporter.encode(batch)
    }

    @concurrent
    func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
        let outcome = await self.exporter.send(payload, within: timeLimit)
        switch outcome {
        case .accepted: self.counts.add(payload, without: [])
        case .partiallyAccepted(let refusals):
            self.counts.add(payload, without: Set(refusals.map(\.item)))
        case .failed, .payloadTooLarge, .refused: break
        }
        return outcome
    }

    @concurrent
    func payload(of payload: Payload, keeping items: [Int], layout: RecordLayout) async
        -> Payload?
    {
        await self.exporter.payload(of: payload, keeping: items, layout: layout)
    }

    func shutdown() async {
        await self.exporter.shutdown()
    }
}

/// How many items there are of each table.
final class TableCounts: Sendable {
    /// The tables that the demo fills, in the order of its report.
    static let tables = ["requests", "dependencies", "exceptions", "traces", "customMetrics"]

    private static let tableOfType = [
        "RequestData": "requests", "RemoteDependencyData": "dependencies",
        "ExceptionData": "exceptions", "MessageData": "traces", "MetricData": "customMetrics",
        "EventData": "customEvents", "AvailabilityData": "availabilityResults",
    ]

    private let counts = Mutex<[String: Int]>([:])

    /// The counts so far.
    var current: [String: Int] { self.counts.withLock { $0 } }

    /// Counts the items of a payload but some.
    func add(_ payload: Payload, without refused: Set<Int>) {
        guard let body = Self.text(of: payload) else { return }
        var found: [String: Int] = [:]
        for (item, line) in body.split(separator: "\n").enumerated()
        where item >= payload.leadingItems && !refused.contains(item) {
            guard let start = line.range(of: "\"baseType\":\"")?.upperBound else { continue }
            let type = String(line[start...].prefix { $0 != "\"" })
            found[Self.tableOfType[type] ?? type, default: 0] += 1
        }
        self.counts.withLock { $0.merge(found, uniquingKeysWith: +) }
    }

    private static func text(of payload: Payload) -> String? {
        guard payload.isCompressed else { return String(decoding: payload.body, as: UTF8.self) }
        guard let body = try? Gzip.decompress(payload.body, maximumSize: 64 << 20) else {
            return nil
        }
        return String(decoding: body, as: UTF8.self)
    }
}
