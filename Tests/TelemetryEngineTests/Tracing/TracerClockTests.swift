import TelemetryModel
import Testing

@testable import TelemetryEngine

/// The short way of ``TracerClock``, by the difference of the clocks; the long way is in the rules.
@Suite("A tracer's clock that can tell the difference of the clocks")
struct TracerClockTests {
    /// Clocks that are moved by hand, and that count who reads them.
    private final class Clocks: Sendable {
        struct State {
            var wall: UInt64 = 1_000_000_000_000
            var monotonic: UInt64 = 7_000_000_000
            var readings = 0
            /// What the difference is wrong by, the next times it is asked for.
            var errors: [UInt64] = []
        }

        let state = Locked(State())

        var source: TimeSource {
            var source = TimeSource(
                wallNow: {
                    self.state.withLock { state in
                        state.readings += 1
                        return Timestamp(nanosecondsSinceEpoch: state.wall)
                    }
                },
                monotonicNow: {
                    self.state.withLock { state in
                        state.readings += 1
                        return state.monotonic
                    }
                },
                sleep: { _ in }
            )
            source.wallOffset = {
                self.state.withLock { state in
                    let error = state.errors.isEmpty ? 0 : state.errors.removeFirst()
                    return state.wall &- state.monotonic &+ error
                }
            }
            return source
        }

        var wall: UInt64 { self.state.withLock { $0.wall } }
        var readings: Int { self.state.withLock { $0.readings } }

        func advance(_ nanoseconds: UInt64) {
            self.state.withLock { state in
                state.wall += nanoseconds
                state.monotonic += nanoseconds
            }
        }

        func step(_ nanoseconds: Int64) {
            self.state.withLock { $0.wall &+= UInt64(bitPattern: nanoseconds) }
        }

        func err(_ errors: [UInt64]) {
            self.state.withLock { $0.errors = errors }
        }
    }

    @Test("While the wall clock is not stepped, instants are what they say, and no clock is read")
    func steadyClocks() {
        let clocks = Clocks()
        let clock = TracerClock(time: clocks.source)
        let readings = clocks.readings
        let now = clocks.wall
        let start = clock.start(at: now)
        #expect(start.wall == now)
        clocks.advance(5_000_000)
        #expect(clock.time(of: clocks.wall, since: start) == now + 5_000_000)
        #expect(clock.time(of: now + 1_234, since: start) == now + 1_234)
        #expect(clock.start(at: now - 77).wall == now - 77)
        #expect(clocks.readings == readings)
    }

    @Test("A step of the wall clock is not part of a span", arguments: [-3_600, 3_600])
    func steppedClock(seconds: Int64) {
        let clocks = Clocks()
        let clock = TracerClock(time: clocks.source)
        let now = clocks.wall
        let start = clock.start(at: now)
        let chosen = clock.start(at: now - 4_000_000_000)
        clocks.advance(5_000_000)
        clocks.step(seconds * 1_000_000_000)
        #expect(clock.time(of: clocks.wall, since: start) == now + 5_000_000)
        #expect(clock.time(of: clocks.wall, since: chosen) == now + 5_000_000)
        // Chosen before the step, too far from either clock to be now.
        #expect(clock.time(of: now + 1_000_000_000, since: start) == now + 1_000_000_000)
        // From then on all is as before.
        let next = clock.start(at: clocks.wall)
        let after = clock.start(at: clocks.wall)
        clocks.advance(3_000_000)
        let readings = clocks.readings
        #expect(clock.time(of: clocks.wall, since: after) == after.wall + 3_000_000)
        #expect(clocks.readings == readings)
        #expect(clock.time(of: clocks.wall, since: next) == next.wall + 3_000_000)
    }

    @Test(
        "A start that was held up while the wall clock was stepped is when it was",
        arguments: [-3_600, 3_600],
        [false, true]
    )
    func heldUp(seconds: Int64, othersSawTheStep: Bool) {
        let clocks = Clocks()
        let clock = TracerClock(time: clocks.source)
        let instant = clocks.wall
        clocks.advance(5_000_000)
        clocks.step(seconds * 1_000_000_000)
        if othersSawTheStep { _ = clock.start(at: clocks.wall) }
        let start = clock.start(at: instant)
        clocks.advance(7_000_000)
        #expect(start.wall == instant)
        #expect(clock.time(of: clocks.wall, since: start) == instant + 12_000_000)
        // So is an end, though it is 4 ms late.
        let end = clocks.wall
        clocks.advance(4_000_000)
        #expect(clock.time(of: end, since: start) == instant + 12_000_000)
        // Later nobody can be held up any more, and what is an hour off was chosen.
        clocks.advance(60_000_000_000)
        let chosen = clock.start(at: clocks.wall - 3_600_000_000_000)
        clocks.advance(1_000_000)
        #expect(clock.time(of: clocks.wall, since: chosen) == clocks.wall)
        let readings = clocks.readings
        _ = clock.start(at: clocks.wall)
        #expect(clocks.readings == readings)
    }

    @Test(
        "A difference that is wrong once changes nothing",
        arguments: [[4_000_000], [4_000_000, 8_000_000], [4_000_000, 8_000_000, 12_000_000]]
    )
    func tornDifference(errors: [UInt64]) {
        let clocks = Clocks()
        let clock = TracerClock(time: clocks.source)
        let now = clocks.wall
        clocks.err(errors)
        let start = clock.start(at: now)
        clocks.advance(5_000_000)
        clocks.err(errors)
        #expect(clock.time(of: clocks.wall, since: start) == now + 5_000_000)
        clocks.step(60_000_000_000)
        clocks.err(errors)
        #expect(clock.time(of: clocks.wall, since: start) == now + 5_000_000)
    }

    @Test("A time source that was changed does not tell the difference of the machine's clocks")
    func changedSource() {
        var source = TimeSource.system
        source.wallNow = { .epoch }
        #expect(source.wallOffset == nil)
    }
}
