/// The two encodings that the OpenTelemetry protocol has over HTTP.
public enum OTLPEncoding: Sendable, Hashable, CaseIterable {
    /// Protocol Buffers, the smaller and faster one.
    case protobuf
    /// JSON, for receivers that take nothing else, and for reading along.
    case json

    /// The media type of a body: `application/x-protobuf` or `application/json`.
    public var mediaType: String {
        switch self {
        case .protobuf: "application/x-protobuf"
        case .json: "application/json"
        }
    }
}
