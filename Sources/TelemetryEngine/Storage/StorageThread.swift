#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Runs the jobs of one actor on a thread of its own.
///
/// Files block whoever waits for them, and the threads that run everybody's tasks are few. The
/// thread starts with a job, has all signals blocked, so that the host's handlers never run on it,
/// and ends when there was nothing to do for a moment: while all is delivered at once there is none.
/// A job that comes later starts another.
final class StorageThread: SerialExecutor {
    private let queue: Queue

    /// How long the thread waits for another job by default.
    static let patience: Duration = .milliseconds(50)

    /// Creates an executor without a thread.
    ///
    /// - Parameters:
    ///   - name: What the thread is called.
    ///   - patience: How long it waits for another job before it ends.
    init(name: String, patience: Duration = StorageThread.patience) {
        self.queue = Queue(name: name, patience: patience)
    }

    deinit {
        self.queue.end(nil)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        self.queue.append(
            unsafe QueuedJob(job: UnownedJob(job), executor: self.asUnownedSerialExecutor())
        )
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    /// Whether the caller runs on the thread.
    func isIsolatingCurrentContext() -> Bool? {
        self.queue.isCurrent
    }

    /// Whether there is a thread now.
    var isRunning: Bool { self.queue.isRunning }

    /// Traps if the caller does not run on the thread.
    func checkIsolated() {
        precondition(self.queue.isCurrent, "Not on the thread of offline storage.")
    }

    /// Ends the thread when its jobs are done, and returns when it is gone.
    func end() async {
        let thread = await withCheckedContinuation { self.queue.end($0) }
        // The thread has said its last word, so this does not wait.
        thread.join()
    }
}

/// A thread that has ended or is about to.
private struct EndedThread: @unchecked Sendable {
    // Unchecked: an identifier, which the platform may represent as a pointer.
    var thread: pthread_t?

    func join() {
        if let thread = self.thread { _ = pthread_join(thread, nil) }
    }
}

@safe private struct QueuedJob {
    // Safe: a job keeps its actor alive, and that its executor, until it has run.
    var job: UnownedJob
    var executor: UnownedSerialExecutor
}

/// The jobs of an executor, and the thread that runs them.
@safe private final class Queue: @unchecked Sendable {
    // Safe: the two pointers live as long as the object. Unchecked: the mutex guards everything
    // below it. A condition needs a mutex of its own kind, which is why this is not `Locked`.
    private let name: String
    private let patience: Duration
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var jobs: [QueuedJob] = []
    private var thread: pthread_t?
    /// The thread before, which has ended by itself and whose remains the system still keeps.
    private var unjoined: pthread_t?
    private var isEnding = false
    private var isBorrowed = false
    private var waiters: [CheckedContinuation<EndedThread, Never>] = []

    init(name: String, patience: Duration) {
        self.name = name
        self.patience = patience
        unsafe self.mutex = .allocate(capacity: 1)
        unsafe self.condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(self.mutex, nil)
        #if canImport(Darwin)
            unsafe pthread_cond_init(self.condition, nil)
        #else
            // A wall clock that is set would make the thread wait for hours, or not at all.
            var attributes = pthread_condattr_t()
            unsafe pthread_condattr_init(&attributes)
            unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            unsafe pthread_cond_init(self.condition, &attributes)
            unsafe pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        if let unjoined = self.unjoined { _ = pthread_detach(unjoined) }
        unsafe pthread_cond_destroy(self.condition)
        unsafe pthread_mutex_destroy(self.mutex)
        unsafe self.condition.deallocate()
        unsafe self.mutex.deallocate()
    }

    var isRunning: Bool { self.withLock { self.thread != nil } }

    var isCurrent: Bool {
        self.withLock {
            guard let thread = self.thread else { return false }
            return pthread_equal(thread, pthread_self()) != 0
        }
    }

    func append(_ job: QueuedJob) {
        let mustRunHere = self.withLock {
            self.jobs.append(job)
            if self.thread == nil, !self.start() {
                self.thread = pthread_self()
                self.isBorrowed = true
                self.isEnding = true
                return true
            }
            unsafe pthread_cond_signal(self.condition)
            return false
        }
        // The system gives no thread. To hold up the caller's is better than to lose the job.
        if mustRunHere { self.runJobs() }
    }

    /// Ends the thread when it has nothing to do; `waiter` is resumed as its last act.
    func end(_ waiter: CheckedContinuation<EndedThread, Never>?) {
        var unjoined: pthread_t?
        let isGone = self.withLock {
            guard self.thread != nil else {
                if waiter != nil { unjoined = self.unjoined.take() }
                return true
            }
            self.isEnding = true
            if let waiter { self.waiters.append(waiter) }
            unsafe pthread_cond_signal(self.condition)
            return false
        }
        if isGone { waiter?.resume(returning: EndedThread(thread: unjoined)) }
    }

    /// Starts the thread; `false` if the system has none to give.
    private func start() -> Bool {
        self.isEnding = false
        // It has done all but its last instructions, so this takes no time.
        if let unjoined = self.unjoined.take() { _ = pthread_join(unjoined, nil) }
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        // A thread inherits the mask, so there is no moment at which it has another.
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        let argument = unsafe Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let result = unsafe pthread_create(&thread, nil, runQueue, argument)
        guard result == 0 else {
            unsafe Unmanaged<Queue>.fromOpaque(argument).release()
            return false
        }
        self.thread = thread
        return true
    }

    /// The thread.
    func run() {
        #if os(Linux)
            Self.setName(self.name)
        #endif
        self.runJobs()
    }

    private func runJobs() {
        while let batch = self.nextJobs() {
            for job in batch {
                unsafe job.job.runSynchronously(on: job.executor)
            }
        }
    }

    #if os(Linux)
        /// Names the calling thread, for those who look at the process from outside.
        private static func setName(_ name: String) {
            let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            unsafe _ = write(file, name, name.utf8.count)
            close(file)
        }
    #endif

    /// Waits for jobs; `nil` when the thread is to end, or there were none for a while.
    private func nextJobs() -> [QueuedJob]? {
        unsafe pthread_mutex_lock(self.mutex)
        let deadline = ContinuousClock.now.advanced(by: self.patience)
        while self.jobs.isEmpty && !self.isEnding {
            guard self.waitForSignal(until: deadline) else { break }
        }
        let batch = self.jobs
        self.jobs = []
        guard batch.isEmpty else {
            unsafe pthread_mutex_unlock(self.mutex)
            return batch
        }
        let isBorrowed = self.isBorrowed
        if !self.isEnding {
            // Whoever starts the next thread, or ends the executor, joins this one.
            self.unjoined = self.thread.take()
            unsafe pthread_mutex_unlock(self.mutex)
            return nil
        }
        let ended = EndedThread(thread: isBorrowed ? nil : self.thread)
        self.isBorrowed = false
        let waiters = self.waiters
        self.thread = nil
        self.waiters = []
        unsafe pthread_mutex_unlock(self.mutex)
        if let first = waiters.first {
            // One of them joins the thread; the others only learn that it is over.
            first.resume(returning: ended)
            for waiter in waiters.dropFirst() {
                waiter.resume(returning: EndedThread(thread: nil))
            }
        } else if !isBorrowed {
            _ = pthread_detach(pthread_self())
        }
        return nil
    }

    /// Waits for a signal, with the mutex; `false` when the time is over.
    private func waitForSignal(until deadline: ContinuousClock.Instant) -> Bool {
        let rest = ContinuousClock.now.duration(to: deadline)
        guard rest > .zero else { return false }
        let (seconds, attoseconds) = rest.components
        var time = timespec()
        #if canImport(Darwin)
            time.tv_sec = Int(seconds)
            time.tv_nsec = Int(attoseconds / 1_000_000_000)
            unsafe pthread_cond_timedwait_relative_np(self.condition, self.mutex, &time)
        #else
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            let nanoseconds = Int(attoseconds / 1_000_000_000) + time.tv_nsec
            time.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
            time.tv_nsec = nanoseconds % 1_000_000_000
            unsafe pthread_cond_timedwait(self.condition, self.mutex, &time)
        #endif
        return true
    }

    private func withLock<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        return body()
    }
}

#if canImport(Darwin)
    private func runQueue(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        unsafe Unmanaged<Queue>.fromOpaque(argument).takeRetainedValue().run()
        return nil
    }
#else
    private func runQueue(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Queue>.fromOpaque(argument).takeRetainedValue().run()
        return nil
    }
#endif
