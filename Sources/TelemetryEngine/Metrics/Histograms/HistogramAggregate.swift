/// A distribution of finite values that can be added to others of its kind.
package protocol HistogramAggregate: Sendable {
    /// Whether nothing was recorded.
    var isEmpty: Bool { get }

    /// A distribution of the same shape in which nothing was recorded.
    func emptied() -> Self

    /// Records a finite value.
    mutating func record(_ value: Double)

    /// Adds a distribution of the same shape.
    mutating func merge(_ other: Self)
}

/// What every distribution knows of its values besides their buckets.
package struct HistogramSummary: Hashable, Sendable {
    /// How many values there are.
    package private(set) var count: UInt64 = 0
    /// Their sum; stays finite.
    package private(set) var sum = 0.0
    /// The smallest; infinite if there is none.
    package private(set) var min = Double.infinity
    /// The largest; minus infinite if there is none.
    package private(set) var max = -Double.infinity

    /// Creates the summary of no values.
    package init() {}

    /// Adds a finite value.
    @inline(__always)
    package mutating func record(_ value: Double) {
        self.count &+= 1
        self.sum = self.sum.saturatingSum(value)
        if value < self.min { self.min = value }
        if value > self.max { self.max = value }
    }

    /// Adds the values of another summary.
    package mutating func merge(_ other: HistogramSummary) {
        self.count &+= other.count
        self.sum = self.sum.saturatingSum(other.sum)
        self.min = Swift.min(self.min, other.min)
        self.max = Swift.max(self.max, other.max)
    }
}
