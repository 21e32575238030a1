import TelemetryModel

/// How serious a message or exception is, in the words of Application Insights.
///
/// | OpenTelemetry                                    | Level         |
/// | ------------------------------------------------ | ------------- |
/// | unspecified, 1–8 (`TRACE`, `DEBUG`)              | `verbose`     |
/// | 9–12 (`INFO`)                                    | `information` |
/// | 13–16 (`WARN`)                                   | `warning`     |
/// | 17–20 (`ERROR`)                                  | `error`       |
/// | 21 and above (`FATAL`)                           | `critical`    |
///
/// - SeeAlso: [SeverityNumber](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/logs/data-model.md#field-severitynumber)
enum SeverityLevel: Int, CaseIterable {
    case verbose
    case information
    case warning
    case error
    case critical

    /// The level of a severity.
    init(_ severity: LogRecord.Severity) {
        switch severity.rawValue {
        case 21...: self = .critical
        case 17...: self = .error
        case 13...: self = .warning
        case 9...: self = .information
        default: self = .verbose
        }
    }

    /// Writes the level with a comma before it, if there is one.
    static func write(_ level: SeverityLevel?, to json: inout JSONWriter) {
        guard let level else { return }
        json.raw(#","severityLevel":"#)
        json.integer(Int64(level.rawValue))
    }

    /// The source's words for a severity, if they say more than the level does.
    ///
    /// They do not if they are the level's name or the name of the severity's number (`INFO`,
    /// `INFO2` for 10), in whatever case.
    static func telling(_ text: String?, of severity: LogRecord.Severity) -> String? {
        guard let text, !text.isEmpty else { return nil }
        let word = text.lowercased()
        if word == Self.names[Self(severity).rawValue] { return nil }
        if (1...24).contains(severity.rawValue) {
            let (range, step) = (severity.rawValue - 1).quotientAndRemainder(dividingBy: 4)
            let name = Self.ranges[range]
            if word == (step == 0 ? name : "\(name)\(step + 1)") { return nil }
        }
        return text
    }

    private static let names = ["verbose", "information", "warning", "error", "critical"]
    private static let ranges = ["trace", "debug", "info", "warn", "error", "fatal"]
}
