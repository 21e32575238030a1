import Foundation
import Testing

/// Proof that the thread sanitizer sees a race when there is one: `dev/test-tsan` runs this test
/// first and demands that it is reported.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["DELIBERATE_RACE"] != nil))
struct DeliberateRaceTests {
    /// A counter without the lock that it needs.
    final class Unguarded: @unchecked Sendable {
        private(set) var count = 0

        func increment() {
            self.count += 1
        }
    }

    @Test("two threads that share an unguarded counter are reported")
    func race() {
        let counter = Unguarded()
        let done = DispatchSemaphore(value: 0)
        // Two threads of our own: tasks might take turns on one, which would not be a race.
        for _ in 0..<2 {
            Thread.detachNewThread {
                for _ in 0..<1_000 { counter.increment() }
                done.signal()
            }
        }
        done.wait()
        done.wait()
        #expect(counter.count > 0)
    }
}
