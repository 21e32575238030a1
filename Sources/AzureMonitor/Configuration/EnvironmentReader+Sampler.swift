import AzureMonitorExporter
import TelemetryEngine

extension EnvironmentReader {
    /// The sampler that `OTEL_TRACES_SAMPLER` names.
    ///
    /// | Name                                         | Sampler                   | `…_ARG`, and its default |
    /// | -------------------------------------------- | ------------------------- | ------------------------ |
    /// | `always_on`, `always_off`                    | every trace, none         |                          |
    /// | `traceidratio`, `trace_id_ratio`             | that share of traces      | 0 to 1, 1                |
    /// | `microsoft.fixed_percentage`, `microsoft.fixed.percentage` | that share, by Application Insights' score | 0 to 1, 1 |
    /// | `microsoft.rate_limited`                     | so many traces a second   | 0 or more, 5             |
    /// | any of them with `parentbased_` before       | the parent decides, else that one |                  |
    ///
    /// Case does not matter. An argument that cannot be understood is said, and its default holds.
    mutating func sampler() -> (any Sampler)? {
        let variable = "OTEL_TRACES_SAMPLER"
        guard let name = self.text(variable)?.lowercased() else { return nil }
        let isParentBased = name.hasPrefix("parentbased_")
        let root: any Sampler
        switch isParentBased ? String(name.dropFirst("parentbased_".count)) : name {
        case "always_on": root = AlwaysOnSampler()
        case "always_off": root = AlwaysOffSampler()
        case "traceidratio", "trace_id_ratio":
            root = TraceIDRatioSampler(ratio: self.ratio("\(variable)_ARG") ?? 1)
        case "microsoft.fixed_percentage", "microsoft.fixed.percentage":
            root = ApplicationInsightsSampler(ratio: self.ratio("\(variable)_ARG") ?? 1)
        case "microsoft.rate_limited":
            let limit = self.number("\(variable)_ARG", "a number of traces a second") {
                $0 >= 0 && $0.isFinite
            }
            root = limit.map { RateLimitedSampler(tracesPerSecond: $0) } ?? RateLimitedSampler()
        default:
            self.ignore(variable, "names the unknown sampler \(name)")
            return nil
        }
        return isParentBased ? ParentBasedSampler(root: root) : root
    }

    private mutating func ratio(_ variable: String) -> Double? {
        self.number(variable, "a number from 0 to 1") { 0...1 ~= $0 }
    }
}
