import TelemetryModel

/// A call to somebody else, or a step of one's own: what Application Insights makes of client,
/// producer and internal spans.
///
/// | Field          | Limit | Required |
/// | -------------- | ----- | -------- |
/// | `id`           |       |          |
/// | `name`         | 1024  | yes      |
/// | `duration`     |       | yes      |
/// | `success`      |       |          |
/// | `resultCode`   | 1024  |          |
/// | `type`         | 1024  |          |
/// | `target`       | 1024  |          |
/// | `data`         | 8192  |          |
/// | `properties`   |       |          |
/// | `measurements` |       |          |
struct RemoteDependencyData {
    /// What was called.
    var name: String
    /// Whether the call succeeded.
    var isSuccess: Bool
    /// What kind of thing was called.
    var type: String
    /// What it answered.
    var resultCode = "0"
    /// Who was called.
    var target: String?
    /// What was asked: a URL, a statement.
    var data: String?

    /// Creates what all kinds of span have in common; the rest is the kind's business.
    init(span: BatchSpan, type: String) {
        self.name = span.name
        self.isSuccess = span.status.isSuccess
        self.type = type
    }

    /// Applies what overrides anything derived, and what a dependency takes from
    /// `microsoft.operation_name` and `microsoft.client.ip`.
    ///
    /// | Field               | From, if not empty                |
    /// | ------------------- | --------------------------------- |
    /// | `name`              | `microsoft.dependency.name`       |
    /// | `type`              | `microsoft.dependency.type`       |
    /// | `target`            | `microsoft.dependency.target`     |
    /// | `data`              | `microsoft.dependency.data`       |
    /// | `resultCode`        | `microsoft.dependency.resultCode` |
    /// | `ai.operation.name` | `microsoft.operation_name`        |
    /// | `ai.location.ip`    | `microsoft.client.ip`             |
    mutating func applyOverrides(_ attributes: inout SemanticAttributes, tags: inout ItemTags) {
        tags.operationName = attributes.consumeFilledText(.microsoftOperationName)
        tags.clientIP = attributes.consumeFilledText(.microsoftClientIP)
        if let name = attributes.consumeFilledText(.microsoftDependencyName) { self.name = name }
        if let type = attributes.consumeFilledText(.microsoftDependencyType) { self.type = type }
        if let target = attributes.consumeFilledText(.microsoftDependencyTarget) {
            self.target = target
        }
        if let data = attributes.consumeFilledText(.microsoftDependencyData) { self.data = data }
        if let code = attributes.consumeFilledText(.microsoftDependencyResultCode) {
            self.resultCode = code
        }
    }

    /// Writes the fields that are the dependency's own, after `id` and `duration`.
    func write(to json: inout JSONWriter) {
        json.field(#","name":"#, self.name, limit: Limits.name)
        json.raw(#","success":"#)
        json.bool(self.isSuccess)
        json.field(#","resultCode":"#, self.resultCode, limit: Limits.name)
        json.field(#","type":"#, self.type, limit: Limits.name)
        if let target = self.target, !target.isEmpty {
            json.field(#","target":"#, target, limit: Limits.name)
        }
        json.field(#","data":"#, self.data, limit: Limits.data)
    }
}
