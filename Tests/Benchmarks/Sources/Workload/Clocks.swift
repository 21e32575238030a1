#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The clocks that measurements are taken with, in nanoseconds.
public enum Clocks {
    /// The processor time that all threads of the process have used.
    public static var process: Int { self.read(CLOCK_PROCESS_CPUTIME_ID) }

    /// The processor time that the calling thread has used.
    public static var thread: Int { self.read(CLOCK_THREAD_CPUTIME_ID) }

    /// Time that passes.
    public static var wall: Int { self.read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
