import OTLPExporter
import TelemetryModel

extension AzureMonitor.Configuration {
    /// Takes over the OTLP destination that the environment describes, for signals that go there.
    mutating func readOTLP(_ reader: inout EnvironmentReader, signals: Set<Signal>) {
        var variables = self.environment
        for name in OTLPConfiguration.variables {
            variables[name] = reader.text(
                name,
                isSecret: OTLPConfiguration.isSecret(variable: name)
            )
        }
        guard !signals.isEmpty else {
            self.sayUnused(variables, &reader)
            return
        }
        var otlp = OTLPConfiguration(environment: variables)
        otlp.signals = signals
        reader.add(otlp.notices)
        self.otlp = otlp
        self.isOTLPOfEnvironment = true
    }

    /// Says that an endpoint has no effect, unless somebody chose the exporters.
    private mutating func sayUnused(
        _ variables: [String: String],
        _ reader: inout EnvironmentReader
    ) {
        let lists = ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"]
        guard lists.allSatisfy({ reader.text($0) == nil }) else { return }
        let endpoints = OTLPConfiguration.variables.filter {
            $0.hasSuffix("ENDPOINT") && variables[$0] != nil
        }
        guard let endpoint = endpoints.first else { return }
        reader.ignore(
            endpoint,
            "sends nothing by itself: that takes otlp in \(lists.joined(separator: ", "))"
        )
        self.unusedEndpointNotice = reader.notices.last
    }
}
