private import TelemetryModel

/// What the engine says about itself, to people, beside the pipeline and never through it.
///
/// In good health it says nothing above `info`. Trouble is one line when it begins and one when it
/// ends; a line that recurs is said once and then every five minutes at most, with the number of
/// those that were not. Lines hold no payload, no token and no whole instrumentation key; control
/// characters in them are escaped.
package final class Diagnostics: Sendable {
    private let level: DiagnosticLevel
    private let time: TimeSource
    private let output: DiagnosticOutput
    private let throttle = Locked(DiagnosticThrottle())

    /// The environment variable that holds the level's name; the default is `warning`.
    package static let levelVariable = "APPLICATIONINSIGHTS_SELFDIAGNOSTICS_LEVEL"
    /// The environment variable that holds a directory for a file to be written instead of
    /// standard error.
    package static let directoryVariable = "APPLICATIONINSIGHTS_SELFDIAGNOSTICS_DIRECTORY"

    /// Creates diagnostics on standard error, or in a file of `directory` if that can be written.
    package convenience init(
        level: DiagnosticLevel = .warning,
        directory: String? = nil,
        time: TimeSource = .system
    ) {
        let file = directory.flatMap { DiagnosticOutput.file(in: $0) }
        self.init(level: level, time: time, output: file ?? .standardError)
        if let directory, !directory.isEmpty, file == nil {
            self.report(
                .warning,
                "diagnostics.directory",
                "\(directory) cannot be written; diagnostics go to standard error"
            )
        }
    }

    /// Creates diagnostics as the environment asks for them.
    ///
    /// - Parameter variable: reads an environment variable.
    package convenience init(
        readingFrom variable: (String) -> String?,
        time: TimeSource = .system
    ) {
        let name = variable(Self.levelVariable).flatMap { $0.isEmpty ? nil : $0 }
        let level = name.flatMap { DiagnosticLevel($0) }
        self.init(
            level: level ?? .warning,
            directory: variable(Self.directoryVariable),
            time: time
        )
        if let name, level == nil {
            self.report(
                .warning,
                "diagnostics.level",
                "\(Self.levelVariable) is '\(name)', which is none of off, error, warning, info "
                    + "and debug; warning it is"
            )
        }
    }

    init(level: DiagnosticLevel, time: TimeSource, output: DiagnosticOutput) {
        self.level = level
        self.time = time
        self.output = output
    }

    /// Says something, unless it is too fine or was said a moment ago.
    ///
    /// - Parameters:
    ///   - code: what happened, in words that hold no data: lines of one code are one kind.
    ///   - message: what exactly, and what to do about it.
    package func report(
        _ level: DiagnosticLevel,
        _ code: String,
        _ message: @autoclosure () -> String
    ) {
        guard level <= self.level, level > .off else { return }
        let now = self.time.monotonicNow()
        guard case .say(let unsaid) = self.throttle.withLock({ $0.occurred(code, at: now) })
        else { return }
        self.say(level, code, message(), unsaid: unsaid)
    }

    /// Says that something is in another state than before; says nothing if it is not.
    ///
    /// - Parameters:
    ///   - subject: what may be in one state or another.
    ///   - state: one word for the state.
    ///   - isNormal: whether the state is worth no line if nothing else was said before.
    package func changed(
        _ subject: String,
        to state: String,
        _ level: DiagnosticLevel,
        isNormal: Bool = false,
        _ message: @autoclosure () -> String
    ) {
        let isChange = self.throttle.withLock { throttle in
            throttle.isChange(of: subject, to: state, startsNormal: isNormal)
        }
        guard isChange else { return }
        self.report(level, "\(subject).\(state)", message())
    }

    /// Says what was not said so far, as numbers; for the end of the pipeline.
    package func summarise() {
        let unsaid = self.throttle.withLock { $0.takeUnsaid() }
        for (code, count) in unsaid {
            self.say(.warning, code, "\(count) more since the last line of this kind", unsaid: 0)
        }
    }

    private func say(_ level: DiagnosticLevel, _ code: String, _ message: String, unsaid: Int) {
        let time = ClockText.date(self.time.wallNow())
        let more = unsaid > 0 ? " (and \(unsaid) more since the last line of this kind)" : ""
        let text = HarmlessText.maskingKeys(HarmlessText.escaping("\(code): \(message)\(more)"))
        self.output.write("\(time) azure-monitor \(level.name) \(text)")
    }
}
