import TelemetryModel

extension MessageData {
    /// Creates message data from an event of a span that is no exception.
    ///
    /// | Field     | From                              |
    /// | --------- | --------------------------------- |
    /// | `message` | the event's name; may be empty    |
    ///
    /// No attribute is consumed.
    init(spanEvent event: EndedSpan.Event) {
        self.message = event.name
    }
}
