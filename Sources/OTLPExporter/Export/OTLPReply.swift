import TelemetryTransport

/// What the body of an answer says: of a success how many records were not taken, of a failure why.
///
/// | Message                        | Field                                                  |
/// | ------------------------------ | ------------------------------------------------------ |
/// | `Export…ServiceResponse`       | 1, `partialSuccess`                                    |
/// | `Export…PartialSuccess`        | 1, `rejectedSpans`, `…DataPoints` or `…LogRecords`; 2, `errorMessage` |
/// | `google.rpc.Status`            | 1, `code`; 2, `message`                                |
///
/// The numbers are the same for all signals. What cannot be read says nothing.
///
/// - SeeAlso: [OTLP/HTTP Response](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/docs/specification.md#otlphttp-response)
struct OTLPReply: Hashable {
    /// How many records the server did not take, and never will.
    var rejected = 0

    /// Why, in the server's words; perhaps only a warning; empty if it said nothing.
    var message = ""

    /// Reads the answer to an export request that was accepted, at least in part.
    static func ofSuccess(_ body: [UInt8], _ encoding: OTLPEncoding) -> OTLPReply {
        switch encoding {
        case .protobuf: Self.protobufResponse(body)
        case .json: Self.jsonResponse(body)
        }
    }

    /// Reads the message of a status; empty if there is none.
    static func statusMessage(_ body: [UInt8], _ encoding: OTLPEncoding) -> String {
        switch encoding {
        case .protobuf:
            var reader = ProtobufReader(body)
            while let field = try? reader.next() {
                if field.number == 2, case .bytes(let text) = field.value { return text.text }
            }
            return ""
        case .json:
            return Self.object(body)?["message"]?.stringValue ?? ""
        }
    }

    private static func protobufResponse(_ body: [UInt8]) -> OTLPReply {
        var reply = OTLPReply()
        var response = ProtobufReader(body)
        while let field = try? response.next() {
            guard field.number == 1, case .bytes(var partial) = field.value else { continue }
            while let field = try? partial.next() {
                switch (field.number, field.value) {
                case (1, .varint(let count)):
                    reply.rejected = Int(clamping: Int64(bitPattern: count))
                case (2, .bytes(let text)):
                    reply.message = text.text
                default:
                    break
                }
            }
        }
        return reply
    }

    private static func jsonResponse(_ body: [UInt8]) -> OTLPReply {
        guard let response = Self.object(body),
            let partial = (response["partialSuccess"] ?? response["partial_success"])?.objectValue
        else { return OTLPReply() }
        var reply = OTLPReply()
        for member in partial.members {
            switch member.key {
            case "rejectedSpans", "rejectedDataPoints", "rejectedLogRecords", "rejected_spans",
                "rejected_data_points", "rejected_log_records":
                reply.rejected = Self.integer(member.value) ?? reply.rejected
            case "errorMessage", "error_message":
                reply.message = member.value.stringValue ?? reply.message
            default:
                break
            }
        }
        return reply
    }

    private static func object(_ body: [UInt8]) -> JSONObject? {
        (try? JSONValue(parsing: body, maximumDepth: 16))?.objectValue
    }

    /// Integers of 64 bits are texts in JSON; readers take numbers as well.
    private static func integer(_ value: JSONValue) -> Int? {
        switch value {
        case .number(let number): number.int64Value.map { Int(clamping: $0) }
        case .string(let text): Int64(text).map { Int(clamping: $0) }
        default: nil
        }
    }
}

extension OTLPEncoding {
    /// The encoding that a media type names; `nil` if it is neither.
    init?(mediaType: String?) {
        let name = mediaType?.prefix { $0 != ";" }.trimmingBlanks.lowercased()
        switch name {
        case "application/x-protobuf", "application/protobuf": self = .protobuf
        case "application/json": self = .json
        default: return nil
        }
    }
}
