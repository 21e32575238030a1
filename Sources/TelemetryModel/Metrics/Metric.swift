/// A named stream of measurements with the points of one collection.
public struct Metric: Sendable {
    /// What the points mean.
    public enum Content: Sendable {
        /// The last value that was seen.
        case gauge([NumberPoint])
        /// Amounts that add up.
        case sum([NumberPoint], temporality: Temporality, isMonotonic: Bool)
        /// Distributions over fixed buckets.
        case histogram([HistogramPoint], temporality: Temporality)
        /// Distributions over buckets that grow by a constant factor.
        case exponentialHistogram([ExponentialHistogramPoint], temporality: Temporality)
    }

    /// The instrument's name.
    public var name: String
    /// What is measured, for people.
    public var description: String
    /// The unit, in UCUM; empty if none.
    public var unit: String
    /// Who measured.
    public var scope: InstrumentationScope
    /// The points, and what they mean.
    public var content: Content

    /// Creates a metric.
    public init(
        name: String,
        description: String = "",
        unit: String = "",
        scope: InstrumentationScope = InstrumentationScope(name: ""),
        content: Content
    ) {
        self.name = name
        self.description = description
        self.unit = unit
        self.scope = scope
        self.content = content
    }

    /// How many points the metric has; each is one record in the accounts.
    public var pointCount: Int {
        switch self.content {
        case .gauge(let points), .sum(let points, _, _): points.count
        case .histogram(let points, _): points.count
        case .exponentialHistogram(let points, _): points.count
        }
    }
}

/// Whether a point counts since the last point or since the start.
public enum Temporality: Sendable, Hashable {
    /// What came since the last report.
    case delta
    /// What came since the start.
    case cumulative
}
