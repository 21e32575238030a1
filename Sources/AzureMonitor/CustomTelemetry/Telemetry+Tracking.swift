import Logging
import TelemetryEngine
import TelemetryModel
import Tracing

extension Telemetry {
    /// Sends something that was tracked on the way of log records.
    func track(
        _ tracked: TrackedTelemetry,
        _ event: LogEvent,
        _ time: Timestamp?,
        _ context: ServiceContext?
    ) {
        // The label names the scope for exporters that send one; no logger is involved.
        self.makeLogHandler(label: "AzureMonitor").track(tracked, event, at: time, in: context)
    }
}

extension LogEvent {
    /// The log event that is not logged but tracked.
    init(
        tracking message: String,
        error: (any Error)? = nil,
        level: Logger.Level,
        properties: [String: String],
        file: String,
        function: String,
        line: UInt
    ) {
        self.init(
            level: level,
            message: Logger.Message(stringLiteral: message),
            error: error,
            metadata: properties.isEmpty ? nil : properties.mapValues { .string($0) },
            source: nil,
            file: file,
            function: function,
            line: line
        )
    }
}
