import TelemetryModel

/// One point of a metric.
///
/// | Field                    | Limit | Required |
/// | ------------------------ | ----- | -------- |
/// | `metrics[0].name`        | 1024  | yes      |
/// | `metrics[0].ns`          | 256   |          |
/// | `metrics[0].value`       |       | yes      |
/// | `metrics[0].count`       |       |          |
/// | `metrics[0].min`, `.max` |       |          |
/// | `properties`             |       |          |
struct MetricData {
    /// The metric's name.
    var name: String
    /// The scope that measured; left out unless asked for.
    var namespace: String?
    /// The value: what was counted, what was last seen, or the sum of a distribution.
    var value: NumberPoint.Value
    /// How many values a distribution is of; left out on sums and gauges.
    var count: UInt64?
    /// The smallest value of a distribution; left out if unknown or not finite.
    var min: Double?
    /// The largest value of a distribution; left out if unknown or not finite.
    var max: Double?

    /// Writes the fields that are the point's own, each with a comma before it.
    func write(to json: inout JSONWriter) {
        json.raw(#","metrics":[{"name":"#)
        json.string(self.name, limit: Limits.name)
        json.field(#","ns":"#, self.namespace, limit: Limits.namespace)
        json.raw(#","value":"#)
        switch self.value {
        case .int(let value): json.integer(value)
        case .double(let value): json.double(value)
        }
        if let count = self.count {
            json.raw(#","count":"#)
            json.integer(count)
        }
        json.field(#","min":"#, self.min)
        json.field(#","max":"#, self.max)
        json.raw("}]")
    }
}
