import TelemetryModel

/// The three export requests, by the key that tells them apart.
enum OTLPRequestKind: String, CaseIterable {
    case traces = "resourceSpans"
    case logs = "resourceLogs"
    case metrics = "resourceMetrics"

    /// The request of a signal.
    init(_ signal: Signal) {
        switch signal {
        case .traces: self = .traces
        case .logs: self = .logs
        case .metrics: self = .metrics
        }
    }

    /// The key of a resource's list of scopes.
    var scopesKey: String {
        switch self {
        case .traces: "scopeSpans"
        case .logs: "scopeLogs"
        case .metrics: "scopeMetrics"
        }
    }

    /// The key of a scope's list of items.
    var itemsKey: String {
        switch self {
        case .traces: "spans"
        case .logs: "logRecords"
        case .metrics: "metrics"
        }
    }
}
