internal import Logging
internal import TelemetryModel

/// Whether log records are shown on standard error as well.
public struct ConsoleOutput: Hashable, Sendable {
    private enum Value { case on, off, automatic }
    private let value: Value

    /// Always.
    public static let on = ConsoleOutput(value: .on)
    /// Never.
    public static let off = ConsoleOutput(value: .off)
    /// When standard error is a terminal; the default.
    public static let automatic = ConsoleOutput(value: .automatic)

    /// Whether records are shown, given what standard error is.
    func isOn(onTerminal isTerminal: Bool) -> Bool {
        switch self.value {
        case .on: true
        case .off: false
        case .automatic: isTerminal
        }
    }
}

/// Shows log records to people while they go to where telemetry goes.
///
/// A record is one line, whatever is in it: time of day in UTC, level, label, message, error, and
/// metadata sorted by key.
struct ConsoleLogTee: Sendable {
    private let output: DiagnosticOutput

    init(output: DiagnosticOutput) {
        self.output = output
    }

    /// Creates a tee on standard error; `nil` if there is to be none.
    init?(_ option: ConsoleOutput) {
        guard option.isOn(onTerminal: DiagnosticOutput.isTerminal) else { return nil }
        self.init(output: .standardError)
    }

    func show(_ record: PendingLogRecord) {
        let event = record.event
        var line = "\(ClockText.timeOfDay(record.time)) \(event.level) "
        if !record.label.isEmpty { line += "\(HarmlessText.escaping(record.label)): " }
        line += HarmlessText.escaping(event.message.description)
        if let error = event.error { line += " error=\(HarmlessText.escaping("\(error)"))" }
        for (key, value) in record.mergedMetadata().sorted(by: { $0.key < $1.key }) {
            let text = HarmlessText.escaping(MetadataText.text(of: value))
            line += " \(HarmlessText.escaping(key))=\(text)"
        }
        self.output.write(line)
    }
}
