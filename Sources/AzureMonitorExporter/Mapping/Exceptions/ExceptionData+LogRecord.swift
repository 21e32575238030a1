import TelemetryModel

extension ExceptionData {
    /// Creates exception data from a log record that has `exception.type` or `exception.message`.
    ///
    /// | Field           | From                               | Else                           |
    /// | --------------- | ---------------------------------- | ------------------------------ |
    /// | `typeName`      | `exception.type`, if not empty     | `Exception`                    |
    /// | `message`       | `exception.message`, if not empty  | the body, else `Exception`     |
    /// | `stack`         | `exception.stacktrace`, if present | left out                       |
    /// | `severityLevel` | the severity                       |                                |
    /// | `otel.body`     | the body, if it differs from a `exception.message` that is not empty |  |
    ///
    /// - SeeAlso: [Exceptions in logs 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/exceptions/exceptions-logs.md)
    init(
        logRecord record: LogRecord,
        body: String,
        attributes: inout SemanticAttributes
    ) {
        self.init(spanEvent: &attributes)
        if attributes.filledText(.exceptionMessage) == nil, !body.isEmpty { self.message = body }
        self.severityLevel = SeverityLevel(record.severity)
    }
}
