import TelemetryModel

/// What a test of availability found.
///
/// | Field          | Limit | Required |
/// | -------------- | ----- | -------- |
/// | `id`           | 512   | yes      |
/// | `name`         | 1024  | yes      |
/// | `duration`     |       | yes      |
/// | `success`      |       | yes      |
/// | `runLocation`  | 1024  |          |
/// | `message`      | 8192  |          |
/// | `properties`   |       |          |
/// | `measurements` |       |          |
struct AvailabilityData {
    /// Which run it was.
    var id: String
    /// Which test it was.
    var name: String
    /// How long it took, as text that is not checked.
    var duration: String
    /// Whether the service was available.
    var isSuccess: Bool
    /// Where the test ran.
    var runLocation: String?
    /// What it found.
    var message: String

    /// Creates availability data from a log record, if it has all that is required.
    ///
    /// | Field         | Consumed key                          | If        | Else                        |
    /// | ------------- | ------------------------------------- | --------- | --------------------------- |
    /// | `id`          | `microsoft.availability.id`           | not empty | no availability result      |
    /// | `name`        | `microsoft.availability.name`         | not empty | no availability result      |
    /// | `duration`    | `microsoft.availability.duration`     | not empty | no availability result      |
    /// | `success`     | `microsoft.availability.success`: whether it is `true` in any case | not empty | no availability result |
    /// | `runLocation` | `microsoft.availability.runLocation`  | present   | left out                    |
    /// | `message`     | `microsoft.availability.message`      | present   | the body                    |
    init?(body: String, attributes: inout SemanticAttributes) {
        guard
            let id = attributes.filledText(.microsoftAvailabilityID),
            let name = attributes.filledText(.microsoftAvailabilityName),
            let duration = attributes.filledText(.microsoftAvailabilityDuration),
            let success = attributes.filledText(.microsoftAvailabilitySuccess)
        else { return nil }
        self.id = id
        self.name = name
        self.duration = duration
        self.isSuccess = success.lowercased() == "true"
        self.runLocation = attributes.consumeText(.microsoftAvailabilityRunLocation)
        self.message = attributes.consumeText(.microsoftAvailabilityMessage) ?? body
        attributes.consume(.microsoftAvailabilityID)
        attributes.consume(.microsoftAvailabilityName)
        attributes.consume(.microsoftAvailabilityDuration)
        attributes.consume(.microsoftAvailabilitySuccess)
    }

    /// Writes the fields that are the result's own, each with a comma before it.
    func write(to json: inout JSONWriter) {
        json.field(#","id":"#, self.id, limit: Limits.id)
        json.field(#","name":"#, self.name, limit: Limits.name)
        json.field(#","duration":"#, self.duration, limit: Limits.shortText)
        json.raw(#","success":"#)
        json.bool(self.isSuccess)
        json.field(#","runLocation":"#, self.runLocation, limit: Limits.name)
        json.field(#","message":"#, self.message, limit: Limits.availabilityMessage)
    }
}
