public import TelemetryEngine

/// The envelopes of a batch, as bodies of requests.
public struct EncodedEnvelopes: Sendable {
    /// The bodies; together they hold every record that is not in ``dropped`` or ``omitted``.
    public var bodies: [EncodedBody] = []

    /// How many records could not be mapped, by reason.
    public var dropped: [DropReason: Int] = [:]

    /// How many records are not sent by design, such as points of HTTP metrics that Application
    /// Insights has no use for.
    public var omitted = 0

    /// How many texts were cut, and properties left out, because they were over a limit.
    public var cutTexts = 0

    /// Creates an empty result.
    public init() {}
}

/// The body of one request: a JSON array with one envelope a line.
public struct EncodedBody: Sendable {
    /// The bytes, not compressed.
    public var bytes: [UInt8]

    /// How many envelopes belong to each record.
    public var layout: RecordLayout

    /// How many envelopes at the start belong to no record.
    public var leadingItems: Int

    /// Creates a body.
    public init(bytes: [UInt8], layout: RecordLayout, leadingItems: Int = 0) {
        self.bytes = bytes
        self.layout = layout
        self.leadingItems = leadingItems
    }
}

/// The envelopes of a batch, as texts.
public struct EnvelopeTexts: Sendable {
    /// The envelopes, each a JSON object on one line.
    public var texts: [String] = []

    /// What could not be mapped, for people.
    public var unmapped: [String] = []

    /// Creates an empty result.
    public init() {}
}
