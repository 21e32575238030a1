internal import TelemetryModel
internal import Tracing

extension RecordedEvent {
    func converted(
        limits: SpanLimits,
        using caches: inout SpanConversionCaches
    ) -> EndedSpan.Event {
        let (converted, dropped) = Attributes.converting(
            self.attributes,
            limit: limits.attributesPerEvent,
            valueLength: limits.attributeValueLength
        )
        var attributes = converted
        if let backtrace = self.backtrace, attributes["exception.stacktrace"] == nil {
            let text = AttributeValue.string(caches.symbols.describe(backtrace))
            attributes.append(
                key: "exception.stacktrace",
                value: limits.attributeValueLength.map { text.truncated(to: $0) } ?? text
            )
        }
        return EndedSpan.Event(
            name: self.name,
            time: Timestamp(nanosecondsSinceEpoch: self.time),
            attributes: attributes,
            droppedAttributesCount: self.droppedAttributes + dropped
        )
    }

    /// The event that records an error.
    ///
    /// | Attribute              | Value                                          |
    /// | ---------------------- | ---------------------------------------------- |
    /// | `exception.type`       | the error's type, with its module              |
    /// | `exception.message`    | the error's description                        |
    /// | `exception.stacktrace` | where it was recorded, if that was asked for   |
    ///
    /// What the caller passes under these keys wins.
    static func exception(
        _ error: any Error,
        attributes: SpanAttributes,
        time: UInt64,
        backtrace: RecordedBacktrace?
    ) -> RecordedEvent {
        var all = attributes
        if attributes.get("exception.type") == nil {
            all.set("exception.type", value: .string(String(reflecting: type(of: error))))
        }
        if attributes.get("exception.message") == nil {
            all.set("exception.message", value: .string(String(describing: error)))
        }
        return RecordedEvent(name: "exception", time: time, attributes: all, backtrace: backtrace)
    }
}
