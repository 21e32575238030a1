import AzureMonitorExporter

/// Where the configuration comes from.
enum ConfigurationCheck {
    static func finding(_ examination: Examination) -> Finding {
        guard let source = Self.source(of: examination) else {
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
        guard examination.notices.isEmpty else {
            return .warn(
                "\(source), but \(examination.notices.joined(separator: ", "))",
                "correct or unset the variables"
            )
        }
        return .ok(source)
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
