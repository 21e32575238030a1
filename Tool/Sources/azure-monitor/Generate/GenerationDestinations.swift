import AzureMonitor
import AzureMonitorExporter
import Configuration
import TelemetryModel
import TelemetryTransport

/// Where made-up records go: what the command line says goes over what the environment says.
///
/// Unlike in a program, the address of an OTLP endpoint in the environment is enough to send there:
/// who calls `generate` wants nothing else. A signal whose list of exporters is set and does not
/// name `otlp` goes there only if the command line says so.
struct GenerationDestinations: Sendable {
    /// The connection string of the command line, if there is one.
    var connectionString: String?
    /// The address that those of the signals begin with, of the command line, if there is one.
    var otlp: String?
    /// The variables.
    var environment: [String: String]

    /// What the records are sent by.
    func configuration() throws(ToolFailure) -> AzureMonitor.Configuration {
        let variables = self.variables
        var configuration = AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: variables)
            )
        )
        // The reader knows no variables in lower case, which those of proxies may be.
        configuration.transport = TransportConfiguration(environment: variables)
        if let connectionString { configuration.connectionString = connectionString }
        if var otlp = configuration.otlp {
            if let address = self.otlp {
                otlp.endpoint = address
                otlp.traces.endpoint = nil
                otlp.metrics.endpoint = nil
                otlp.logs.endpoint = nil
            }
            // Each metric record is to be one point, whoever gets it.
            otlp.metricPreference.temporality = .delta
            configuration.otlp = otlp
        }
        try self.check(configuration)
        return configuration
    }

    /// Refuses what would send nothing.
    private func check(_ configuration: AzureMonitor.Configuration) throws(ToolFailure) {
        guard let text = configuration.connectionString, !text.isEmpty else {
            guard configuration.otlp == nil else { return }
            throw ToolFailure(
                message: """
                    there is no destination; pass --connection-string or --otlp, or set \
                    APPLICATIONINSIGHTS_CONNECTION_STRING or OTEL_EXPORTER_OTLP_ENDPOINT
                    """,
                status: 64
            )
        }
        do throws(AzureMonitorError) {
            // A mistake in the environment keeps no program from running, but this one is asked
            // for one thing only.
            _ = try ConnectionString(
                text,
                source: self.connectionString == nil ? .connectionStringVariable : .code
            )
        } catch {
            throw ToolFailure(message: error.message, status: 64)
        }
    }

    /// The variables, with `otlp` among the exporters of the signals that are to go there.
    private var variables: [String: String] {
        var variables = self.environment
        for signal in Signal.allCases {
            let list = "OTEL_\(signal.rawValue.uppercased())_EXPORTER"
            let chosen = self.value(list) ?? ""
            if self.otlp != nil {
                variables[list] = chosen.isEmpty ? "otlp" : "\(chosen),otlp"
            } else if chosen.isEmpty, self.hasEndpoint(for: signal) {
                variables[list] = "otlp"
            }
        }
        return variables
    }

    private func hasEndpoint(for signal: Signal) -> Bool {
        self.value("OTEL_EXPORTER_OTLP_ENDPOINT") != nil
            || self.value("OTEL_EXPORTER_OTLP_\(signal.rawValue.uppercased())_ENDPOINT") != nil
    }

    /// A variable, unless it is empty.
    private func value(_ name: String) -> String? {
        guard let text = self.environment[name], !text.allSatisfy(\.isWhitespace) else {
            return nil
        }
        return text
    }
}
