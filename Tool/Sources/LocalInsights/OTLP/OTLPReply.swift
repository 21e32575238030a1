import TelemetryModel

/// The two encodings of the OpenTelemetry protocol over HTTP.
enum OTLPEncoding: String, Sendable, CaseIterable {
    case protobuf = "application/x-protobuf"
    case json = "application/json"

    /// The encoding that a content type names; `nil` if it is neither.
    init?(contentType: String?) {
        guard let contentType else { return nil }
        let type = contentType.prefix { $0 != ";" }.lowercased()
        guard let value = Self(rawValue: type.filter { $0 != " " && $0 != "\t" }) else {
            return nil
        }
        self = value
    }
}

/// What is answered to an export request.
///
/// | Status        | Body                                                                     |
/// | ------------- | ------------------------------------------------------------------------ |
/// | 200           | `ExportTraceServiceResponse` and its likes; empty if everything is stored |
/// | anything else | `google.rpc.Status`                                                      |
///
/// - SeeAlso: [OTLP 1.8, OTLP/HTTP Response](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/docs/specification.md#otlphttp-response)
struct OTLPReply: Sendable, Hashable {
    /// The status of the response.
    var status = 200
    /// How many records were left out of a request that was otherwise taken.
    var rejected = 0
    /// Why; empty if there is nothing to say.
    var message = ""

    /// The body in an encoding.
    func body(of signal: Signal, in encoding: OTLPEncoding) -> [UInt8] {
        switch encoding {
        case .protobuf: self.status == 200 ? self.protobufResponse : self.protobufStatus
        case .json: self.status == 200 ? self.jsonResponse(of: signal) : self.jsonStatus
        }
    }

    private var hasPartialSuccess: Bool { self.rejected > 0 || !self.message.isEmpty }

    /// The code of gRPC that says about the same as the status.
    private var code: Int {
        switch self.status {
        case 405: 12  // UNIMPLEMENTED
        case 413: 8  // RESOURCE_EXHAUSTED
        case 503: 14  // UNAVAILABLE
        default: 3  // INVALID_ARGUMENT
        }
    }

    // MARK: JSON

    private func jsonResponse(of signal: Signal) -> [UInt8] {
        guard self.hasPartialSuccess else { return Array("{}".utf8) }
        let count =
            switch signal {
            case .traces: "rejectedSpans"
            case .logs: "rejectedLogRecords"
            case .metrics: "rejectedDataPoints"
            }
        var body = Array(
            #"{"partialSuccess":{"\#(count)":"\#(self.rejected)","errorMessage":"#.utf8
        )
        JSONText.append(self.message, to: &body)
        body.append(contentsOf: "}}".utf8)
        return body
    }

    private var jsonStatus: [UInt8] {
        var body = Array(#"{"code":\#(self.code),"message":"#.utf8)
        JSONText.append(self.message, to: &body)
        body.append(UInt8(ascii: "}"))
        return body
    }

    // MARK: Protocol Buffers

    /// `partial_success` is field 1; in it the count is field 1 and the message field 2, whatever
    /// the signal.
    private var protobufResponse: [UInt8] {
        guard self.hasPartialSuccess else { return [] }
        var body: [UInt8] = []
        Self.append(self.protobufFields(self.rejected), inField: 1, to: &body)
        return body
    }

    /// `code` is field 1, `message` field 2.
    private var protobufStatus: [UInt8] { self.protobufFields(self.code) }

    private func protobufFields(_ number: Int) -> [UInt8] {
        var fields: [UInt8] = []
        if number > 0 {
            fields.append(1 << 3)
            Self.appendVarint(number, to: &fields)
        }
        Self.append(Array(self.message.utf8), inField: 2, to: &fields)
        return fields
    }

    private static func append(_ bytes: [UInt8], inField field: UInt8, to output: inout [UInt8]) {
        output.append(field << 3 | 2)
        Self.appendVarint(bytes.count, to: &output)
        output.append(contentsOf: bytes)
    }

    private static func appendVarint(_ value: Int, to output: inout [UInt8]) {
        var rest = UInt(bitPattern: value)
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }
}
