import TelemetryModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Timestamp {
    /// The time by this machine's clock.
    static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(
            nanosecondsSinceEpoch: UInt64(max(0, time.tv_sec)) * 1_000_000_000
                + UInt64(max(0, time.tv_nsec))
        )
    }
}
