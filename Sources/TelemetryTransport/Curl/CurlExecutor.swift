import CCurl
import CCurlShims
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An executor with a thread of its own, which waits for sockets while it has nothing to run.
///
/// The thread begins with ``start()`` and ends with ``shutDown()``. A job that comes even later
/// still runs, on a thread that ends with it: whoever waits for it must not wait for ever.
@safe
final class CurlExecutor: SerialExecutor, @unchecked Sendable {
    private enum Work {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    @safe
    private struct State {
        var queue: [Work] = []
        var thread: pthread_t?
        /// The thread that has ended and whose remains the system still keeps.
        var unjoined: pthread_t?
        /// Whether the system keeps nothing of the thread when it ends.
        var isDetached = false
        var isAsleep = false
        var isClosing = false
        var wakeable: UnsafeMutableRawPointer?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// The transfers; to be used on the thread alone.
    let driver: CurlDriver

    private let ledger: HandleLedger
    private let state = Locked(State())
    /// How many use the multi handle from other threads at this moment.
    private let wakers = Atomic<Int>(0)

    /// Creates an executor without a thread.
    ///
    /// - Parameters:
    ///   - driver: What the thread drives, and closes at its end.
    ///   - ledger: Counts what lives outside of Swift.
    init(driver: CurlDriver, ledger: HandleLedger) {
        self.driver = driver
        self.ledger = ledger
    }

    /// Whether the thread exists.
    var isRunning: Bool {
        self.state.withLock { $0.thread != nil }
    }

    /// Starts the thread, unless it runs.
    ///
    /// - Throws: `shutDown` after ``shutDown()``, `other` if the system gives no thread.
    func start() throws(TransportError) {
        try self.state.withLock { state throws(TransportError) in
            guard !state.isClosing else {
                throw TransportError(code: .shutDown, message: "The transport was shut down.")
            }
            guard state.thread == nil else {
                return
            }
            guard Self.isLibraryReady, let multi = unsafe curl_multi_init() else {
                throw TransportError(code: .other, message: "libcurl could not be initialised.")
            }
            // Not yet on the thread, but before it: creating it orders one after the other.
            unsafe self.driver.open(multi)
            unsafe state.wakeable = multi
            self.ledger.multiHandles.add(1, ordering: .relaxed)
            guard self.makeThread(&state) else {
                unsafe state.wakeable = nil
                self.driver.close()
                throw TransportError(code: .other, message: "The system gave no thread.")
            }
        }
    }

    /// Ends the thread, if there is one, and returns when it has ended.
    func shutDown() async {
        self.close()
        await withCheckedContinuation { continuation in
            let hasEnded = self.state.withLock { state in
                if state.thread != nil {
                    state.waiting.append(continuation)
                    return false
                }
                return true
            }
            if hasEnded {
                continuation.resume()
            }
        }
        let unjoined = self.state.withLock { $0.unjoined.take() }
        if let unjoined = unjoined {
            // It has done all but its last instructions, so this takes no time.
            pthread_join(unjoined, nil)
        }
    }

    /// Tells the thread to end and does not wait for it.
    func close() {
        let sleeper = unsafe self.state.withLock { state in
            state.isClosing = true
            return unsafe self.sleeper(&state)
        }
        unsafe self.wake(sleeper)
    }

    /// Tells the thread to end; nobody will call ``shutDown()`` any more.
    func abandon() {
        self.close()
        self.state.withLock { state in
            if let thread = state.thread, !state.isDetached {
                pthread_detach(thread)
                state.isDetached = true
            }
            if let unjoined = state.unjoined.take() {
                pthread_detach(unjoined)
            }
        }
    }

    // MARK: Work

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let sleeper = unsafe self.state.withLock { state in
            state.queue.append(.job(job))
            // Only after the end: whoever comes to the actor has called `start()` before.
            if state.thread == nil, self.makeThread(&state), let thread = state.thread {
                pthread_detach(thread)
                state.isDetached = true
            }
            return unsafe self.sleeper(&state)
        }
        unsafe self.wake(sleeper)
    }

    /// Runs a closure on the thread; not at all if the thread has ended.
    ///
    /// - Parameter body: What to run, in turn with the jobs.
    func perform(_ body: @escaping @Sendable () -> Void) {
        let sleeper = unsafe self.state.withLock { state -> UnsafeMutableRawPointer? in
            guard state.thread != nil else {
                return nil
            }
            state.queue.append(.call(body))
            return unsafe self.sleeper(&state)
        }
        unsafe self.wake(sleeper)
    }

    func checkIsolated() {
        precondition(self.isOnThread, "Not on the thread of the transport.")
    }

    func isIsolatingCurrentContext() -> Bool? {
        self.isOnThread
    }

    private var isOnThread: Bool {
        self.state.withLock { state in
            guard let thread = state.thread else {
                return false
            }
            return pthread_equal(thread, pthread_self()) != 0
        }
    }

    // MARK: The thread

    /// Prepares libcurl once for the process; it is never undone, since others may use it, too.
    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    /// Says whether the thread must be woken; to be called under the lock.
    ///
    /// While it is awake it looks into the queue before it sleeps.
    private func sleeper(_ state: inout State) -> UnsafeMutableRawPointer? {
        guard state.isAsleep, let wakeable = unsafe state.wakeable else {
            return nil
        }
        state.isAsleep = false
        self.wakers.add(1, ordering: .relaxed)
        return unsafe wakeable
    }

    /// Wakes the thread; without the lock, which is the first thing the thread then wants.
    private func wake(_ sleeper: UnsafeMutableRawPointer?) {
        if let sleeper = unsafe sleeper {
            unsafe curl_multi_wakeup(sleeper)
            self.wakers.subtract(1, ordering: .releasing)
        }
    }

    /// Creates the thread; to be called under the lock.
    private func makeThread(_ state: inout State) -> Bool {
        // The thread is born with all signals blocked, so that none, not even the SIGPIPE of a
        // closed connection, ever reaches the host's handlers through it.
        var all = sigset_t()
        var previous = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &previous, nil) }
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let result = unsafe pthread_create(&thread, nil, threadMain, context)
        guard result == 0 else {
            unsafe Unmanaged<CurlExecutor>.fromOpaque(context).release()
            return false
        }
        state.thread = thread
        return true
    }

    fileprivate func run() {
        unsafe azm_name_thread("azure-monitor")
        var work: [Work] = []
        var isOpen = true
        while true {
            let isClosing = self.state.withLock { state in
                state.isAsleep = false
                swap(&work, &state.queue)
                return state.isClosing
            }
            for item in work {
                switch item {
                case .job(let job): unsafe job.runSynchronously(on: self.asUnownedSerialExecutor())
                case .call(let body): body()
                }
            }
            work.removeAll(keepingCapacity: true)
            if isClosing, isOpen {
                isOpen = false
                // What it ends resumes tasks, whose jobs come to our queue.
                self.state.withLock { unsafe $0.wakeable = nil }
                while self.wakers.load(ordering: .acquiring) > 0 {
                    sched_yield()
                }
                self.driver.close()
            } else {
                self.driver.drive()
            }
            let next = self.state.withLock { state -> Next in
                guard state.queue.isEmpty else { return .work }
                guard state.isClosing else {
                    state.isAsleep = true
                    return .wait
                }
                guard !isOpen else { return .work }
                return .end(self.finish(&state))
            }
            switch next {
            case .work: continue
            case .wait: self.driver.wait()
            case .end(let waiting):
                for continuation in waiting { continuation.resume() }
                return
            }
        }
    }

    private enum Next {
        case work
        case wait
        case end([CheckedContinuation<Void, Never>])
    }

    /// Takes the thread out of the state; it touches nothing after that.
    private func finish(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        let thread = state.thread.take()
        if !state.isDetached {
            state.unjoined = thread
        }
        state.isDetached = false
        defer { state.waiting = [] }
        return state.waiting
    }
}

#if canImport(Darwin)
    private func threadMain(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        unsafe Unmanaged<CurlExecutor>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }
#else
    private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let context = unsafe context {
            unsafe Unmanaged<CurlExecutor>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
    }
#endif
