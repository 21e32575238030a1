import TelemetryEngine
import TelemetryModel
import TelemetryTransport

/// Makes payloads of batches, and of parts of other payloads.
struct OTLPPayloads: Sendable {
    /// The most that a stored body may unpack to.
    private static let maximumStoredSize = 64 << 20

    private let maximumRequestSize: Int
    // Larger bodies are rare: a batch of 512 spans takes some 230 KB.
    private let workspaces = EncodingWorkspaces(keeping: 1 << 20)

    /// Creates a maker of payloads.
    ///
    /// - Parameter maximumRequestSize: The most bytes of a request before compression.
    init(maximumRequestSize: Int) {
        self.maximumRequestSize = max(1, maximumRequestSize)
    }

    /// Encodes a batch, in as many payloads as it needs.
    func encode(
        _ batch: ExportBatch,
        by encoder: OTLPEncoder,
        isCompressed: Bool
    ) -> EncodedBatch {
        let workspace = self.workspaces.take()
        defer { self.workspaces.giveBack(workspace) }
        let encoded = encoder.requests(
            for: [batch],
            maximumSize: self.maximumRequestSize,
            in: &workspace.buffer
        )
        return EncodedBatch(
            payloads: encoded.requests.map { request in
                Payload(
                    signal: batch.signal,
                    body: isCompressed
                        ? workspace.compressor.compress(request.body) : request.body,
                    mediaType: encoder.encoding.mediaType,
                    isCompressed: isCompressed,
                    layout: RecordLayout(records: request.records)
                )
            },
            dropped: [DropReason.tooLarge: encoded.tooLarge, .invalid: encoded.invalid]
                .filter { $0.value > 0 },
            cutTexts: encoded.cutValues
        )
    }

    /// Makes a payload of some of the records of another, in its encoding; `nil` if its body cannot
    /// be read.
    func part(of payload: Payload, keeping items: [Int], layout: RecordLayout) -> Payload? {
        guard let encoding = OTLPEncoding(mediaType: payload.mediaType),
            items.count == layout.itemCount
        else { return nil }
        var body = payload.body
        if payload.isCompressed {
            guard let unpacked = try? Gzip.decompress(body, maximumSize: Self.maximumStoredSize)
            else { return nil }
            body = unpacked
        }
        let filter = OTLPRequestFilter(encoding: encoding, signal: payload.signal)
        guard var kept = filter.filter(body, keeping: items) else { return nil }
        if payload.isCompressed { kept = Gzip.compress(kept) }
        var part = payload
        part.body = kept
        part.layout = layout
        part.leadingItems = 0
        return part
    }
}
