import AzureMonitorExporter

/// Where the configuration comes from.
enum ConfigurationCheck {
    static func finding(_ examination: Examination) -> Finding {
        guard let source = Self.source(of: examination) else {
            if let otlp = examination.otlp, !examination.isDisabled {
                return .warn(
                    "there is no connection string; telemetry goes by OTLP alone, to \(otlp), "
                        + "which is not checked",
                    "pass --connection-string, or set \(Self.variable), to check the way to Azure"
                )
            }
            return .fail(
                "there is no connection string",
                "pass --connection-string, or set \(Self.variable) to what the overview page of "
                    + "the Application Insights resource shows"
            )
        }
        if examination.isDisabled {
            return .warn(
                "\(source), but the environment turns every signal off",
                "see OTEL_SDK_DISABLED and OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER, "
                    + "OTEL_LOGS_EXPORTER"
            )
        }
        let otlp =
            examination.otlp.map { "; telemetry also goes by OTLP to \($0), which is not checked" }
            ?? ""
        guard examination.notices.isEmpty else {
            return .warn(
                "\(source)\(otlp), but \(examination.notices.joined(separator: ", "))",
                "correct or unset the variables"
            )
        }
        return .ok(source + otlp)
    }

    /// Whether there is a connection string to check.
    static func hasConnectionString(_ examination: Examination) -> Bool {
        Self.source(of: examination) != nil
    }

    /// What of the environment is a connection string, or as good as one.
    static func variable(in environment: [String: String]) -> ConnectionString.Source? {
        [.connectionStringVariable, .instrumentationKeyVariable].first { source in
            !(environment[source.description] ?? "").allSatisfy(\.isWhitespace)
        }
    }

    private static var variable: String {
        ConnectionString.Source.connectionStringVariable.description
    }

    private static func source(of examination: Examination) -> String? {
        let variable = Self.variable(in: examination.environment)
        if let text = examination.connectionString, !text.allSatisfy(\.isWhitespace) {
            let loser = variable.map { ", which goes over \($0)" } ?? ""
            return "the connection string is from --connection-string\(loser)"
        }
        return variable.map { "the connection string is from \($0)" }
    }
}
