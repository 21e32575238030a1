internal import CoreMetrics
private import Synchronization

/// The sum of the integers that a `Counter` was incremented by.
///
/// Negative amounts are ignored and counted, as sums of counters never fall. A sum that leaves the
/// range of `Int64` stays at its maximum.
final class CounterCell: MetricCell, CounterHandler, @unchecked Sendable {
    private let sum = StripedWord()
    private let wasReset = Atomic<Bool>(false)

    func increment(by amount: Int64) {
        let bits = UInt64(bitPattern: amount)
        // Small amounts, of which so many would have to be added at once to wrap the sum around as
        // there are no threads: what is beyond the maximum is taken off before that.
        guard bits < 1 << 32, let old = self.sum.addAlone(bits) else {
            return self.incrementOtherwise(by: amount)
        }
        if StripedWord.isTimeToLook(at: old) || old >= UInt64(Int64.max) - 1 << 32 {
            self.lookAround()
        }
    }

    // Apart and last, here and below, so that a usual increment saves no registers for it: what is
    // written has to be in the cache before an atomic addition.
    @inline(never)
    private func lookAround() {
        self.sum.lookForOthers()
        self.sum.limit(to: UInt64(Int64.max))
    }

    @inline(never)
    private func incrementOtherwise(by amount: Int64) {
        guard amount >= 0 else { return self.faults.ignored() }
        let bits = UInt64(bitPattern: amount)
        if self.sum.updateAlone({ Self.saturatingSum($0, bits) }) { return }
        self.sum.updateStripe { Self.saturatingSum($0, bits) }
    }

    /// Starts cumulative sums over; what was counted before is still reported.
    func reset() {
        self.wasReset.store(true, ordering: .relaxed)
    }

    override func drain(into group: inout MetricCollection.Group) {
        let isRestarted = self.wasReset.takeFlag()
        let sum = Int64(bitPattern: self.sum.drain(Self.saturatingSum))
        guard sum != 0 || isRestarted else { return }
        group.integers.append(self.measurement(sum, isRestarted: isRestarted))
    }

    @inline(__always)
    private static func saturatingSum(_ first: UInt64, _ second: UInt64) -> UInt64 {
        // Two values below 2^63 cannot wrap around; the first may be a little above for a moment.
        min(min(first, UInt64(Int64.max)) &+ second, UInt64(Int64.max))
    }
}

extension Atomic<Bool> {
    /// Whether the flag was set; it no longer is.
    borrowing func takeFlag() -> Bool {
        // Flags are rarely set, and reading one is cheaper than exchanging it.
        self.load(ordering: .relaxed) && self.exchange(false, ordering: .acquiringAndReleasing)
    }
}
