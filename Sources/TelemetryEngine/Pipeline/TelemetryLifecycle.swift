/// Where a pipeline is in its life, and what it was told.
///
/// Graceful shutdown and cancellation arrive here as events, from handlers that may not do more
/// than post them.
final class TelemetryLifecycle: Sendable {
    private enum State {
        /// Nobody runs the pipeline. To `running`.
        case idle
        /// Somebody does, or did; ``ended`` tells.
        case running
    }

    private let state = Locked(State.idle)

    /// The pipeline is to deliver what it has, and end.
    let shutdownRequested = Gate()

    /// The pipeline is to store what it has, and end.
    let cutOffRequested = Gate()

    /// The pipeline has ended.
    let ended = Gate()

    /// Whether somebody runs the pipeline now.
    var isRunning: Bool {
        guard !self.ended.isOpen else { return false }
        return self.state.withLock { state in
            if case .running = state { return true }
            return false
        }
    }

    /// Somebody wants to run the pipeline; `false` if somebody else has.
    func begin() -> Bool {
        self.state.withLock { state in
            guard case .idle = state else { return false }
            state = .running
            return true
        }
    }

    /// A graceful shutdown has begun.
    func requestShutdown() {
        self.shutdownRequested.open()
    }

    /// The task that runs the pipeline was cancelled: the first notice to stop means the same as
    /// a graceful shutdown, one after it means that nobody will wait any longer.
    func wasCancelled() {
        if !self.shutdownRequested.open() {
            self.cutOffRequested.open()
        }
    }
}
