import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing

@Suite("Manual time")
struct ManualTimeTests {
    @Test("Time stands still until it is moved; the wall clock can be stepped alone")
    func clocks() {
        let time = ManualTime(wall: Timestamp(nanosecondsSinceEpoch: 5_000_000_000))
        let start = time.source.monotonicNow()
        time.advance(by: .seconds(2))
        #expect(time.source.wallNow().nanosecondsSinceEpoch == 7_000_000_000)
        #expect(time.source.monotonicNow() - start == 2_000_000_000)
        time.wall = .epoch
        #expect(time.source.wallNow() == .epoch)
        #expect(time.source.monotonicNow() - start == 2_000_000_000)
        time.advance(by: .seconds(-1))
        #expect(time.source.monotonicNow() - start == 2_000_000_000)
    }

    @Test("Sleepers wake when their time has come, and not before")
    func sleeping() async throws {
        let time = ManualTime()
        async let short: Void = time.source.sleep(.seconds(1))
        async let long: Void = time.source.sleep(.seconds(3))
        await time.waitForSleepers(2)
        time.advance(by: .milliseconds(999))
        #expect(time.sleeperCount == 2)
        time.advance(by: .milliseconds(1))
        try await short
        #expect(time.sleeperCount == 1)
        time.advance(by: .seconds(2))
        try await long
        #expect(time.sleeperCount == 0)
        try await time.source.sleep(.zero)
    }

    @Test("A cancelled sleeper throws at once, whether it sleeps yet or not")
    func cancelling() async {
        let time = ManualTime()
        let sleeper = Task { try await time.source.sleep(.seconds(1)) }
        await time.waitForSleepers()
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(time.sleeperCount == 0)
        let late = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            try await time.source.sleep(.seconds(1))
        }
        await #expect(throws: CancellationError.self) { try await late.value }
    }
}
