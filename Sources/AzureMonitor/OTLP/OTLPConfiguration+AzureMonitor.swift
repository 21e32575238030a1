public import AzureIdentity
public import OTLPExporter
import TelemetryEngine
import TelemetryModel
import TelemetryTransport

extension OTLPConfiguration {
    /// Azure Monitor's own OTLP endpoints, by the host and the id of a data collection rule.
    ///
    /// A preview of Azure's: it may change. Metrics go as deltas and with exponential histograms,
    /// which is what those endpoints take. The identity needs the role Monitoring Metrics Publisher
    /// on the data collection rule. Nothing of `OTEL_EXPORTER_OTLP_*` is used.
    ///
    /// Mistakes are thrown when the pipeline is made, as ``OTLPExporter/OTLPError``.
    ///
    /// - Parameters:
    ///   - host: The host of the data collection endpoint for logs and traces, such as
    ///     `name.westus2-1.ingest.monitor.azure.com`.
    ///   - metricsHost: The host for metrics; `nil` for the same.
    ///   - rule: The immutable id of the data collection rule: `dcr-` and 32 hexadecimal digits.
    ///   - tracesStream: The stream for traces; `nil` to send none.
    ///   - logsStream: The stream for logs; `nil` to send none.
    ///   - metricsStream: The stream for metrics as the rule defines it, which begins with
    ///     `Custom-Metrics-`; `nil` to send none.
    ///   - credential: Who gets tokens; `nil` for ``AzureMonitor/Configuration/credential``.
    ///   - allowsOtherHosts: Whether hosts need not end in `.ingest.monitor.azure.com`.
    public static func azureMonitorOTLP(
        host: String,
        metricsHost: String? = nil,
        rule: String,
        tracesStream: String? = "Microsoft-OTLP-Traces",
        logsStream: String? = "Microsoft-OTLP-Logs",
        metricsStream: String? = "Custom-Metrics-Otel",
        credential: (any TokenCredential)? = nil,
        allowsOtherHosts: Bool = false
    ) -> OTLPConfiguration {
        func url(_ host: String, _ stream: String?, _ signal: Signal) -> String? {
            stream.map {
                "https://\(host)/dataCollectionRules/\(rule)/streams/\($0)/otlp/v1/\(signal.rawValue)"
            }
        }
        return self.azureMonitorOTLP(
            traces: url(host, tracesStream, .traces),
            logs: url(host, logsStream, .logs),
            metrics: url(metricsHost ?? host, metricsStream, .metrics),
            credential: credential,
            allowsOtherHosts: allowsOtherHosts
        )
    }

    /// Azure Monitor's own OTLP endpoints, by their addresses as the portal shows them.
    ///
    /// A preview of Azure's: it may change. Metrics go as deltas and with exponential histograms,
    /// which is what those endpoints take. The identity needs the role Monitoring Metrics Publisher
    /// on the data collection rule. Nothing of `OTEL_EXPORTER_OTLP_*` is used.
    ///
    /// Mistakes are thrown when the pipeline is made, as ``OTLPExporter/OTLPError``.
    ///
    /// - Parameters:
    ///   - traces: The address for traces; `nil` to send none.
    ///   - logs: The address for logs; `nil` to send none.
    ///   - metrics: The address for metrics; `nil` to send none.
    ///   - credential: Who gets tokens; `nil` for ``AzureMonitor/Configuration/credential``.
    ///   - allowsOtherHosts: Whether hosts need not end in `.ingest.monitor.azure.com`.
    public static func azureMonitorOTLP(
        traces: String?,
        logs: String?,
        metrics: String?,
        credential: (any TokenCredential)? = nil,
        allowsOtherHosts: Bool = false
    ) -> OTLPConfiguration {
        var configuration = OTLPConfiguration(environment: [:])
        configuration.traces.endpoint = traces
        configuration.logs.endpoint = logs
        configuration.metrics.endpoint = metrics
        configuration.signals = []
        for (signal, text) in [(Signal.traces, traces), (.logs, logs), (.metrics, metrics)] {
            guard let text else { continue }
            configuration.signals.insert(signal)
            do throws(OTLPError) {
                try AzureMonitorOTLP.check(text, signal, allowsOtherHosts: allowsOtherHosts)
            } catch {
                configuration.problem = configuration.problem ?? error
            }
        }
        if configuration.signals.isEmpty {
            configuration.problem = OTLPError(
                code: .invalidEndpoint,
                message:
                    "Azure Monitor's OTLP endpoints have no address for any signal. Pass those "
                    + "that the portal shows for the data collection rule."
            )
        }
        configuration.metricPreference = MetricPreference(
            temporality: .delta,
            histogramAggregation: .exponential
        )
        configuration.authorizer = EntraAuthorizer(
            credential,
            scope: EntraAuthorizer.azureMonitorScope,
            cloud: .public,
            remedy: "give it the role Monitoring Metrics Publisher on the data collection rule"
        )
        return configuration
    }
}

/// What an address of Azure Monitor's own OTLP endpoints looks like.
///
/// `https://{host}/dataCollectionRules/{rule}/streams/{stream}/otlp/v1/{signal}`
private enum AzureMonitorOTLP {
    private static let suffix = ".ingest.monitor.azure.com"

    /// Refuses an address that cannot be one for the signal.
    static func check(
        _ text: String,
        _ signal: Signal,
        allowsOtherHosts: Bool
    ) throws(OTLPError) {
        let endpoint: EndpointURL
        do throws(EndpointURL.Problem) {
            endpoint = try EndpointURL(text)
        } catch {
            throw self.invalid(signal, error.explanation, "Copy it from the portal.")
        }
        guard endpoint.isSecure || (allowsOtherHosts && endpoint.isLoopback) else {
            throw self.invalid(signal, "begins with http://", "Tokens are only sent over https.")
        }
        guard allowsOtherHosts || endpoint.host.hasSuffix(self.suffix) else {
            throw self.invalid(
                signal,
                "has a host that does not end in \(self.suffix)",
                "Use that of the data collection endpoint, or pass allowsOtherHosts: true."
            )
        }
        guard endpoint.query == nil else {
            throw self.invalid(signal, "has a query", "Leave out what follows the question mark.")
        }
        let parts = endpoint.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 8, parts[1].lowercased() == "datacollectionrules",
            parts[3] == "streams", parts[5] == "otlp", parts[6] == "v1"
        else {
            throw self.invalid(
                signal,
                "has another path than "
                    + "/dataCollectionRules/{rule}/streams/{stream}/otlp/v1/\(signal.rawValue)",
                "Copy it from the portal."
            )
        }
        guard parts[7] == signal.rawValue else {
            throw self.invalid(
                signal,
                "ends in another signal than \(signal.rawValue)",
                "Are two of them exchanged?"
            )
        }
        try self.check(rule: parts[2])
        try self.check(stream: parts[4], signal)
    }

    private static func check(rule: Substring) throws(OTLPError) {
        let digits = rule.dropFirst(4)
        guard rule.hasPrefix("dcr-"), digits.utf8.count == 32,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else {
            throw OTLPError(
                code: .invalidRule,
                message: "The id of the data collection rule for Azure Monitor's OTLP endpoints is "
                    + "not dcr- and 32 hexadecimal digits in lower case. Use the immutable id of "
                    + "the rule, not its name or its resource id."
            )
        }
    }

    private static func check(stream: Substring, _ signal: Signal) throws(OTLPError) {
        let isName =
            !stream.isEmpty
            && stream.utf8.allSatisfy {
                Character(Unicode.Scalar($0)).isLetter || Character(Unicode.Scalar($0)).isNumber
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
        guard isName else {
            throw OTLPError(
                code: .invalidRule,
                message: "The name of the stream for \(signal.rawValue) is none: it has letters, "
                    + "digits, hyphens and underscores. Use that of the data collection rule."
            )
        }
        guard signal != .metrics || stream.hasPrefix("Custom-Metrics-") else {
            throw OTLPError(
                code: .invalidRule,
                message: "The name of the stream for metrics does not begin with Custom-Metrics-. "
                    + "Use the one that the data collection rule defines; case counts."
            )
        }
    }

    private static func invalid(
        _ signal: Signal,
        _ problem: String,
        _ remedy: String
    ) -> OTLPError {
        OTLPError(
            code: .invalidEndpoint,
            message: "The address of Azure Monitor's OTLP endpoint for \(signal.rawValue) "
                + "\(problem). \(remedy)"
        )
    }
}
