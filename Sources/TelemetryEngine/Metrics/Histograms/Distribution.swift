/// A distribution of one of the kinds that there are.
package enum Distribution: HistogramAggregate, Hashable {
    /// Over fixed buckets.
    case explicit(ExplicitHistogram)
    /// Over buckets whose width grows with the values.
    case exponential(ExponentialHistogram)

    /// Creates an empty distribution of seconds.
    package init(ofSeconds aggregation: MetricPreference.HistogramAggregation) {
        self =
            aggregation == .exponential
            ? .exponential(ExponentialHistogram())
            : .explicit(ExplicitHistogram(bounds: ExplicitHistogram.secondsBounds))
    }

    package var isEmpty: Bool {
        switch self {
        case .explicit(let histogram): histogram.isEmpty
        case .exponential(let histogram): histogram.isEmpty
        }
    }

    package func emptied() -> Distribution {
        switch self {
        case .explicit(let histogram): .explicit(histogram.emptied())
        case .exponential(let histogram): .exponential(histogram.emptied())
        }
    }

    package mutating func record(_ value: Double) {
        switch self {
        case .explicit(var histogram):
            histogram.record(value)
            self = .explicit(histogram)
        case .exponential(var histogram):
            histogram.record(value)
            self = .exponential(histogram)
        }
    }

    package mutating func merge(_ other: Distribution) {
        switch (self, other) {
        case (.explicit(var histogram), .explicit(let other)):
            histogram.merge(other)
            self = .explicit(histogram)
        case (.exponential(var histogram), .exponential(let other)):
            histogram.merge(other)
            self = .exponential(histogram)
        default:
            assertionFailure("merged distributions of different kinds")
        }
    }
}
