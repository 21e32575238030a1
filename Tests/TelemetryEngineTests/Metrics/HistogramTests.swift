import Foundation
import TelemetryModel
import TelemetryTesting
import Testing

@testable import TelemetryEngine

@Suite struct ExplicitHistogramTests {
    @Test(arguments: [
        (-1.0, 0), (0, 0), (0.001, 1), (5, 1), (5.000001, 2), (10_000, 14), (10_001, 15),
        (.greatestFiniteMagnitude, 15), (-.greatestFiniteMagnitude, 0),
    ])
    func upperBoundIsInclusive(value: Double, bucket: Int) {
        var histogram = ExplicitHistogram(bounds: ExplicitHistogram.defaultBounds)
        histogram.record(value)
        #expect(histogram.bucketCounts.firstIndex(of: 1) == bucket)
        #expect(histogram.bucketCounts.reduce(0, +) == 1)
    }

    @Test func mergedDistributionsEqualOneOfAllValues() {
        var generator = SeededGenerator(seed: 1)
        var whole = ExplicitHistogram(bounds: [1, 2, 3])
        var parts = [whole.emptied(), whole.emptied(), whole.emptied()]
        for _ in 0..<1_000 {
            // Quarters, so that sums are exact in any order.
            let value = Double(Int.random(in: -8...24, using: &generator)) / 4
            whole.record(value)
            parts[Int.random(in: 0..<3, using: &generator)].record(value)
        }
        var merged = whole.emptied()
        for part in parts { merged.merge(part) }
        #expect(merged == whole)
        #expect(merged.summary.count == 1_000)
    }

    @Test func sumStaysFinite() {
        var histogram = ExplicitHistogram(bounds: [])
        histogram.record(.greatestFiniteMagnitude)
        histogram.record(.greatestFiniteMagnitude)
        #expect(histogram.summary.sum == .greatestFiniteMagnitude)
        histogram.record(-.greatestFiniteMagnitude)
        #expect(histogram.summary.sum == 0)
    }
}

@Suite struct ExponentialHistogramTests {
    /// Where the bucket of a value lies, as far as doubles can tell.
    private func expectIndex(_ index: Int, holds value: Double, scale: Int) {
        let position = log2(value.significand) * exp2(Double(scale))
        let exact = Double(value.exponent) * exp2(Double(scale)) + position
        let slack = max(1e-6, exact.magnitude * 1e-12)
        #expect(
            Double(index) - slack < exact && exact <= Double(index + 1) + slack,
            "\(value) at scale \(scale) in bucket \(index), exactly \(exact)"
        )
    }

    @Test(arguments: -10...20)
    func valueLiesInItsBucket(scale: Int) {
        var generator = SeededGenerator(seed: UInt64(bitPattern: Int64(scale)))
        for _ in 0..<500 {
            let exponent = Double.random(in: -1_074...1_023.99, using: &generator)
            let value = exp2(exponent)
            self.expectIndex(
                ExponentialHistogram.index(of: value, scale: scale),
                holds: value,
                scale: scale
            )
        }
    }

    @Test(arguments: -10...20)
    func powerOfTwoIsTheUpperBoundOfItsBucket(scale: Int) {
        for exponent in -1_074...1_023 {
            let value = Double(sign: .plus, exponent: exponent, significand: 1)
            let index = ExponentialHistogram.index(of: value, scale: scale)
            // base^(index + 1) is the bound: exactly the power if the scale can express it.
            if scale >= 0 {
                #expect(index + 1 == exponent << scale)
            } else {
                let bound = (index + 1) << -scale
                #expect(bound >= exponent && bound - exponent < 1 << -scale)
            }
            // The next value up is in a later bucket exactly if the power is a bound.
            let next = ExponentialHistogram.index(of: value.nextUp, scale: scale)
            let isBound = scale >= 0 || exponent % (1 << -scale) == 0
            if exponent >= -1_022 { #expect(next == (isBound ? index + 1 : index)) }
        }
    }

    @Test(arguments: [
        (Double.leastNonzeroMagnitude, 20), (.greatestFiniteMagnitude, 20),
        (1.0.nextDown, 20), (1.0.nextUp, 20), (2.0.nextDown, 20),
        (Double.leastNonzeroMagnitude, -10), (.greatestFiniteMagnitude, -10),
    ])
    func extremesLieInTheirBuckets(value: Double, scale: Int) {
        self.expectIndex(
            ExponentialHistogram.index(of: value, scale: scale),
            holds: value,
            scale: scale
        )
    }

    @Test func fewAndNearValuesKeepTheFinestScale() {
        var histogram = ExponentialHistogram()
        for _ in 0..<1_000 { histogram.record(3.5) }
        #expect(histogram.scale == 20)
        #expect(histogram.positive.counts == [1_000])
    }

    @Test func wholeRangeFitsIntoTheBuckets() {
        for size in [2, 3, 20, 160] {
            var histogram = ExponentialHistogram(maximumSize: size)
            histogram.record(.leastNonzeroMagnitude)
            histogram.record(.greatestFiniteMagnitude)
            histogram.record(-.greatestFiniteMagnitude)
            histogram.record(-.leastNonzeroMagnitude)
            histogram.record(1)
            #expect(histogram.positive.counts.count <= size)
            #expect(histogram.positive.counts.reduce(0, +) == 3)
            #expect(histogram.negative.counts.reduce(0, +) == 2)
        }
    }

    @Test func zeroHasABucketOfItsOwn() {
        var histogram = ExponentialHistogram()
        histogram.record(0)
        histogram.record(-0.0)
        histogram.record(-1)
        #expect(histogram.zeroCount == 2)
        #expect(histogram.negative.counts == [1])
        #expect(histogram.positive.counts.isEmpty)
        #expect(histogram.summary.count == 3)
        #expect(histogram.summary.min == -1)
        #expect(histogram.summary.max == 0)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func bucketsHoldExactlyTheValues(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let size = [2, 5, 20, 160].randomElement(using: &generator) ?? 160
        let spread = Double.random(in: 0.001...300, using: &generator)
        var histogram = ExponentialHistogram(maximumSize: size)
        var values: [Double] = []
        for _ in 0..<400 {
            let magnitude = exp2(Double.random(in: -spread...spread, using: &generator))
            let sign = Double(Int.random(in: -1...1, using: &generator))
            let value = sign * magnitude
            values.append(value)
            histogram.record(value)
        }
        self.expectHistogram(histogram, holds: values, size: size)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func mergedDistributionsHoldAllValues(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let size = [2, 5, 20, 160].randomElement(using: &generator) ?? 160
        var parts: [ExponentialHistogram] = []
        var values: [Double] = []
        for _ in 0..<6 {
            var part = ExponentialHistogram(maximumSize: size)
            let center = Double.random(in: -50...50, using: &generator)
            for _ in 0..<Int.random(in: 0...60, using: &generator) {
                let spread = Double.random(in: -3...3, using: &generator)
                let value = exp2(center + spread) * (Bool.random(using: &generator) ? 1 : -1)
                values.append(value)
                part.record(value)
            }
            parts.append(part)
        }
        var merged = ExponentialHistogram(maximumSize: size)
        for part in parts { merged.merge(part) }
        self.expectHistogram(merged, holds: values, size: size)
        var reversed = ExponentialHistogram(maximumSize: size)
        for part in parts.reversed() { reversed.merge(part) }
        #expect(reversed.positive.counts == merged.positive.counts)
        #expect(reversed.negative.counts == merged.negative.counts)
        #expect(reversed.scale == merged.scale)
    }

    private func expectHistogram(
        _ histogram: ExponentialHistogram,
        holds values: [Double],
        size: Int
    ) {
        let scale = histogram.scale
        var positive: [Int: UInt64] = [:]
        var negative: [Int: UInt64] = [:]
        for value in values where value != 0 {
            // Taken from the finest scale, as the histogram does: pairs become one.
            let fine = ExponentialHistogram.index(of: value.magnitude, scale: 20)
            let index = fine >> (20 - scale)
            self.expectIndex(index, holds: value.magnitude, scale: scale)
            if value > 0 {
                positive[index, default: 0] += 1
            } else {
                negative[index, default: 0] += 1
            }
        }
        #expect(self.nonEmpty(histogram.positive) == positive)
        #expect(self.nonEmpty(histogram.negative) == negative)
        #expect(histogram.positive.counts.count <= size)
        #expect(histogram.negative.counts.count <= size)
        #expect(histogram.zeroCount == UInt64(values.count { $0 == 0 }))
        #expect(histogram.summary.count == UInt64(values.count))
        #expect(histogram.summary.min == (values.min() ?? Double.infinity))
        #expect(histogram.summary.max == (values.max() ?? -Double.infinity))
        // No coarser than it must be: one scale finer would not fit.
        if scale < 20 {
            let finer = [1.0, -1.0].map { sign in
                let indices = values.filter { $0 * sign > 0 }.map {
                    ExponentialHistogram.index(of: $0.magnitude, scale: 20) >> (19 - scale)
                }
                return (indices.max() ?? 0) - (indices.min() ?? 0) + 1
            }
            #expect(finer.contains { $0 > size })
        }
    }

    private func nonEmpty(_ buckets: ExponentialHistogram.Buckets) -> [Int: UInt64] {
        var result: [Int: UInt64] = [:]
        for (position, count) in buckets.counts.enumerated() where count > 0 {
            result[buckets.offset + position] = count
        }
        return result
    }
}
