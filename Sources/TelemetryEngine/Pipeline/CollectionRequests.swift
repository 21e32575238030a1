/// Those who want the instruments to be read now, and the one task that does it for them.
///
/// Whoever waits may give up at any moment; what was read is handed on all the same, by a task that
/// nobody cancels but the end of the pipeline.
final class CollectionRequests: Sendable {
    private struct State {
        var waiting: [Gate] = []
        /// Opens with the next request; `nil` once nobody serves any more.
        var bell: Gate? = Gate()
    }

    private let state = Locked(State())

    /// Waits until everything measured so far was handed on, or the task is cancelled; returns at
    /// once if nobody serves any more.
    func request() async {
        let done = Gate()
        let bell = self.state.withLock { state in
            if state.bell != nil { state.waiting.append(done) }
            return state.bell
        }
        guard let bell else { return }
        bell.open()
        await done.wait()
    }

    /// Collects whenever somebody asks, until the task is cancelled; requests that come later are
    /// not served.
    func serve(_ collect: () async -> Void) async {
        while let bell = self.state.withLock({ $0.bell }) {
            await bell.wait()
            let isOver = Task.isCancelled
            let waiting = self.state.withLock { state in
                let waiting = state.waiting
                state.waiting = []
                state.bell = isOver ? nil : Gate()
                return waiting
            }
            if !waiting.isEmpty, !isOver { await collect() }
            for gate in waiting { gate.open() }
        }
    }
}
