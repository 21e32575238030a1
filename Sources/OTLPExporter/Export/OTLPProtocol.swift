import TelemetryEngine
import TelemetryModel

/// How export requests travel.
public enum OTLPProtocol: String, Sendable, Hashable, CaseIterable {
    /// Protocol Buffers over HTTP, which every collector takes; the default.
    case httpProtobuf = "http/protobuf"
    /// JSON over HTTP.
    case httpJSON = "http/json"
    /// gRPC, which needs the package trait `OTLPGRPC`.
    case grpc = "grpc"

    /// Where a collector of this machine listens: port 4317 for gRPC, else 4318.
    package var defaultEndpoint: String {
        self == .grpc ? "http://localhost:4317" : "http://localhost:4318"
    }

    /// The encoding of the messages.
    package var encoding: OTLPEncoding { self == .httpJSON ? .json : .protobuf }

    /// What OpenTelemetry calls exporters that speak it.
    func componentType(for signal: Signal) -> String {
        switch self {
        case .httpProtobuf: signal.exporterType("otlp_http")
        case .httpJSON: signal.exporterType("otlp_http_json")
        case .grpc: signal.exporterType("otlp_grpc")
        }
    }
}

/// Whether export requests are compressed.
public enum OTLPCompression: String, Sendable, Hashable, CaseIterable {
    /// They are not.
    case none
    /// They are, with gzip.
    case gzip
}
