private import Synchronization

#if TSAN
    #if canImport(Glibc)
        private import Glibc
    #elseif canImport(Musl)
        private import Musl
    #elseif canImport(Darwin)
        private import Darwin
    #endif
#endif

/// A value that is reached only while a lock is held.
///
/// The lock is `Mutex`, or under `-D TSAN` one of the C library's, because the thread sanitizer
/// does not see through `Mutex` on Linux. Nothing that can call back is done or released inside.
@safe
final class Locked<State>: @unchecked Sendable {
    #if TSAN
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private var state: State

        init(_ state: sending State) {
            self.state = state
            unsafe self.mutex = .allocate(capacity: 1)
            unsafe self.mutex.initialize(to: pthread_mutex_t())
            unsafe pthread_mutex_init(self.mutex, nil)
        }

        deinit {
            unsafe pthread_mutex_destroy(self.mutex)
            unsafe self.mutex.deallocate()
        }

        /// Runs a closure with the value.
        func withLock<Result, Failure: Error>(
            _ body: (inout State) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            unsafe pthread_mutex_lock(self.mutex)
            defer { unsafe pthread_mutex_unlock(self.mutex) }
            return try body(&self.state)
        }
    #else
        private let mutex: Mutex<Void>
        private var state: State

        /// Creates a lock around a value.
        ///
        /// - Parameter state: The value at the beginning.
        init(_ state: sending State) {
            self.state = state
            self.mutex = Mutex(())
        }

        /// Runs a closure with the value.
        ///
        /// - Parameter body: What to do while the lock is held.
        /// - Returns: What the closure returns.
        func withLock<Result, Failure: Error>(
            _ body: (inout State) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            // The mutex guards the value beside it, not one within, so that nothing need be `sending`.
            try self.mutex.withLock { (_: inout sending Void) throws(Failure) -> Result in
                try body(&self.state)
            }
        }
    #endif
}
