public import TelemetryEngine
public import TelemetryModel
public import TelemetryTransport

#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

/// Where telemetry goes by the OpenTelemetry protocol, and how.
///
/// A new configuration holds what the environment says, and defaults for the rest; what is set in
/// code afterwards wins. In the names of the variables `…` stands for nothing, or for `TRACES_`,
/// `METRICS_` or `LOGS_`.
///
/// ```swift
/// var otlp = OTLPConfiguration()
/// otlp.endpoint = "https://collector.example:4318"
/// otlp.headers["x-api-key"] = key
/// ```
///
/// Printing a configuration shows the names of its headers, never their values.
///
/// - SeeAlso: [OTLP exporter](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/protocol/exporter.md)
public struct OTLPConfiguration: Sendable {
    /// What may differ from signal to signal; what is `nil` is as for all.
    public struct SignalSettings: Sendable {
        /// The address for this signal, which is used as it is.
        ///
        /// - Environment: `OTEL_EXPORTER_OTLP_{TRACES,METRICS,LOGS}_ENDPOINT`
        public var endpoint: String?

        /// The protocol.
        public var `protocol`: OTLPProtocol?

        /// The headers, in place of those for all signals.
        public var headers: [String: String]?

        /// Whether requests are compressed.
        public var compression: OTLPCompression?

        /// How long one request may take.
        public var timeout: Duration?

        /// Whom to trust, and who we are.
        public var tls: TLSConfiguration?

        /// Whether gRPC speaks without TLS to an endpoint that has no scheme.
        public var isInsecure: Bool?

        /// Creates settings that are as for all signals.
        public init() {}
    }

    /// The signals that are sent.
    ///
    /// The default is all three.
    public var signals: Set<Signal>

    /// The address that those of the signals begin with: `/v1/traces`, `/v1/metrics` or `/v1/logs`
    /// is appended to its path.
    ///
    /// The default, `nil`, is `http://localhost:4318`, or `http://localhost:4317` for gRPC, which
    /// uses no path.
    ///
    /// - Environment: `OTEL_EXPORTER_OTLP_ENDPOINT`
    public var endpoint: String?

    /// How requests travel.
    ///
    /// The default is ``OTLPProtocol/httpProtobuf``.
    ///
    /// - Environment: `OTEL_EXPORTER_OTLP_…PROTOCOL`: `http/protobuf`, `http/json` or `grpc`
    public var `protocol`: OTLPProtocol

    /// Header fields of every request, such as keys.
    ///
    /// Fields that describe the body (`content-type` and its kind) are left out.
    ///
    /// - Environment: `OTEL_EXPORTER_OTLP_…HEADERS`, which is `name=value,…`, values
    ///   percent-encoded
    public var headers: [String: String]

    /// Whether requests are compressed.
    ///
    /// The default is ``OTLPCompression/gzip``: the specification leaves it to the exporter if
    /// nobody says anything.
    ///
    /// - Environment: `OTEL_EXPORTER_OTLP_…COMPRESSION`: `gzip` or `none`
    public var compression: OTLPCompression

    /// How long one request may take, and no longer than the pipeline allows for the signal.
    ///
    /// The default is 10 seconds.
    ///
    /// - Environment: `OTEL_EXPORTER_OTLP_…TIMEOUT`, in milliseconds; 0 for as long as the pipeline
    ///   allows
    public var timeout: Duration

    /// Whom to trust, and who we are; `nil` for what ``transport`` says.
    ///
    /// - Environment: `OTEL_EXPORTER_OTLP_…CERTIFICATE`, and both of
    ///   `OTEL_EXPORTER_OTLP_…CLIENT_CERTIFICATE` and `OTEL_EXPORTER_OTLP_…CLIENT_KEY`: paths of
    ///   PEM files
    public var tls: TLSConfiguration?

    /// Whether gRPC speaks without TLS to an endpoint that has no scheme.
    ///
    /// The default is `false`. Over HTTP the scheme of the endpoint decides.
    ///
    /// - Environment: `OTEL_EXPORTER_OTLP_…INSECURE`: `true`
    public var isInsecure: Bool

    /// What differs for spans.
    public var traces: SignalSettings

    /// What differs for metrics.
    public var metrics: SignalSettings

    /// What differs for log records.
    public var logs: SignalSettings

    /// Since when sums and distributions count, and how distributions are kept.
    ///
    /// The default is cumulative, with explicit buckets, as the specification has it.
    ///
    /// - Environment: `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` (`cumulative`, `delta` or
    ///   `lowmemory`) and `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`
    ///   (`explicit_bucket_histogram` or `base2_exponential_bucket_histogram`)
    public var metricPreference: MetricPreference

    /// Who gets tokens, if the destination takes any; `nil`, the default, if it does not.
    public var authorizer: (any OTLPAuthorizer)?

    /// How connections are made: proxy, trust, time to connect.
    ///
    /// The default, `nil`, is what the pipeline uses for Azure, or else what the environment says,
    /// but for a server of this machine without a proxy.
    public var transport: TransportConfiguration?

    /// The most bytes of a request before compression.
    ///
    /// The default is 4 MiB, the most that a gRPC server takes unless it is told otherwise; the
    /// collector's limit over HTTP is 20 MiB. A larger batch is sent in several requests.
    public var maximumRequestSize: Int

    /// What tells this destination from others in accounts and diagnostics.
    ///
    /// The default, `nil`, makes it `otlp`; a text makes it `otlp-` and the text.
    public var label: String?

    /// The directory below which is kept what could not be sent; `nil` for that of the pipeline.
    public var storageDirectory: String?

    /// Whether what could not be sent is kept on disk.
    ///
    /// The default is `true`.
    public var keepsUndelivered: Bool

    /// What was wrong with the environment and is ignored, a line each, without values.
    public package(set) var notices: [String] = []

    /// What keeps exporters from being made, if that was noticed before.
    package var problem: OTLPError?

    /// Creates a configuration from the environment of the process, and defaults.
    public init() {
        self.init(environment: ProcessInfo.processInfo.environment)
    }

    /// Creates a configuration from environment variables, and defaults.
    ///
    /// An empty variable is an unset one; one that cannot be understood is named in ``notices`` and
    /// its default holds.
    ///
    /// - Parameter environment: The variables; none for nothing but defaults.
    public init(environment: [String: String]) {
        self.signals = Set(Signal.allCases)
        self.endpoint = nil
        self.protocol = .httpProtobuf
        self.headers = [:]
        self.compression = .gzip
        self.timeout = .seconds(10)
        self.tls = nil
        self.isInsecure = false
        self.traces = SignalSettings()
        self.metrics = SignalSettings()
        self.logs = SignalSettings()
        self.metricPreference = MetricPreference(temporality: .cumulative)
        self.authorizer = nil
        self.transport = nil
        self.maximumRequestSize = 4 << 20
        self.label = nil
        self.storageDirectory = nil
        self.keepsUndelivered = true
        self.read(environment)
    }

    /// What differs for a signal.
    package subscript(_ signal: Signal) -> SignalSettings {
        switch signal {
        case .traces: self.traces
        case .metrics: self.metrics
        case .logs: self.logs
        }
    }
}

extension OTLPConfiguration: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// Signals, endpoints without queries, protocol and the names of headers.
    public var description: String {
        var parts = [
            "signals: \(self.signals.map(\.rawValue).sorted())",
            "endpoint: \(Self.shown(self.endpoint))",
            "protocol: \(self.protocol.rawValue)",
            "headers: \(self.headers.keys.sorted())",
        ]
        for signal in Signal.allCases {
            let settings = self[signal]
            if settings.endpoint != nil || settings.protocol != nil || settings.headers != nil {
                parts.append("\(signal.rawValue): \(settings)")
            }
        }
        return "OTLPConfiguration(\(parts.joined(separator: ", ")))"
    }

    /// Signals, endpoints without queries, protocol and the names of headers.
    public var debugDescription: String { self.description }

    /// Signals, endpoints without queries, protocol and the names of headers.
    public var customMirror: Mirror { Mirror(self, children: ["value": self.description]) }

    /// An endpoint without what may be a secret: user name, password, query.
    fileprivate static func shown(_ endpoint: String?) -> String {
        guard let endpoint else { return "default" }
        return (try? EndpointURL(endpoint))?.description ?? "not shown"
    }
}

extension OTLPConfiguration.SignalSettings: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// Endpoint without its query, protocol and the names of headers.
    public var description: String {
        var parts = ["endpoint: \(OTLPConfiguration.shown(self.endpoint))"]
        if let `protocol` { parts.append("protocol: \(`protocol`.rawValue)") }
        if let headers { parts.append("headers: \(headers.keys.sorted())") }
        return "SignalSettings(\(parts.joined(separator: ", ")))"
    }

    /// Endpoint without its query, protocol and the names of headers.
    public var debugDescription: String { self.description }

    /// Endpoint without its query, protocol and the names of headers.
    public var customMirror: Mirror { Mirror(self, children: ["value": self.description]) }
}
