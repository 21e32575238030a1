public import TelemetryModel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Where the engine reads the time, and how it waits.
///
/// Tests and programs that simulate time replace it; everybody else uses ``system``.
public struct TimeSource: Sendable {
    /// The wall clock, for time stamps.
    ///
    /// May be stepped.
    public var wallNow: @Sendable () -> Timestamp { didSet { self.wallOffset = nil } }

    /// Nanoseconds since an arbitrary moment, for durations.
    ///
    /// Never goes back.
    public var monotonicNow: @Sendable () -> UInt64 { didSet { self.wallOffset = nil } }

    /// The wall clock minus the monotonic one, wrapping around zero, where that is cheaper to find
    /// out than to read either; `nil` where it is not.
    ///
    /// It changes when the wall clock is stepped, and for nothing else; but once in a while it is
    /// wrong by a few milliseconds, and right when it is asked again.
    var wallOffset: (@Sendable () -> UInt64)?

    /// Suspends for a duration of the monotonic clock; throws `CancellationError` when cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void

    /// Creates a time source.
    public init(
        wallNow: @escaping @Sendable () -> Timestamp,
        monotonicNow: @escaping @Sendable () -> UInt64,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.wallNow = wallNow
        self.monotonicNow = monotonicNow
        self.sleep = sleep
    }

    /// The clocks of the machine.
    public static let system: TimeSource = {
        var source = TimeSource(
            wallNow: { Timestamp(nanosecondsSinceEpoch: nanoseconds(of: CLOCK_REALTIME)) },
            monotonicNow: { nanoseconds(of: CLOCK_MONOTONIC) },
            sleep: { duration in
                let bearable = min(duration, longestSleep)
                try await Task.sleep(for: bearable, tolerance: nil, clock: .continuous)
            }
        )
        #if os(Linux)
            // The time of the last tick, by both: it costs a fifth of the time, and the difference
            // is exact, unless there is a tick between the two.
            source.wallOffset = {
                nanoseconds(of: CLOCK_REALTIME_COARSE) &- nanoseconds(of: CLOCK_MONOTONIC_COARSE)
            }
        #endif
        return source
    }()
}

/// A hundred years: what ends after that, ends never, and the runtime traps on a moment that is no
/// 64-bit number of nanoseconds.
private let longestSleep: Duration = .seconds(3_155_760_000)

private func nanoseconds(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}
