#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Says which percentage of traces to keep so that about so many a second are kept.
///
/// It estimates the rate of arrivals from two sums that fade with a time constant of 100 ms: of
/// arrivals and of the time between them. Time is an argument, in nanoseconds of a clock that never
/// goes back.
struct RateLimiter: Sendable {
    /// After so many nanoseconds an arrival counts for 1/e of what it counted at first.
    private static let adaptationTime = 100_000_000.0

    /// How many traces a second are to be kept.
    let limit: Double

    private var arrivals = 0.0
    private var nanoseconds = 0.0
    private var lastArrival: UInt64?

    /// Creates a limiter that has seen nothing yet.
    init(limit: Double) {
        self.limit = limit
    }

    /// Counts an arrival, and gives the percentage to keep: 100 divided by an integer, or 0.
    ///
    /// The first arrival is kept, as if it came when it was due.
    mutating func percentage(at now: UInt64) -> Double {
        guard self.limit > 0 else { return 0 }
        guard let last = self.lastArrival else {
            self.arrivals = 1
            self.nanoseconds = 1_000_000_000 / self.limit
            self.lastArrival = now
            return 100
        }
        if now > last {
            let elapsed = Double(now - last)
            let fading = exp(-elapsed / Self.adaptationTime)
            self.arrivals = self.arrivals * fading + 1
            self.nanoseconds = self.nanoseconds * fading + elapsed
            self.lastArrival = now
        } else {
            self.arrivals += 1
        }
        return Self.roundedDown(
            100 * min(self.nanoseconds * self.limit / 1_000_000_000 / self.arrivals, 1)
        )
    }

    /// The largest 100/n that is not above `percentage`, so that an item stands for n whole ones.
    static func roundedDown(_ percentage: Double) -> Double {
        // A third is a third, even if computing it came out a little smaller.
        let count = 100 / percentage - 1e-9
        guard percentage > 0, count < Double(Int32.max) else { return 0 }
        return 100 / count.rounded(.up)
    }
}
