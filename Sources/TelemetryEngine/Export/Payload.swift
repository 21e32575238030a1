public import TelemetryModel

/// The body of one request: records mapped, encoded and compressed.
///
/// A payload is what is sent, and what offline storage keeps if it cannot be.
public struct Payload: Sendable, Hashable {
    /// The signal of the records.
    public var signal: Signal

    /// The bytes as they go out.
    public var body: [UInt8]

    /// The media type of the uncompressed body.
    public var mediaType: String

    /// Whether ``body`` is compressed with gzip.
    public var isCompressed: Bool

    /// How many items of the body belong to each record.
    public var layout: RecordLayout

    /// Items at the start of the body that belong to no record and are in no account.
    public var leadingItems: Int

    /// Creates a payload.
    public init(
        signal: Signal,
        body: [UInt8],
        mediaType: String,
        isCompressed: Bool,
        layout: RecordLayout,
        leadingItems: Int = 0
    ) {
        self.signal = signal
        self.body = body
        self.mediaType = mediaType
        self.isCompressed = isCompressed
        self.layout = layout
        self.leadingItems = leadingItems
    }

    /// How many records the payload holds.
    public var recordCount: Int { self.layout.recordCount }

    /// How many items the payload holds for them, leading items not counted.
    public var itemCount: Int { self.layout.itemCount }
}
