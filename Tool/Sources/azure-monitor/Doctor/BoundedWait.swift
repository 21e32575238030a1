import Foundation
import Synchronization

/// Waits that end in time, whatever they wait for.
enum BoundedWait {
    /// Does blocking work on a thread of its own.
    ///
    /// Work that takes longer goes on; nobody waits for it any more.
    ///
    /// - Returns: `nil` if the time is up, or the task was cancelled.
    static func onThread<Value: Sendable>(
        _ limit: Duration,
        _ work: @escaping @Sendable () -> Value
    ) async -> Value? {
        let promise = Promise<Value>()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                promise.set(continuation)
                Thread.detachNewThread { promise.resume(work()) }
                Task {
                    try? await Task.sleep(for: limit)
                    promise.resume(nil)
                }
            }
        } onCancel: {
            promise.resume(nil)
        }
    }

    /// Waits for something that ends soon when it is cancelled.
    ///
    /// - Returns: `nil` if the time is up.
    static func forTask<Value: Sendable>(
        _ limit: Duration,
        _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await work() }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// Whoever comes first resumes.
    private final class Promise<Value: Sendable>: Sendable {
        private enum State {
            case new, done
            case waiting(CheckedContinuation<Value?, Never>)
        }

        private let state = Mutex(State.new)

        func set(_ continuation: CheckedContinuation<Value?, Never>) {
            let isDone = self.state.withLock { state in
                if case .done = state { return true }
                state = .waiting(continuation)
                return false
            }
            if isDone { continuation.resume(returning: nil) }
        }

        func resume(_ value: Value?) {
            let continuation = self.state.withLock { state -> CheckedContinuation<Value?, Never>? in
                defer { state = .done }
                guard case .waiting(let continuation) = state else { return nil }
                return continuation
            }
            continuation?.resume(returning: value)
        }
    }
}
