import TelemetryModel

extension ExceptionData {
    /// The name of the events that are exceptions.
    static let eventName = "exception"

    /// Creates exception data from the event `exception` of a span of any kind.
    ///
    /// | Field      | Consumed key           | If        | Else            |
    /// | ---------- | ---------------------- | --------- | --------------- |
    /// | `typeName` | `exception.type`       | not empty | `Exception`     |
    /// | `message`  | `exception.message`    | not empty | `Exception`     |
    /// | `stack`    | `exception.stacktrace` | present   | left out        |
    ///
    /// - SeeAlso: [Exceptions on spans 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/exceptions/exceptions-spans.md)
    init(spanEvent attributes: inout SemanticAttributes) {
        self.typeName = attributes.consumeFilledText(.exceptionType) ?? "Exception"
        self.message = attributes.consumeFilledText(.exceptionMessage) ?? "Exception"
        self.stack = attributes.consumeText(.exceptionStacktrace)
    }
}
