import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTransport

extension OTLPConfiguration {
    /// The variables that ``init(environment:)`` reads, but for those of proxies and trust stores.
    package static let variables: [String] = {
        let forms = [
            "ENDPOINT", "PROTOCOL", "HEADERS", "TIMEOUT", "COMPRESSION", "CERTIFICATE",
            "CLIENT_KEY", "CLIENT_CERTIFICATE", "INSECURE",
        ]
        let prefixes = [Self.prefix] + Signal.allCases.map { Self.prefix(of: $0) }
        return prefixes.flatMap { prefix in forms.map { prefix + $0 } }
            + [Self.temporalityVariable, Self.aggregationVariable]
    }()

    /// Whether a variable's value may be a secret.
    package static func isSecret(variable: String) -> Bool {
        variable.hasSuffix("HEADERS") || variable.hasSuffix("ENDPOINT")
    }

    private static let prefix = "OTEL_EXPORTER_OTLP_"
    private static let temporalityVariable = prefix + "METRICS_TEMPORALITY_PREFERENCE"
    private static let aggregationVariable = prefix + "METRICS_DEFAULT_HISTOGRAM_AGGREGATION"

    private static func prefix(of signal: Signal) -> String {
        Self.prefix + signal.rawValue.uppercased() + "_"
    }

    /// Takes over what the environment says.
    mutating func read(_ environment: [String: String]) {
        let variables = environment.compactMapValues { value -> String? in
            let text = value.trimmingBlanks
            return text.isEmpty ? nil : String(text)
        }
        let general = self.settings(in: variables, prefix: Self.prefix)
        self.endpoint = general.endpoint
        self.protocol = general.protocol ?? self.protocol
        self.headers = general.headers ?? self.headers
        self.compression = general.compression ?? self.compression
        self.timeout = general.timeout ?? self.timeout
        self.tls = self.tls(in: variables, prefixes: [Self.prefix])
        self.isInsecure = general.isInsecure ?? self.isInsecure
        for signal in Signal.allCases {
            let prefix = Self.prefix(of: signal)
            var own = self.settings(in: variables, prefix: prefix)
            own.tls = self.tls(in: variables, prefixes: [prefix, Self.prefix])
            switch signal {
            case .traces: self.traces = own
            case .metrics: self.metrics = own
            case .logs: self.logs = own
            }
            self.checkInsecure(signal, variables)
        }
        self.readMetricPreference(variables)
    }

    private mutating func readMetricPreference(_ variables: [String: String]) {
        if let name = variables[Self.temporalityVariable] {
            switch name.lowercased() {
            case "cumulative": self.metricPreference.temporality = .cumulative
            case "delta": self.metricPreference.temporality = .delta
            case "lowmemory": self.metricPreference.temporality = .lowMemory
            default:
                self.ignore(
                    Self.temporalityVariable,
                    "is none of cumulative, delta and lowmemory"
                )
            }
        }
        if let name = variables[Self.aggregationVariable] {
            switch name.lowercased() {
            case "explicit_bucket_histogram":
                self.metricPreference.histogramAggregation = .explicitBucket
            case "base2_exponential_bucket_histogram":
                self.metricPreference.histogramAggregation = .exponential
            default:
                self.ignore(
                    Self.aggregationVariable,
                    "is neither explicit_bucket_histogram nor base2_exponential_bucket_histogram"
                )
            }
        }
    }

    /// What the variables with a prefix say, but for certificates.
    private mutating func settings(
        in variables: [String: String],
        prefix: String
    ) -> SignalSettings {
        var settings = SignalSettings()
        settings.endpoint = variables[prefix + "ENDPOINT"]
        settings.protocol = self.named(prefix + "PROTOCOL", in: variables)
        settings.compression = self.named(prefix + "COMPRESSION", in: variables)
        if let text = variables[prefix + "HEADERS"] {
            settings.headers = self.headers(in: text, of: prefix + "HEADERS")
        }
        if let text = variables[prefix + "TIMEOUT"] {
            if let number = Int64(text), number >= 0 {
                // Zero is no limit: then that of the pipeline holds.
                settings.timeout = .milliseconds(number > 0 ? number : Int64(Int32.max))
            } else {
                self.ignore(prefix + "TIMEOUT", "is not a whole number of at least 0")
            }
        }
        if let text = variables[prefix + "INSECURE"] {
            switch text.lowercased() {
            case "true": settings.isInsecure = true
            case "false": settings.isInsecure = false
            default: self.ignore(prefix + "INSECURE", "is neither true nor false")
            }
        }
        return settings
    }

    private mutating func named<Value: RawRepresentable<String> & CaseIterable>(
        _ variable: String,
        in variables: [String: String]
    ) -> Value? {
        guard let name = variables[variable] else { return nil }
        if let value = Value(rawValue: name.lowercased()) { return value }
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        self.ignore(variable, "is none of \(names)")
        return nil
    }

    /// Trust and client certificate, each from the first prefix that has it; `nil` if the first
    /// prefix has neither.
    private mutating func tls(
        in variables: [String: String],
        prefixes: [String]
    ) -> TLSConfiguration? {
        let forms = ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"]
        guard let own = prefixes.first, forms.contains(where: { variables[own + $0] != nil }) else {
            return nil
        }
        func first(_ form: String) -> String? {
            prefixes.lazy.compactMap { variables[$0 + form] }.first
        }
        var tls = TLSConfiguration(environment: variables)
        if let path = first("CERTIFICATE") { tls.trustRoots = .file(path) }
        switch (first("CLIENT_CERTIFICATE"), first("CLIENT_KEY")) {
        case (let certificate?, let key?):
            tls.clientCertificate = .init(certificatePath: certificate, keyPath: key)
        case (nil, nil):
            break
        case (_?, nil):
            self.ignoreHalf("CLIENT_CERTIFICATE", without: "CLIENT_KEY", variables, prefixes)
        case (nil, _?):
            self.ignoreHalf("CLIENT_KEY", without: "CLIENT_CERTIFICATE", variables, prefixes)
        }
        return tls
    }

    /// Says that a certificate has no key, or a key no certificate, unless a signal has what it is
    /// without.
    private mutating func ignoreHalf(
        _ form: String,
        without missing: String,
        _ variables: [String: String],
        _ prefixes: [String]
    ) {
        guard let prefix = prefixes.first(where: { variables[$0 + form] != nil }) else { return }
        let isCompleted = Signal.allCases.contains { signal in
            variables[Self.prefix(of: signal) + missing] != nil
        }
        guard prefix != Self.prefix || !isCompleted else { return }
        self.ignore(prefix + form, "needs \(prefix)\(missing) beside it")
    }

    /// Says that nothing becomes of `INSECURE` where a scheme says the opposite already.
    private mutating func checkInsecure(_ signal: Signal, _ variables: [String: String]) {
        guard self[signal].isInsecure ?? self.isInsecure else { return }
        let endpoint = self[signal].endpoint ?? self.endpoint
        guard endpoint?.lowercased().hasPrefix("https://") == true else { return }
        let own = Self.prefix(of: signal) + "INSECURE"
        self.ignore(
            variables[own] == nil ? Self.prefix + "INSECURE" : own,
            "is for gRPC endpoints without a scheme; https:// means TLS"
        )
    }

    /// The headers of a list of `name=value`; pairs that are none are said, without the value.
    private mutating func headers(in text: String, of variable: String) -> [String: String] {
        var headers: [String: String] = [:]
        for (number, pair) in text.split(separator: ",").enumerated() {
            let pair = pair.trimmingBlanks
            guard !pair.isEmpty else { continue }
            guard let separator = pair.firstIndex(of: "="),
                let name = HTTPField.Name(String(pair[..<separator].trimmingBlanks)),
                let value = pair[pair.index(after: separator)...].trimmingBlanks
                    .removingPercentEscapes,
                HTTPField.isValidValue(value)
            else {
                self.ignore(variable, "has a part \(number + 1) that is no name=value")
                continue
            }
            guard !OTLPRoute.ownFields.contains(name) else {
                self.ignore(variable, "has \(name.canonicalName), which the exporter sets itself")
                continue
            }
            headers[name.canonicalName] = value
        }
        return headers
    }

    private mutating func ignore(_ variable: String, _ reason: String) {
        let notice = "\(variable) \(reason); it is ignored"
        if !self.notices.contains(notice) { self.notices.append(notice) }
    }
}
