private import Synchronization

/// A word that many threads add to and one reads.
///
/// It is a single atomic word until two threads meet at it: the first compare-exchange that is
/// lost makes stripes, and from then on each thread adds to one of its own. Nearly all series are
/// written by one thread at a time, and stay small.
struct StripedWord: ~Copyable, Sendable {
    private let word = Atomic<UInt64>(0)
    private let stripes = Stripes<Atomic<UInt64>>()

    /// Replaces the word, or the thread's stripe of it, by what `combine` makes of it.
    ///
    /// A word is zero to begin with. `combine` may run several times; it has no effects.
    @inline(__always)
    func update(_ combine: (UInt64) -> UInt64) {
        if self.updateStripe(combine) { return }
        let current = self.word.load(ordering: .relaxed)
        let (exchanged, _) = self.word.compareExchange(
            expected: current,
            desired: combine(current),
            ordering: .relaxed
        )
        if !exchanged {
            self.stripes.make { Atomic(0) }
            _ = self.updateStripe(combine)
        }
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
    private func updateStripe(_ combine: (UInt64) -> UInt64) -> Bool {
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
