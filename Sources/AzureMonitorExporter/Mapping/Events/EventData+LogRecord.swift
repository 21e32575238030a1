import TelemetryModel

/// Something that the developer calls an event.
struct EventData {
    /// The event's name; at most 512 units, required.
    var name: String

    /// Creates event data from a log record, if `microsoft.custom_event.name` names an event.
    ///
    /// | Field  | Consumed key                  | If        | Else                           |
    /// | ------ | ----------------------------- | --------- | ------------------------------ |
    /// | `name` | `microsoft.custom_event.name` | not empty | the record is no event         |
    ///
    /// The body and the severity have no place in an event.
    init?(attributes: inout SemanticAttributes) {
        guard let name = attributes.consumeFilledText(.microsoftCustomEventName) else { return nil }
        self.name = name
    }

    /// Writes the fields that are the event's own, each with a comma before it.
    func write(to json: inout JSONWriter) {
        json.field(#","name":"#, self.name, limit: Limits.eventName)
    }
}
