import TelemetryModel
import TelemetryTransport

/// Reads export requests in the JSON encoding of the OpenTelemetry protocol.
///
/// Which of the three requests it is, the one key at its top says: `resourceSpans`,
/// `resourceLogs` or `resourceMetrics`; an empty object is an empty request. Keys are
/// lowerCamelCase, ids hexadecimal, 64-bit integers text or numbers, enumerations numbers or their
/// names, bytes base64. Unknown keys are ignored, and so are exemplars, which the model has not.
///
/// An item that cannot be read is left out and named; it costs no other.
///
/// - SeeAlso: [OTLP 1.8, JSON Protobuf Encoding](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/docs/specification.md#json-protobuf-encoding)
public struct OTLPJSONDecoder: Sendable {
    /// Creates a decoder.
    public init() {}

    /// Reads one request.
    ///
    /// - Parameter bytes: The request in UTF-8; invalid bytes and lone surrogates become U+FFFD.
    /// - Throws: ``OTLPDecodingError`` if there is no reading the request as a whole.
    public func decode(_ bytes: [UInt8]) throws(OTLPDecodingError) -> OTLPExportRequest {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw OTLPDecodingError(code: .malformed, message: error.description)
        }
        guard case .object(let request) = value else {
            throw OTLPDecodingError(
                code: .unexpectedShape,
                message: "line 1: expected an object, found \(value.kindDescription)"
            )
        }
        let kinds = OTLPRequestKind.allCases.filter { request[$0.rawValue] != nil }
        guard let kind = kinds.first, kinds.count == 1 else {
            if request.members.isEmpty { return OTLPExportRequest() }
            throw OTLPDecodingError(
                code: .unexpectedShape,
                message: "line 1: expected an object with exactly one of the keys resourceSpans, "
                    + "resourceLogs and resourceMetrics, found \(kinds.count) of them"
            )
        }
        let resources: [JSONValue]
        do {
            resources = try request.array(kind.rawValue)
        } catch {
            throw OTLPDecodingError(
                code: .unexpectedShape,
                message: "\(error.path): \(error.reason)"
            )
        }
        var reader = OTLPJSONRequestReader(kind: kind)
        reader.read(resources)
        return OTLPExportRequest(batches: reader.contents.batches, skipped: reader.contents.skipped)
    }
}
