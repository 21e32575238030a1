#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// A distribution over buckets whose bounds grow by the factor 2^(2^-scale).
///
/// It starts at the finest scale. When the values of one sign would need more buckets than it may
/// have, pairs of neighbours become one bucket each, and the scale falls by one, until they fit.
///
/// - SeeAlso: [Metrics data model, exponential histogram](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/metrics/data-model.md#exponentialhistogram)
package struct ExponentialHistogram: HistogramAggregate, Hashable {
    /// How many buckets there may be for each sign.
    package let maximumSize: Int

    /// The finest resolution.
    package let maximumScale: Int

    /// The resolution: bounds grow by 2^(2^-scale).
    package private(set) var scale: Int

    /// The values above zero.
    package private(set) var positive = Buckets()

    /// The values below zero, by magnitude.
    package private(set) var negative = Buckets()

    /// How many values were zero.
    package private(set) var zeroCount: UInt64 = 0

    /// Count, sum, smallest and largest value.
    package private(set) var summary = HistogramSummary()

    /// Creates an empty distribution.
    ///
    /// - Parameters:
    ///   - maximumSize: how many buckets there may be for each sign; at least 2.
    ///   - maximumScale: the finest resolution, from -10 to 20.
    package init(maximumSize: Int = 160, maximumScale: Int = 20) {
        self.maximumSize = max(maximumSize, 2)
        self.maximumScale = min(max(maximumScale, -10), 20)
        self.scale = self.maximumScale
    }

    package var isEmpty: Bool { self.summary.count == 0 }

    package func emptied() -> ExponentialHistogram {
        ExponentialHistogram(maximumSize: self.maximumSize, maximumScale: self.maximumScale)
    }

    package mutating func record(_ value: Double) {
        self.summary.record(value)
        guard value != 0 else { return self.zeroCount &+= 1 }
        var index = Self.index(of: value.magnitude, scale: self.scale)
        // Most values fall between others.
        if value > 0 ? self.positive.addOne(at: index) : self.negative.addOne(at: index) { return }
        let excess =
            value > 0
            ? self.positive.excess(adding: index...index, maximumSize: self.maximumSize)
            : self.negative.excess(adding: index...index, maximumSize: self.maximumSize)
        if excess > 0 {
            self.coarsen(by: excess)
            index >>= excess
        }
        if value > 0 {
            self.positive.add(1, at: index)
        } else {
            self.negative.add(1, at: index)
        }
    }

    package mutating func merge(_ other: ExponentialHistogram) {
        var other = other
        if other.scale > self.scale { other.coarsen(by: other.scale - self.scale) }
        if self.scale > other.scale { self.coarsen(by: self.scale - other.scale) }
        let excess = max(
            other.positive.indices.map {
                self.positive.excess(adding: $0, maximumSize: self.maximumSize)
            } ?? 0,
            other.negative.indices.map {
                self.negative.excess(adding: $0, maximumSize: self.maximumSize)
            } ?? 0
        )
        if excess > 0 {
            self.coarsen(by: excess)
            other.coarsen(by: excess)
        }
        self.positive.merge(other.positive)
        self.negative.merge(other.negative)
        self.zeroCount &+= other.zeroCount
        self.summary.merge(other.summary)
    }

    /// The bucket of a positive value: *i* such that base^i < value <= base^(i + 1).
    package static func index(of magnitude: Double, scale: Int) -> Int {
        let exponent = Int(magnitude.exponent)
        let significand = magnitude.significand
        // A power of two is the upper bound of its bucket, at every scale.
        guard significand != 1 else {
            return scale >= 0 ? (exponent << scale) - 1 : (exponent - 1) >> -scale
        }
        guard scale > 0 else { return exponent >> -scale }
        // No other double is a bound, since all other bounds are irrational. Rounding must not
        // carry the value into the next power of two.
        let steps = 1 << scale
        let step = Int(log2(significand) * Double(steps))
        return (exponent << scale) + min(step, steps - 1)
    }

    private mutating func coarsen(by steps: Int) {
        self.scale -= steps
        self.positive.coarsen(by: steps)
        self.negative.coarsen(by: steps)
    }
}

extension ExponentialHistogram {
    /// Adjacent buckets of one sign.
    package struct Buckets: Hashable, Sendable {
        /// The index of the first bucket.
        package private(set) var offset = 0

        /// How many values fell into each bucket from there on.
        package private(set) var counts: [UInt64] = []

        /// The indices in use; `nil` if there are none.
        var indices: ClosedRange<Int>? {
            self.counts.isEmpty ? nil : self.offset...(self.offset + self.counts.count - 1)
        }

        /// By how many scales to coarsen so that both what is here and `added` fit.
        func excess(adding added: ClosedRange<Int>, maximumSize: Int) -> Int {
            var low = added.lowerBound
            var high = added.upperBound
            if let indices = self.indices {
                low = min(low, indices.lowerBound)
                high = max(high, indices.upperBound)
            }
            var excess = 0
            while high - low >= maximumSize {
                low >>= 1
                high >>= 1
                excess += 1
            }
            return excess
        }

        /// Adds one to a bucket if it lies between those that there are.
        @inline(__always)
        mutating func addOne(at index: Int) -> Bool {
            let position = index &- self.offset
            guard position >= 0, position < self.counts.count else { return false }
            self.counts[position] &+= 1
            return true
        }

        /// Adds to a bucket, which with the others must not exceed the size.
        mutating func add(_ count: UInt64, at index: Int) {
            self.makeRoom(for: index...index)
            self.counts[index - self.offset] &+= count
        }

        /// Adds other buckets, which with these must not exceed the size.
        mutating func merge(_ other: Buckets) {
            guard let indices = other.indices else { return }
            self.makeRoom(for: indices)
            for (position, count) in other.counts.enumerated() {
                self.counts[other.offset - self.offset + position] &+= count
            }
        }

        /// Makes one bucket of each 2^steps neighbours.
        mutating func coarsen(by steps: Int) {
            guard steps > 0, let indices = self.indices else { return }
            let offset = indices.lowerBound >> steps
            // In place: what is read lies never before what is written.
            for position in self.counts.indices {
                let target = ((self.offset + position) >> steps) - offset
                let count = self.counts[position]
                self.counts[position] = 0
                self.counts[target] &+= count
            }
            self.counts.removeLast(self.counts.count - ((indices.upperBound >> steps) - offset + 1))
            self.offset = offset
        }

        private mutating func makeRoom(for added: ClosedRange<Int>) {
            guard !self.counts.isEmpty else {
                self.offset = added.lowerBound
                self.counts = Array(repeating: 0, count: added.count)
                return
            }
            if added.lowerBound < self.offset {
                let missing = self.offset - added.lowerBound
                self.counts.insert(contentsOf: repeatElement(0, count: missing), at: 0)
                self.offset = added.lowerBound
            }
            let end = self.offset + self.counts.count
            if added.upperBound >= end {
                let missing = added.upperBound - end + 1
                self.counts.append(contentsOf: repeatElement(0, count: missing))
            }
        }
    }
}
