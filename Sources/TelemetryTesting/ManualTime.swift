public import TelemetryEngine
public import TelemetryModel

/// Time that stands still until a test moves it.
///
/// Hand ``source`` to what is tested. ``advance(by:)`` moves both clocks and resumes who slept long
/// enough; ``wall`` steps the wall clock alone. Before moving the time, ``waitForSleepers(_:)``
/// makes sure that the code under test sleeps already.
public final class ManualTime: Sendable {
    private struct Sleeper {
        let id: UInt64
        let deadline: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var wall: UInt64
        var monotonic: UInt64 = 1_000_000_000
        var nextID: UInt64 = 0
        var sleepers: [Sleeper] = []
        var watchers: [Watcher] = []

        mutating func takeSatisfiedWatchers() -> [Watcher] {
            let count = self.sleepers.count
            let satisfied = self.watchers.filter { $0.count <= count }
            self.watchers.removeAll { $0.count <= count }
            return satisfied
        }
    }

    private let state: Locked<State>

    /// Creates time that stands still at `wall`, 2026-01-01T00:00:00Z unless told otherwise.
    public init(wall: Timestamp = Timestamp(nanosecondsSinceEpoch: 1_767_225_600_000_000_000)) {
        self.state = Locked(State(wall: wall.nanosecondsSinceEpoch))
    }

    /// The clocks, for what is tested.
    public var source: TimeSource {
        TimeSource(
            wallNow: { self.wall },
            monotonicNow: { self.monotonic },
            sleep: { try await self.sleep(for: $0) }
        )
    }

    /// The wall clock; setting it steps it, which moves no other clock and wakes nobody.
    public var wall: Timestamp {
        get { Timestamp(nanosecondsSinceEpoch: self.state.withLock { $0.wall }) }
        set { self.state.withLock { $0.wall = newValue.nanosecondsSinceEpoch } }
    }

    /// The monotonic clock, in nanoseconds since an arbitrary moment.
    public var monotonic: UInt64 { self.state.withLock { $0.monotonic } }

    /// How many tasks sleep.
    public var sleeperCount: Int { self.state.withLock { $0.sleepers.count } }

    /// Moves both clocks and resumes those whose time has come, the earliest first.
    ///
    /// - Parameter duration: not negative; less counts as zero.
    public func advance(by duration: Duration) {
        let nanoseconds = Self.nanoseconds(of: duration)
        let due = self.state.withLock { state in
            state.wall &+= nanoseconds
            state.monotonic &+= nanoseconds
            let now = state.monotonic
            let due = state.sleepers.filter { $0.deadline <= now }
            state.sleepers.removeAll { $0.deadline <= now }
            return due
        }
        for sleeper in due.sorted(by: { $0.deadline < $1.deadline }) {
            sleeper.continuation.resume()
        }
    }

    /// Waits until at least `count` tasks sleep.
    public func waitForSleepers(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isSatisfied = self.state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append(Watcher(count: count, continuation: continuation))
                return false
            }
            if isSatisfied {
                continuation.resume()
            }
        }
    }

    /// Suspends until the monotonic clock has moved by `duration`.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        let nanoseconds = Self.nanoseconds(of: duration)
        guard nanoseconds > 0 else { return }
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let watchers: [Watcher]? = self.state.withLock { state in
                    // Either this sees the cancellation, or the handler sees the sleeper.
                    guard !Task.isCancelled else { return nil }
                    state.sleepers.append(
                        Sleeper(
                            id: id,
                            deadline: state.monotonic &+ nanoseconds,
                            continuation: continuation
                        )
                    )
                    return state.takeSatisfiedWatchers()
                }
                guard let watchers else {
                    continuation.resume(throwing: CancellationError())
                    return
                }
                for watcher in watchers {
                    watcher.continuation.resume()
                }
            }
        } onCancel: {
            let sleeper = self.state.withLock { state in
                let index = state.sleepers.firstIndex { $0.id == id }
                return index.map { state.sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    private static func nanoseconds(of duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return isTooLong ? .max / 2 : whole &+ UInt64(attoseconds / 1_000_000_000)
    }
}
