import TelemetryModel

/// A request that was served: what Application Insights makes of server and consumer spans.
///
/// | Field          | Limit | Required |
/// | -------------- | ----- | -------- |
/// | `id`           |       | yes      |
/// | `name`         | 1024  |          |
/// | `duration`     |       | yes      |
/// | `success`      |       | yes      |
/// | `responseCode` | 1024  | yes      |
/// | `source`       | 1024  |          |
/// | `url`          | 2048  |          |
/// | `properties`   |       |          |
/// | `measurements` |       |          |
struct RequestData {
    /// What was requested.
    var name: String
    /// Whether it was served.
    var isSuccess: Bool
    /// What it was answered with.
    var responseCode = "0"
    /// Who requested it.
    var source: String?
    /// The address that was requested.
    var url: String?
    /// How many milliseconds the message waited in its queue.
    var timeSinceEnqueued: Double?

    /// Writes the fields that are the request's own, after `id` and `duration`.
    func write(to json: inout JSONWriter) {
        json.field(#","name":"#, self.name, limit: Limits.name)
        json.raw(#","success":"#)
        json.bool(self.isSuccess)
        json.field(#","responseCode":"#, self.responseCode, limit: Limits.name)
        json.field(#","source":"#, self.source, limit: Limits.name)
        json.field(#","url":"#, self.url, limit: Limits.url)
    }
}
