/// A distribution over buckets with given bounds.
///
/// Bucket *i* holds values above bound *i* - 1 and up to bound *i*, inclusive; the last bucket
/// holds what lies above all bounds.
package struct ExplicitHistogram: HistogramAggregate, Hashable {
    /// OpenTelemetry's bounds for values of unknown size.
    ///
    /// - SeeAlso: [Metrics SDK, explicit bucket histogram aggregation](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/metrics/sdk.md#explicit-bucket-histogram-aggregation)
    package static let defaultBounds: [Double] = [
        0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000,
    ]

    /// The semantic conventions' bounds for durations in seconds.
    ///
    /// - SeeAlso: [http.server.request.duration](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/http/http-metrics.md#metric-httpserverrequestduration)
    package static let secondsBounds: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]

    /// The inclusive upper bounds of all buckets but the last, ascending.
    package let bounds: [Double]

    /// How many values fell into each bucket; one more than there are bounds.
    package private(set) var bucketCounts: [UInt64]

    /// Count, sum, smallest and largest value.
    package private(set) var summary = HistogramSummary()

    /// Creates an empty distribution; bounds are sorted, doubles and non-finite ones left out.
    package init(bounds: [Double]) {
        var cleaned: [Double] = []
        for bound in bounds.filter(\.isFinite).sorted() where cleaned.last != bound {
            cleaned.append(bound)
        }
        self.bounds = cleaned
        self.bucketCounts = Array(repeating: 0, count: cleaned.count + 1)
    }

    private init(cleanBounds: [Double]) {
        self.bounds = cleanBounds
        self.bucketCounts = Array(repeating: 0, count: cleanBounds.count + 1)
    }

    package var isEmpty: Bool { self.summary.count == 0 }

    package func emptied() -> ExplicitHistogram {
        ExplicitHistogram(cleanBounds: self.bounds)
    }

    @inline(__always)
    package mutating func record(_ value: Double) {
        self.summary.record(value)
        self.bucketCounts[self.bucket(of: value)] &+= 1
    }

    package mutating func merge(_ other: ExplicitHistogram) {
        guard other.bounds == self.bounds else {
            return assertionFailure("merged distributions of different bounds")
        }
        self.summary.merge(other.summary)
        for (index, count) in other.bucketCounts.enumerated() {
            self.bucketCounts[index] &+= count
        }
    }

    /// The first bucket whose bound is not below the value.
    @inline(__always)
    private func bucket(of value: Double) -> Int {
        var low = 0
        var high = self.bounds.count
        while low < high {
            let middle = (low &+ high) / 2
            if self.bounds[middle] < value {
                low = middle &+ 1
            } else {
                high = middle
            }
        }
        return low
    }
}
