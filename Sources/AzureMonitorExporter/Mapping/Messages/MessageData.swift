/// A message, or something that happened.
///
/// | Field           | Limit  | Required |
/// | --------------- | ------ | -------- |
/// | `message`       | 32,768 | yes      |
/// | `severityLevel` |        |          |
/// | `properties`    |        |          |
/// | `measurements`  |        |          |
struct MessageData {
    /// What is said.
    var message: String
    /// How serious it is; left out on events of spans.
    var severityLevel: SeverityLevel?

    /// Writes the fields that are the message's own, each with a comma before it.
    func write(to json: inout JSONWriter) {
        json.field(#","message":"#, self.message, limit: Limits.message)
        SeverityLevel.write(self.severityLevel, to: &json)
    }
}
