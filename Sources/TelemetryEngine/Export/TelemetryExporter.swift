public import TelemetryModel

/// Turns batches into payloads, and sends payloads to one destination.
///
/// An exporter decides nothing about time: when to try, when to try again and what to keep is the
/// business of ``ExportCoordinator``, which calls ``send(_:within:)`` once for each try.
public protocol TelemetryExporter: Sendable {
    /// Where the exporter sends to.
    ///
    /// Several exporters may share a destination, one for each signal.
    var destination: Destination { get }

    /// The signals that the exporter takes.
    var signals: Set<Signal> { get }

    /// Whether what cannot be delivered is worth keeping on disk. The default is `true`.
    var keepsUndelivered: Bool { get }

    /// The directory below which undelivered payloads are kept; `nil`, which is the default, for
    /// that of the pipeline.
    var storageDirectory: String? { get }

    /// How the exporter wants its metrics; not asked if it takes none.
    ///
    /// It is read once, when the pipeline is made. The default is what Application Insights takes:
    /// what came since the last report, and distributions over fixed buckets.
    var metricPreference: MetricPreference { get }

    /// Maps, encodes and compresses a batch.
    ///
    /// This is work for a processor, so it runs off every actor. One bad record never costs
    /// another: it is left out and counted.
    @concurrent func encode(_ batch: ExportBatch) async -> EncodedBatch

    /// Sends a payload once and says what became of it.
    ///
    /// Returns when `timeLimit` is up, or at once when the task is cancelled.
    func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome

    /// Makes a payload of some of the items of another.
    ///
    /// - Parameters:
    ///   - items: positions in the body of `payload`, ascending, leading items counted.
    ///   - layout: how the chosen items belong to records.
    /// - Returns: `nil` if the body cannot be read.
    @concurrent func payload(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) async -> Payload?

    /// Does what must go on all the while the exporter is in use, such as keeping connections.
    ///
    /// The pipeline calls it once and cancels the task when nothing is sent any more, before
    /// ``shutdown()``. Payloads may come before the call, too. The default returns at once.
    func run() async

    /// Closes connections; nothing is sent afterwards.
    func shutdown() async
}

extension TelemetryExporter {
    /// Undelivered payloads are kept.
    public var keepsUndelivered: Bool { true }

    /// Undelivered payloads are kept where the pipeline keeps them.
    public var storageDirectory: String? { nil }

    /// Nothing goes on.
    public func run() async {}

    /// Metrics are what came since the last report.
    public var metricPreference: MetricPreference { MetricPreference() }
}

/// What encoding made of a batch.
///
/// Every record of the batch is in a payload, in ``dropped`` or in ``omitted``; one that is in none
/// of them counts as invalid.
public struct EncodedBatch: Sendable {
    /// One request each.
    public var payloads: [Payload]

    /// How many records could not be encoded, by reason.
    public var dropped: [DropReason: Int]

    /// How many records are not sent by design: the destination has no use for them.
    ///
    /// They are no loss and in no account.
    public var omitted: Int

    /// How many texts were cut, and attributes left out, for the destination's limits.
    public var cutTexts: Int

    /// Creates an encoded batch.
    public init(
        payloads: [Payload] = [],
        dropped: [DropReason: Int] = [:],
        omitted: Int = 0,
        cutTexts: Int = 0
    ) {
        self.payloads = payloads
        self.dropped = dropped
        self.omitted = omitted
        self.cutTexts = cutTexts
    }
}
