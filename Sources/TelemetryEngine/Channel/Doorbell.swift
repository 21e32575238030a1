/// Wakes the one task that sleeps on it, or lets its next sleep end at once.
package final class Doorbell: Sendable {
    private let gate = Locked(Gate())

    package init() {}

    /// Wakes the sleeper.
    package func ring() {
        self.gate.withLock { $0 }.open()
    }

    /// Sleeps until somebody rings, a duration has passed, or the task is cancelled.
    package func sleep(atMost duration: Duration, time: TimeSource) async {
        let gate = self.gate.withLock { $0 }
        await gate.wait(atMost: duration, time: time)
        self.gate.withLock { $0 = Gate() }
    }
}
