private import Synchronization

/// A word that many threads add to and one reads.
///
/// It is a single atomic word until two threads are seen to meet at it: the first compare-exchange
/// that is lost makes stripes, and from then on each thread adds to one of its own. Nearly all
/// series are written by one thread at a time, and stay small.
struct StripedWord: ~Copyable, Sendable {
    private let word = Atomic<UInt64>(0)
    private let stripes = Stripes<Atomic<UInt64>>()

    /// Replaces the word by what `combine` makes of it, unless threads meet or have met here.
    ///
    /// Small enough to be inlined where it is called; what remains to be done when it returns
    /// `false` is not, and is left to ``updateStripe(_:)``. A word is zero to begin with.
    @inline(__always)
    func updateAlone(_ combine: (UInt64) -> UInt64) -> Bool {
        guard !self.stripes.exist else { return false }
        let current = self.word.load(ordering: .relaxed)
        return self.word.compareExchange(
            expected: current,
            desired: combine(current),
            ordering: .relaxed
        ).exchanged
    }

    /// Adds to the word, unless threads have met here, and returns what it was before.
    ///
    /// An addition waits for nothing but the word, where a compare-exchange waits for reading it,
    /// too; but it cannot be lost, so that somebody has to look for other threads now and then.
    @inline(__always)
    func addAlone(_ amount: UInt64) -> UInt64? {
        guard !self.stripes.exist else { return nil }
        return self.word.wrappingAdd(amount, ordering: .relaxed).oldValue
    }

    /// Whether it is time to look for other threads, when a word was `old`: in one of 64 cases.
    @inline(__always)
    static func isTimeToLook(at old: UInt64) -> Bool {
        // Of the product of a sum and an odd number the upper bits change with every amount.
        (old &* 0x9E37_79B9_7F4A_7C15) >> 58 == 0
    }

    /// Makes stripes if another thread is at the word in this moment.
    func lookForOthers() {
        for _ in 0..<4 {
            let current = self.word.load(ordering: .relaxed)
            let (exchanged, _) = self.word.compareExchange(
                expected: current,
                desired: current,
                ordering: .relaxed
            )
            guard exchanged else { return self.stripes.make { Atomic(0) } }
        }
    }

    /// Lowers the word to `limit` where it is above.
    func limit(to limit: UInt64) {
        var current = self.word.load(ordering: .relaxed)
        while current > limit {
            let (exchanged, original) = self.word.compareExchange(
                expected: current,
                desired: limit,
                ordering: .relaxed
            )
            if exchanged { return }
            current = original
        }
    }

    /// Replaces the thread's stripe by what `combine` makes of it.
    ///
    /// `combine` may run several times; it has no effects.
    @inline(__always)
    func updateStripe(_ combine: (UInt64) -> UInt64) {
        if self.updateExistingStripe(combine) { return }
        self.stripes.make { Atomic(0) }
        _ = self.updateExistingStripe(combine)
    }

    /// Takes what was added since the last call, leaving zero.
    ///
    /// - Parameter combine: makes one value of two.
    func drain(_ combine: (UInt64, UInt64) -> UInt64) -> UInt64 {
        var result = Self.take(self.word)
        self.stripes.visit { result = combine(result, Self.take($0)) }
        return result
    }

    @inline(__always)
    private func updateExistingStripe(_ combine: (UInt64) -> UInt64) -> Bool {
        self.stripes.withCurrent { word in
            var current = word.load(ordering: .relaxed)
            while true {
                let (exchanged, original) = word.compareExchange(
                    expected: current,
                    desired: combine(current),
                    ordering: .relaxed
                )
                if exchanged { return }
                current = original
            }
        }
    }

    private static func take(_ word: borrowing Atomic<UInt64>) -> UInt64 {
        // An idle word is only read, so that its line stays where it is.
        guard word.load(ordering: .relaxed) != 0 else { return 0 }
        return word.exchange(0, ordering: .relaxed)
    }
}
