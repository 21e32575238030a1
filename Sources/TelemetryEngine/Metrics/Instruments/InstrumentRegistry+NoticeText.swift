extension InstrumentRegistry.Notice {
    /// What the notice is about, for counting.
    var code: String {
        switch self {
        case .conflict(let label): "conflict.\(label)"
        case .cardinalityLimitReached(let label): "cardinality.\(label)"
        case .instrumentLimitReached: "instruments"
        }
    }

    /// What happened, and what to do about it.
    var explanation: String {
        switch self {
        case .conflict(let label):
            "\(label) is the name of instruments of different kinds; rename one, or add a view"
        case .cardinalityLimitReached(let label):
            """
            \(label) has as many series as it may; the rest is counted in one with the attribute \
            otel.metric.overflow
            """
        case .instrumentLimitReached:
            "there are as many instruments as there may be; further ones measure nothing"
        }
    }
}
