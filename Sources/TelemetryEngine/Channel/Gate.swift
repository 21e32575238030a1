/// Something that happens once, which any number of tasks can wait for.
package final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var nextID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Locked(State())

    package init() {}

    /// Whether it has happened.
    package var isOpen: Bool { self.state.withLock { $0.isOpen } }

    /// Lets everybody through, now and later; returns whether this was the first time.
    @discardableResult
    package func open() -> Bool {
        let waiters: [CheckedContinuation<Void, Never>]? = self.state.withLock { state in
            guard !state.isOpen else { return nil }
            state.isOpen = true
            let waiters = Array(state.waiters.values)
            state.waiters = [:]
            return waiters
        }
        for waiter in waiters ?? [] { waiter.resume() }
        return waiters != nil
    }

    /// Waits until it happens, or until the task is cancelled.
    package func wait() async {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let mayPass = self.state.withLock { state in
                    if state.isOpen || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if mayPass { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }

    /// Waits until it happens, a duration has passed, or the task is cancelled.
    package func wait(atMost duration: Duration, time: TimeSource) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { try? await time.sleep(duration) }
            await group.next()
            group.cancelAll()
        }
    }
}
