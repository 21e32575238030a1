internal import CoreMetrics
private import Synchronization

/// The sum of what a `FloatingPointCounter` was incremented by.
///
/// Negative and non-finite amounts are ignored and counted. A sum that leaves the range of finite
/// doubles stays at its end.
final class FloatingPointCounterCell: MetricCell, FloatingPointCounterHandler, @unchecked Sendable {
    // Bits of doubles; those of zero are zero.
    private let sum = StripedWord()
    private let wasReset = Atomic<Bool>(false)

    func increment(by amount: Double) {
        guard amount >= 0, amount.isFinite else { return self.faults.ignored() }
        if self.sum.updateAlone({ Double(bitPattern: $0).saturatingSum(amount).bitPattern }) {
            return
        }
        self.incrementStripe(by: amount)
    }

    // Apart, so that an increment without contention saves no registers for it.
    @inline(never)
    private func incrementStripe(by amount: Double) {
        self.sum.updateStripe { Double(bitPattern: $0).saturatingSum(amount).bitPattern }
    }

    /// Starts cumulative sums over; what was counted before is still reported.
    func reset() {
        self.wasReset.store(true, ordering: .relaxed)
    }

    override func drain(into group: inout MetricCollection.Group) {
        let isRestarted = self.wasReset.takeFlag()
        let bits = self.sum.drain {
            Double(bitPattern: $0).saturatingSum(Double(bitPattern: $1)).bitPattern
        }
        let sum = Double(bitPattern: bits)
        guard sum != 0 || isRestarted else { return }
        group.doubles.append(self.measurement(sum, isRestarted: isRestarted))
    }
}

extension Double {
    /// The sum of two finite numbers, or the end of their range that it lies beyond.
    @inline(__always)
    func saturatingSum(_ other: Double) -> Double {
        let sum = self + other
        if sum.isFinite { return sum }
        return sum > 0 ? .greatestFiniteMagnitude : -.greatestFiniteMagnitude
    }
}
