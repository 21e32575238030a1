package import TelemetryModel

/// An exporter that OpenTelemetry's conventions have a name for.
package protocol ConventionalExporter: TelemetryExporter {
    /// What it is called when it sends a signal, such as `otlp_http_span_exporter`.
    ///
    /// - SeeAlso: [`otel.component.type` 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/registry/attributes/otel.md)
    func componentType(for signal: Signal) -> String
}

extension Signal {
    /// The name of exporters of the signal and of one kind, as the conventions spell it.
    package func exporterType(_ kind: String) -> String {
        switch self {
        case .traces: "\(kind)_span_exporter"
        case .logs: "\(kind)_log_exporter"
        case .metrics: "\(kind)_metric_exporter"
        }
    }
}
