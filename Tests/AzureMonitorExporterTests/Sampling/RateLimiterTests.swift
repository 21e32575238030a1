import Testing

@testable import AzureMonitorExporter

@Suite struct RateLimiterTests {
    static let millisecond: UInt64 = 1_000_000

    @Test(
        arguments: [
            (3, 2.941176), (7, 6.666667), (24.9, 20), (30, 25), (33.3, 25), (33.34, 33.333333),
            (49, 33.333333), (51, 50), (99, 50), (100, 100), (0, 0), (1e-9, 0), (-1, 0), (.nan, 0),
        ] as [(Double, Double)]
    )
    func percentagesAreRoundedDownToAFraction(_ percentage: Double, _ rounded: Double) {
        #expect(abs(RateLimiter.roundedDown(percentage) - rounded) < 0.000001)
    }

    @Test func firstArrivalIsKept() {
        for limit in [0.01, 5, 1000] {
            var limiter = RateLimiter(limit: limit)
            #expect(limiter.percentage(at: 0) == 100)
        }
    }

    @Test func nothingIsKeptAtALimitOfZero() {
        var limiter = RateLimiter(limit: 0)
        #expect(limiter.percentage(at: 0) == 0)
        #expect(limiter.percentage(at: .max) == 0)
    }

    @Test(arguments: [(10, 5), (150, 50), (1000, 100), (40, 20)] as [(UInt64, Double)])
    func steadyArrivalsSettleAtTheirShare(_ milliseconds: UInt64, _ percentage: Double) {
        var limiter = RateLimiter(limit: 5)
        var last = 0.0
        for index in 0..<200 as Range<UInt64> {
            last = limiter.percentage(at: index * milliseconds * Self.millisecond)
        }
        // 5 of 100 a second; a little less or exactly that, as fractions are rounded down.
        #expect(last <= percentage && last > percentage * 0.94)
    }

    @Test func arrivalsAtOneMomentShareTheTime() {
        var limiter = RateLimiter(limit: 5)
        let percentages = (0..<4).map { _ in limiter.percentage(at: 7) }
        #expect(percentages == [100, 50, 100.0 / 3, 25])
    }

    @Test func burstAfterAPauseIsThinnedOut() {
        var limiter = RateLimiter(limit: 5)
        _ = limiter.percentage(at: 0)
        #expect(limiter.percentage(at: 10_000 * Self.millisecond) == 100)
        var kept = 0.0
        for _ in 0..<1000 { kept += limiter.percentage(at: 10_000 * Self.millisecond) / 100 }
        #expect(kept < 350)
    }
}
