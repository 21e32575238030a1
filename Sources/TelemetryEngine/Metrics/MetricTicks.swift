/// The moments at which metrics are collected: one each interval, until the task is cancelled.
///
/// Moments lie a whole number of intervals after the first was waited for, so that slow exports do
/// not shift them. Those that pass while nobody waits are left out, not made up for.
package struct MetricTicks: AsyncSequence, Sendable {
    /// A moment to collect.
    package struct Tick: Sendable, Hashable {
        /// Creates a tick.
        package init() {}
    }

    /// Waits for the moments, one by one.
    package struct AsyncIterator: AsyncIteratorProtocol {
        private let interval: UInt64
        private let time: TimeSource
        private var next: UInt64?

        fileprivate init(interval: UInt64, time: TimeSource) {
            self.interval = interval
            self.time = time
        }

        /// Waits for the next moment; returns `nil` when the task is cancelled.
        package mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async -> Tick? {
            let now = self.time.monotonicNow()
            var moment = self.next ?? now.advancedOrMaximum(by: self.interval)
            if moment <= now {
                let missed = (now - moment) / self.interval + 1
                moment = moment.advancedOrMaximum(by: missed.multipliedOrMaximum(by: self.interval))
            }
            do {
                try await self.time.sleep(.nanoseconds(moment - now))
            } catch {
                return nil
            }
            self.next = moment.advancedOrMaximum(by: self.interval)
            return Tick()
        }

        /// Waits for the next moment; returns `nil` when the task is cancelled.
        package mutating func next() async -> Tick? {
            await self.next(isolation: nil)
        }
    }

    private let interval: UInt64
    private let time: TimeSource

    /// Creates moments that are `interval` apart; at least a millisecond.
    package init(every interval: Duration, time: TimeSource = .system) {
        let (seconds, attoseconds) = interval.components
        let whole = UInt64(clamping: seconds).multipliedOrMaximum(by: 1_000_000_000)
        let nanoseconds = whole.advancedOrMaximum(by: UInt64(clamping: attoseconds / 1_000_000_000))
        // A hundred years, so that no sum of a few of them wraps around.
        self.interval = Swift.min(Swift.max(nanoseconds, 1_000_000), 3_155_760_000_000_000_000)
        self.time = time
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(interval: self.interval, time: self.time)
    }
}

extension UInt64 {
    /// The sum, or the largest number.
    fileprivate func advancedOrMaximum(by other: UInt64) -> UInt64 {
        let (sum, hasOverflowed) = self.addingReportingOverflow(other)
        return hasOverflowed ? .max : sum
    }

    /// The product, or the largest number.
    fileprivate func multipliedOrMaximum(by other: UInt64) -> UInt64 {
        let (product, hasOverflowed) = self.multipliedReportingOverflow(by: other)
        return hasOverflowed ? .max : product
    }
}
