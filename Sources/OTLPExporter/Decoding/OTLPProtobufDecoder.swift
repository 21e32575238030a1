public import TelemetryModel

/// Reads export requests in the Protocol Buffers encoding of the OpenTelemetry protocol.
///
/// Unknown fields are ignored, and so are known ones of another type than they should have, and
/// exemplars, which the model has not. Text that is not UTF-8 is repaired with U+FFFD. What is
/// absent has the same meaning as for ``OTLPJSONDecoder``.
///
/// An item that cannot be read is left out and named; it costs no other.
///
/// - SeeAlso: [opentelemetry-proto 1.8](https://github.com/open-telemetry/opentelemetry-proto/tree/v1.8.0/opentelemetry/proto)
public struct OTLPProtobufDecoder: Sendable {
    /// Creates a decoder.
    public init() {}

    /// Reads one request.
    ///
    /// - Parameters:
    ///   - bytes: The request.
    ///   - signal: Which of the three requests it is, which the bytes do not say.
    /// - Throws: ``OTLPDecodingError`` if there is no reading the request as a whole.
    public func decode(
        _ bytes: [UInt8],
        signal: Signal
    ) throws(OTLPDecodingError) -> OTLPExportRequest {
        var reader = OTLPProtobufRequestReader(kind: OTLPRequestKind(signal))
        do throws(UnreadableItem) {
            try reader.read(ProtobufReader(bytes))
        } catch {
            throw OTLPDecodingError(code: .malformed, message: error.reason)
        }
        return OTLPExportRequest(batches: reader.contents.batches, skipped: reader.contents.skipped)
    }
}
