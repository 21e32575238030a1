import TelemetryEngine
import TelemetryModel

/// Accepts everything, and keeps nothing of it.
public struct DiscardingExporter: TelemetryExporter {
    /// The name that the exporter has in accounts.
    public let destination = Destination(name: "nowhere", identity: "nowhere")

    /// All signals.
    public let signals = Set(Signal.allCases)

    /// Nothing is ever undelivered.
    public var keepsUndelivered: Bool { false }

    /// Creates an exporter.
    public init() {}

    /// Makes an empty payload of as many records.
    @concurrent
    public func encode(_ batch: ExportBatch) async -> EncodedBatch {
        EncodedBatch(payloads: [
            Payload(
                signal: batch.signal,
                body: [],
                mediaType: "text/plain",
                isCompressed: false,
                layout: RecordLayout(records: batch.count)
            )
        ])
    }

    /// Accepts the payload.
    public func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
        .accepted
    }

    /// Never asked for: no payload is accepted in part.
    @concurrent
    public func payload(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) async -> Payload? {
        nil
    }

    /// There is nothing to close.
    public func shutdown() async {}
}
