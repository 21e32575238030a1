import TelemetryEngine
import TelemetryModel
import TelemetryTransport

/// Makes payloads of batches, and of parts of other payloads.
struct OTLPPayloads: Sendable {
    /// The most that a stored body may unpack to.
    private static let maximumStoredSize = 64 << 20

    private let maximumRequestSize: Int
    private let compressors = CompressorPool()

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
        let encoded = encoder.requests(for: batch, maximumSize: self.maximumRequestSize)
        var bodies = encoded.requests.map(\.body)
        if isCompressed { bodies = self.compressors.compress(bodies) }
        return EncodedBatch(
            payloads: zip(encoded.requests, bodies).map { request, body in
                Payload(
                    signal: batch.signal,
                    body: body,
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
        if payload.isCompressed { kept = self.compressors.compress([kept]).first ?? [] }
        var part = payload
        part.body = kept
        part.layout = layout
        part.leadingItems = 0
        return part
    }
}
