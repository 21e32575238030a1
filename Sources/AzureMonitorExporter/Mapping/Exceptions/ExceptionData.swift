/// An error that was recorded.
///
/// | Field                       | Limit  | Required |
/// | --------------------------- | ------ | -------- |
/// | `exceptions[0].typeName`    | 1024   |          |
/// | `exceptions[0].message`     | 32,768 | yes      |
/// | `exceptions[0].hasFullStack` |       |          |
/// | `exceptions[0].stack`       | 32,768 |          |
/// | `severityLevel`             |        |          |
/// | `properties`                |        |          |
/// | `measurements`              |        |          |
struct ExceptionData {
    /// The error's type.
    var typeName: String
    /// What went wrong.
    var message: String
    /// Where it went wrong; left out if unknown.
    var stack: String?
    /// How serious it is; left out on events of spans.
    var severityLevel: SeverityLevel?

    /// Writes the fields that are the exception's own, each with a comma before it.
    func write(to json: inout JSONWriter) {
        json.raw(#","exceptions":[{"typeName":"#)
        json.string(self.typeName, limit: Limits.name)
        json.field(#","message":"#, self.message, limit: Limits.message)
        json.raw(#","hasFullStack":"#)
        json.bool(self.stack != nil)
        json.field(#","stack":"#, self.stack, limit: Limits.message)
        json.raw("}]")
        SeverityLevel.write(self.severityLevel, to: &json)
    }
}
