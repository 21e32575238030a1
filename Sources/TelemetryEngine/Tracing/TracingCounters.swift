private import Synchronization

/// What is counted about spans that no channel sees.
package final class TracingCounters: Sendable {
    private let endedTwiceCount = Atomic<UInt64>(0)

    package init() {}

    /// How often `end` was called on a span that had ended.
    package var endedTwice: UInt64 { self.endedTwiceCount.load(ordering: .relaxed) }

    func spanEndedTwice() {
        self.endedTwiceCount.wrappingAdd(1, ordering: .relaxed)
    }
}
