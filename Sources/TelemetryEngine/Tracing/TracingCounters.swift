private import Synchronization

/// What the tracer counts on the caller's path.
package final class TracingCounters: Sendable {
    /// The counters at one moment.
    package struct Values: Hashable, Sendable {
        /// Spans that are or were recorded, record-only ones included.
        package var recorded: UInt64 = 0
        /// Spans that were not recorded at all.
        package var notSampled: UInt64 = 0
        /// Recorded spans that are not to be exported.
        package var recordOnly: UInt64 = 0
        /// Calls of `end` on a span that had ended.
        package var endedTwice: UInt64 = 0

        /// All spans that were started.
        package var started: UInt64 { self.recorded + self.notSampled }
    }

    private let recorded = Atomic<UInt64>(0)
    private let notSampled = Atomic<UInt64>(0)
    private let recordOnly = Atomic<UInt64>(0)
    private let endedTwice = Atomic<UInt64>(0)

    /// Creates counters at zero.
    package init() {}

    /// The counters now; each is exact, but they are not read in one moment.
    package var values: Values {
        Values(
            recorded: self.recorded.load(ordering: .relaxed),
            notSampled: self.notSampled.load(ordering: .relaxed),
            recordOnly: self.recordOnly.load(ordering: .relaxed),
            endedTwice: self.endedTwice.load(ordering: .relaxed)
        )
    }

    func countRecorded(isSampled: Bool) {
        self.recorded.wrappingAdd(1, ordering: .relaxed)
        if !isSampled {
            self.recordOnly.wrappingAdd(1, ordering: .relaxed)
        }
    }

    func countNotSampled() {
        self.notSampled.wrappingAdd(1, ordering: .relaxed)
    }

    func countEndedTwice() {
        self.endedTwice.wrappingAdd(1, ordering: .relaxed)
    }
}
