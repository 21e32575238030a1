private import Synchronization
internal import TelemetryModel
internal import Tracing

/// When a span started, by both clocks.
struct SpanStart: Hashable, Sendable {
    /// Nanoseconds since 1970.
    var wall: UInt64
    /// The reading of the monotonic clock at that moment, wrapping around zero if need be.
    var monotonic: UInt64

    /// The wall time when the monotonic clock reads `reading`; never before the start.
    func wall(whenMonotonicReads reading: UInt64) -> UInt64 {
        let elapsed = Int64(bitPattern: reading &- self.monotonic)
        guard elapsed > 0 else { return self.wall }
        let (sum, isTooLate) = self.wall.addingReportingOverflow(UInt64(elapsed))
        return isTooLate ? .max : sum
    }
}

/// Tells the instants that the tracing API reads by itself from those that a caller chose.
///
/// Both arrive with the same type. What the API reads is the wall clock at the moment of the call,
/// and that may be stepped; so a span has one wall reading, at its start, and all that follows is
/// measured by the monotonic clock from there. An instant that is not "now" was chosen, and stays.
///
/// | The instant is within 1 ms of              | It is taken as                      |
/// | ------------------------------------------ | ----------------------------------- |
/// | the start plus the monotonic duration      | that sum                            |
/// | the wall clock, read again                 | that sum: the wall clock was stepped |
/// | the machine's clock, where `time` is not it | that sum: time is simulated         |
/// | none of these, but nearer to a stepped wall clock than to that sum | as long before that sum |
/// | none of these                              | what it says                        |
///
/// As long as the wall clock is not stepped the first and the last come to the same, and nothing is
/// read where that can be told without, by ``TimeSource/wallOffset``.
struct TracerClock: ~Copyable, Sendable {
    private let time: TimeSource

    /// Wall minus monotonic clock when they were last compared.
    private let offset: Atomic<UInt64>

    /// The same by ``TimeSource/wallOffset``, which is wrong now and then: it is taken as right when
    /// it is what it was before.
    private let quickOffset: Atomic<UInt64>

    /// ``quickOffset`` before it changed last, and what the monotonic clock read then: 0 unless that
    /// was a moment ago.
    private let formerOffset = Atomic<UInt64>(0)
    private let changeTime = Atomic<UInt64>(0)

    /// How long an instant may be under way from the wall clock to here.
    private static let longestHold: UInt64 = 10_000_000_000

    private static let tolerance: UInt64 = 1_000_000
    private static let toleranceWhenSimulated: UInt64 = 1_000_000_000

    init(time: TimeSource) {
        self.time = time
        self.quickOffset = Atomic(time.wallOffset?() ?? 0)
        self.offset = Atomic(
            time.wallNow().nanosecondsSinceEpoch &- time.monotonicNow()
        )
    }

    /// The start of a span that is said to start at `instant`.
    ///
    /// Reads the monotonic clock alone as long as the two clocks run as they did before.
    func start(at instant: UInt64) -> SpanStart {
        if let offset = self.steadyOffset() ?? self.changedOffset() {
            // Whether it was chosen or not: what passed since then, or will until then, belongs to
            // the span.
            return SpanStart(
                wall: instant,
                monotonic: instant &- self.offset(at: instant, now: offset)
            )
        }
        let monotonic = self.time.monotonicNow()
        let expected = monotonic &+ self.offset.load(ordering: .relaxed)
        if Self.isNear(instant, expected, Self.tolerance) {
            return SpanStart(wall: instant, monotonic: monotonic)
        }
        let wall = self.time.wallNow().nanosecondsSinceEpoch
        self.offset.store(wall &- monotonic, ordering: .relaxed)
        if Self.isNear(instant, wall, Self.tolerance) {
            return SpanStart(wall: instant, monotonic: monotonic)
        }
        if Self.isNowOfTheMachine(instant, wall: wall) {
            return SpanStart(wall: wall, monotonic: monotonic)
        }
        // Chosen by the caller: what passed since then, or will until then, belongs to the span.
        return SpanStart(wall: instant, monotonic: monotonic &- (wall &- instant))
    }

    /// The time of something said to happen at `instant` in a span that started at `start`.
    func time(of instant: UInt64, since start: SpanStart) -> UInt64 {
        if let offset = self.steadyOffset(), offset == start.wall &- start.monotonic {
            return instant
        }
        let expected = start.wall(whenMonotonicReads: self.time.monotonicNow())
        if Self.isNear(instant, expected, Self.tolerance) { return expected }
        let wall = self.time.wallNow().nanosecondsSinceEpoch
        if Self.isNear(instant, wall, Self.tolerance) { return expected }
        if Self.isNowOfTheMachine(instant, wall: wall) { return expected }
        // Between reading the wall clock and coming here a thread may be held up for longer than
        // that. After a step an instant belongs to the clock that it is nearer to.
        guard !Self.isNear(wall, expected, Self.tolerance),
            Self.distance(instant, wall) < Self.distance(instant, expected)
        else { return instant }
        return instant &+ (expected &- wall)
    }

    /// What the wall clock is ahead of the monotonic one, if that is cheap to tell, and what it was
    /// before: when the wall clock was stepped, what somebody read may be from before that.
    @inline(__always)
    private func steadyOffset() -> UInt64? {
        guard let wallOffset = self.time.wallOffset else { return nil }
        let steady = self.quickOffset.load(ordering: .relaxed)
        return wallOffset() == steady || self.isSteady(steady, wallOffset) ? steady : nil
    }

    /// Looks again whether an offset has changed; what it says twice is what it is from now on.
    @inline(never)
    private func isSteady(_ steady: UInt64, _ wallOffset: () -> UInt64) -> Bool {
        var last = wallOffset()
        for _ in 0..<3 where last != steady {
            let offset = wallOffset()
            if offset == last {
                self.formerOffset.store(steady, ordering: .relaxed)
                self.changeTime.store(max(1, self.time.monotonicNow()), ordering: .releasing)
                self.quickOffset.store(offset, ordering: .releasing)
                return false
            }
            last = offset
        }
        return last == steady
    }

    /// The offset after it was seen to change.
    private func changedOffset() -> UInt64? {
        guard self.time.wallOffset != nil, self.changeTime.load(ordering: .acquiring) != 0 else {
            return nil
        }
        return self.quickOffset.load(ordering: .acquiring)
    }

    /// The offset by which `instant` is to be read: a thread may be held up between reading the wall
    /// clock and coming here, while others see that the clock was stepped.
    @inline(__always)
    private func offset(at instant: UInt64, now offset: UInt64) -> UInt64 {
        let changeTime = self.changeTime.load(ordering: .acquiring)
        return changeTime == 0
            ? offset : self.likelierOffset(at: instant, now: offset, changeTime: changeTime)
    }

    @inline(never)
    private func likelierOffset(
        at instant: UInt64,
        now offset: UInt64,
        changeTime: UInt64
    ) -> UInt64 {
        let monotonic = self.time.monotonicNow()
        guard monotonic &- changeTime < Self.longestHold else {
            self.changeTime.store(0, ordering: .relaxed)
            return offset
        }
        let former = self.formerOffset.load(ordering: .relaxed)
        return Self.distance(instant, monotonic &+ former)
            < Self.distance(instant, monotonic &+ offset) ? former : offset
    }

    private static func distance(_ a: UInt64, _ b: UInt64) -> UInt64 { a > b ? a - b : b - a }

    private static func isNear(_ a: UInt64, _ b: UInt64, _ tolerance: UInt64) -> Bool {
        self.distance(a, b) <= tolerance
    }

    /// Whether `instant` is what the API read, while `wall` comes from a clock that simulates.
    private static func isNowOfTheMachine(_ instant: UInt64, wall: UInt64) -> Bool {
        let now = DefaultTracerClock.now.nanosecondsSinceEpoch
        return !self.isNear(now, wall, self.toleranceWhenSimulated)
            && self.isNear(now, instant, self.toleranceWhenSimulated)
    }
}
