/// The three kinds of telemetry.
public enum Signal: String, Hashable, Sendable, CaseIterable {
    /// Spans.
    case traces
    /// Log records.
    case logs
    /// Metric points.
    case metrics
}
