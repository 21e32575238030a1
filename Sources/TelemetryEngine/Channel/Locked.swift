#if TSAN
    #if canImport(Glibc)
        private import Glibc
    #elseif canImport(Musl)
        private import Musl
    #elseif canImport(Darwin)
        private import Darwin
    #endif

    /// A value behind a lock: the engine's only lock type.
    ///
    /// This is the form for the thread sanitizer, which does not understand `Synchronization.Mutex`
    /// on Linux and reports races in correct programs. Never call foreign code, and never release a
    /// value that may run foreign code in its `deinit`, while the lock is held.
    @safe package final class Locked<State: ~Copyable>: @unchecked Sendable {
        // Safe: the pointer lives as long as the object. Unchecked: the mutex, which the sanitizer
        // does understand, guards the state.
        private var state: State
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>

        package init(_ state: consuming sending State) {
            self.state = state
            unsafe self.mutex = .allocate(capacity: 1)
            unsafe pthread_mutex_init(self.mutex, nil)
        }

        deinit {
            unsafe pthread_mutex_destroy(self.mutex)
            unsafe self.mutex.deallocate()
        }

        package func withLock<Result, Failure: Error>(
            _ body: (inout sending State) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            unsafe pthread_mutex_lock(self.mutex)
            defer { unsafe pthread_mutex_unlock(self.mutex) }
            return try body(&self.state)
        }

        /// Runs `body` if nobody holds the lock, else returns `nil` at once.
        package func withLockIfAvailable<Result, Failure: Error>(
            _ body: (inout sending State) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result? {
            guard unsafe pthread_mutex_trylock(self.mutex) == 0 else { return nil }
            defer { unsafe pthread_mutex_unlock(self.mutex) }
            return try body(&self.state)
        }
    }
#else
    private import Synchronization

    /// A value behind a lock: the engine's only lock type.
    ///
    /// `Synchronization.Mutex`, except under the thread sanitizer. Never call foreign code, and never
    /// release a value that may run foreign code in its `deinit`, while the lock is held: the lock is
    /// not recursive.
    package struct Locked<State: ~Copyable>: ~Copyable, Sendable {
        private let mutex: Mutex<State>

        package init(_ state: consuming sending State) {
            self.mutex = Mutex(state)
        }

        package borrowing func withLock<Result, Failure: Error>(
            _ body: (inout sending State) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            try self.mutex.withLock(body)
        }

        /// Runs `body` if nobody holds the lock, else returns `nil` at once.
        package borrowing func withLockIfAvailable<Result, Failure: Error>(
            _ body: (inout sending State) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result? {
            try self.mutex.withLockIfAvailable(body)
        }
    }
#endif
