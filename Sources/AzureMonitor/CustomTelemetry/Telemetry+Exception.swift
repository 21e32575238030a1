import AzureMonitorExporter
public import Logging
public import TelemetryEngine
public import TelemetryModel
public import Tracing

extension Telemetry {
    /// Records an error as an exception, without a log message around it.
    ///
    /// ```swift
    /// do {
    ///     try await charge(card)
    /// } catch {
    ///     monitor.trackException(error, properties: ["payment": "card"])
    ///     throw error
    /// }
    /// ```
    ///
    /// It lands in the table `exceptions`, with the error's full type name and its description,
    /// which is asked for soon, not now. It takes the way of log records: the same queue,
    /// processors, delivery and account, but no level turns it away, and the console does not show
    /// it. Where logs are off, so are exceptions. Never suspends.
    ///
    /// - Parameters:
    ///   - error: What went wrong.
    ///   - level: How serious that is; it becomes the severity level, and turns nothing away. The
    ///     default is `error`.
    ///   - properties: Texts to filter and group by, values of at most 8,192 UTF-16 units. Some
    ///     names become something else than a property: `enduser.id`, for instance, the user, and
    ///     `exception.stacktrace` the stack.
    ///   - measurements: Numbers to sum up; those that are not finite are left out.
    ///   - time: When it happened; `nil`, the default, for now.
    ///   - context: Whose span it happened in; `nil`, the default, for the task's own context.
    ///   - file: Where it happened, as the property `code.file.path`; the default is the caller.
    ///   - function: Where it happened, as the property `code.function.name`.
    ///   - line: Where it happened, as the property `code.line.number`.
    public func trackException(
        _ error: any Error,
        level: Logger.Level = .error,
        properties: [String: String] = [:],
        measurements: [String: Double] = [:],
        at time: Timestamp? = nil,
        context: ServiceContext? = nil,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        let event = LogEvent(
            tracking: "",
            error: error,
            level: level,
            properties: properties,
            file: file,
            function: function,
            line: line
        )
        self.track(.exception(measurements: measurements), event, time, context)
    }
}
