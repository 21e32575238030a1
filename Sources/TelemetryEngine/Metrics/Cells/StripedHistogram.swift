/// A distribution that many threads record into and one reads.
///
/// It is a single distribution under a lock until two threads meet at it: the first that finds the
/// lock taken makes stripes, and from then on each thread records into one of its own.
struct StripedHistogram<Histogram: HistogramAggregate>: ~Copyable, Sendable {
    private let whole: Locked<Histogram>
    private let stripes = Stripes<Locked<Histogram>>()
    private let empty: Histogram

    /// Creates a distribution that starts, and starts over, like `empty`.
    init(_ empty: Histogram) {
        self.empty = empty
        self.whole = Locked(empty.emptied())
    }

    /// Records a finite value.
    @inline(__always)
    func record(_ value: Double) {
        if !self.stripes.exist,
            self.whole.withLockIfAvailable({ $0.record(value) }) != nil
        {
            return
        }
        self.recordIntoStripe(value)
    }

    /// Records a finite value into the thread's stripe, which it makes if there is none.
    func recordIntoStripe(_ value: Double) {
        if self.recordIntoExistingStripe(value) { return }
        self.stripes.make { Locked(self.empty.emptied()) }
        _ = self.recordIntoExistingStripe(value)
    }

    /// Takes what was recorded since the last call; `nil` if nothing was.
    func drain() -> Histogram? {
        var result = self.take(self.whole)
        self.stripes.visit { stripe in
            guard let part = self.take(stripe) else { return }
            if result == nil {
                result = part
            } else {
                result?.merge(part)
            }
        }
        return result
    }

    @inline(__always)
    private func recordIntoExistingStripe(_ value: Double) -> Bool {
        self.stripes.withCurrent { stripe in
            stripe.withLock { $0.record(value) }
        }
    }

    private func take(_ part: borrowing Locked<Histogram>) -> Histogram? {
        guard !part.withLock({ $0.isEmpty }) else { return nil }
        // What replaces it is made here, so that the next caller need not allocate.
        let fresh = self.empty.emptied()
        return part.withLock { histogram in
            let taken = histogram
            histogram = fresh
            return taken
        }
    }
}
