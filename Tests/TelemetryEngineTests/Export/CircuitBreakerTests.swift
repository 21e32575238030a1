import TelemetryEngine
import TelemetryModel
import Testing

struct CircuitBreakerTests {
    private let second: UInt64 = 1_000_000_000
    private let refused = DeliveryFailure(kind: .network, explanation: "refused")

    private func opened(
        by failure: DeliveryFailure,
        jitter: Double = 1
    ) -> (breaker: CircuitBreaker, wait: UInt64) {
        var breaker = CircuitBreaker()
        for _ in 0..<3 {
            let change = breaker.failed(failure, at: 0, jitter: jitter)
            if case .opened(_, let wait) = change { return (breaker, wait) }
        }
        return (breaker, 0)
    }

    @Test func staysClosedBelowThreeFailures() {
        var breaker = CircuitBreaker()
        #expect(breaker.failed(self.refused, at: 0, jitter: 1) == nil)
        #expect(breaker.failed(self.refused, at: 0, jitter: 1) == nil)
        #expect(breaker.wantsToSend(at: 0) == .send)
        #expect(
            breaker.failed(self.refused, at: 0, jitter: 1)
                == .opened(kind: .network, nanoseconds: self.second)
        )
        #expect(breaker.wantsToSend(at: 0) == .wait(nanoseconds: self.second))
    }

    @Test func anAnswerBetweenFailuresStartsTheCountAgain() {
        var breaker = CircuitBreaker()
        _ = breaker.failed(self.refused, at: 0, jitter: 1)
        _ = breaker.failed(self.refused, at: 0, jitter: 1)
        #expect(breaker.answered() == nil)
        #expect(breaker.failed(self.refused, at: 0, jitter: 1) == nil)
    }

    @Test(arguments: [
        (DeliveryFailure.Kind.network, 1 as UInt64), (.server, 1), (.throttled, 2),
        (.authentication, 2), (.quota, 600),
    ])
    func firstWaitDependsOnTheKind(kind: DeliveryFailure.Kind, seconds: UInt64) {
        let failure = DeliveryFailure(kind: kind, explanation: "")
        #expect(self.opened(by: failure, jitter: 1).wait == seconds * self.second)
        #expect(self.opened(by: failure, jitter: 0).wait == seconds * self.second / 2)
    }

    @Test func oneTryIsAllowedWhenTheWaitIsOver() {
        var (breaker, wait) = self.opened(by: self.refused)
        #expect(breaker.wantsToSend(at: wait) == .send)
        guard case .wait = breaker.wantsToSend(at: wait) else {
            Issue.record("a second try was allowed")
            return
        }
        #expect(breaker.answered() == .closed)
        #expect(breaker.wantsToSend(at: wait) == .send)
        #expect(breaker.isClosed)
    }

    @Test func waitsDoubleUpToTheLongest() {
        var (breaker, wait) = self.opened(by: self.refused)
        var now: UInt64 = 0
        var waits: [UInt64] = []
        for _ in 0..<8 {
            now += wait
            #expect(breaker.wantsToSend(at: now) == .send)
            #expect(breaker.failed(self.refused, at: now, jitter: 1) == nil)
            guard case .wait(let next) = breaker.wantsToSend(at: now) else {
                Issue.record("the breaker did not open again")
                return
            }
            wait = next
            waits.append(wait / self.second)
        }
        #expect(waits == [2, 4, 8, 16, 32, 60, 60, 60])
    }

    @Test(arguments: [
        (Duration.seconds(30), 30 as UInt64), (.seconds(0), 1), (.seconds(-5), 1),
        (.seconds(1_000_000), 3_600),
    ])
    func whatTheDestinationAsksForIsClamped(asked: Duration, seconds: UInt64) {
        let failure = DeliveryFailure(kind: .server, retryAfter: asked, explanation: "")
        #expect(self.opened(by: failure, jitter: 0).wait == seconds * self.second)
    }

    @Test func aTryThatNeverCameBackDoesNotBlockForEver() {
        var (breaker, wait) = self.opened(by: self.refused)
        #expect(breaker.wantsToSend(at: wait) == .send)
        guard case .wait(let rest) = breaker.wantsToSend(at: wait) else { return }
        #expect(breaker.wantsToSend(at: wait + rest) == .send)
    }

    @Test func abandonedTryMayBeMadeAgain() {
        var (breaker, wait) = self.opened(by: self.refused)
        #expect(breaker.wantsToSend(at: wait) == .send)
        breaker.abandoned(at: wait)
        #expect(breaker.wantsToSend(at: wait) == .send)
    }

    @Test func lateFailureMayLengthenTheWaitOnly() {
        var (breaker, wait) = self.opened(by: self.refused)
        #expect(breaker.failed(self.refused, at: 0, jitter: 1) == nil)
        #expect(breaker.wantsToSend(at: 0) == .wait(nanoseconds: wait))
        let throttled = DeliveryFailure(
            kind: .throttled,
            retryAfter: .seconds(60),
            explanation: ""
        )
        _ = breaker.failed(throttled, at: 0, jitter: 0)
        #expect(breaker.wantsToSend(at: 0) == .wait(nanoseconds: 60 * self.second))
    }

    @Test func quotaIsKnownWhileTheBreakerIsOpenForIt() {
        var (breaker, wait) = self.opened(by: DeliveryFailure(kind: .quota, explanation: ""))
        #expect(breaker.isOpenForQuota(at: 0))
        #expect(!breaker.isOpenForQuota(at: wait))
        #expect(breaker.wantsToSend(at: wait) == .send)
        #expect(breaker.answered() == .closed)
        #expect(!breaker.isOpenForQuota(at: 0))
        #expect(!self.opened(by: self.refused).breaker.isOpenForQuota(at: 0))
    }

    @Test func quotaOpensForAsLongAsItsOwnerSays() {
        let failure = DeliveryFailure(kind: .quota, retryAfter: .seconds(30), explanation: "")
        #expect(self.opened(by: failure, jitter: 0).wait == 30 * self.second)
        #expect(self.opened(by: failure, jitter: 1).wait == 36 * self.second)
    }

    @Test func waitForAQuotaEndsSoonAfterMidnight() {
        let quota = DeliveryFailure(kind: .quota, explanation: "")
        let minute = 60 * self.second
        for (jitter, spread) in [(0.0, 0 as UInt64), (0.5, 30), (1, 60)] {
            var breaker = CircuitBreaker()
            _ = breaker.failed(quota, at: 0, untilMidnight: minute, jitter: jitter)
            #expect(
                breaker.wantsToSend(at: 0) == .wait(nanoseconds: minute + spread * self.second)
            )
        }
        // What is farther off than the wait changes nothing, nor does midnight if somebody asked.
        var breaker = CircuitBreaker()
        _ = breaker.failed(quota, at: 0, untilMidnight: 600 * self.second, jitter: 1)
        #expect(breaker.wantsToSend(at: 0) == .wait(nanoseconds: 600 * self.second))
        breaker = CircuitBreaker()
        let asked = DeliveryFailure(kind: .quota, retryAfter: .seconds(120), explanation: "")
        _ = breaker.failed(asked, at: 0, untilMidnight: minute, jitter: 0)
        #expect(breaker.wantsToSend(at: 0) == .wait(nanoseconds: 2 * minute))
    }

    @Test func waitsForAQuotaBeginAnewWithTheDay() {
        let quota = DeliveryFailure(kind: .quota, explanation: "")
        var breaker = CircuitBreaker()
        var now: UInt64 = 0
        // 10, 20 and 40 minutes, and then there are five left of the day.
        for (left, expected) in [(9_000, 600), (9_000, 1_200), (9_000, 2_400), (300, 360)] {
            let wait = UInt64(expected) * self.second
            _ = breaker.failed(
                quota,
                at: now,
                untilMidnight: UInt64(left) * self.second,
                jitter: 1
            )
            #expect(breaker.wantsToSend(at: now) == .wait(nanoseconds: wait))
            now += wait
            #expect(breaker.wantsToSend(at: now) == .send)
        }
        _ = breaker.failed(quota, at: now, untilMidnight: 86_400 * self.second, jitter: 1)
        #expect(breaker.wantsToSend(at: now) == .wait(nanoseconds: 600 * self.second))
    }

    @Test func theDayEndsAtMidnightOfUTC() {
        let day: UInt64 = 86_400
        for (now, left) in [
            (0, day), (1, day - 1), (day - 1, 1), (day, day), (20_000 * day + 5, day - 5),
        ] {
            let time = Timestamp(nanosecondsSinceEpoch: now * self.second)
            #expect(time.nanosecondsUntilMidnight == left * self.second)
        }
    }

    @Test(arguments: [
        (Duration.seconds(-1), 0 as UInt64), (.milliseconds(1), 1_000_000),
        (.seconds(Int64.max), .max), (.seconds(18_446_744_073) + .milliseconds(999), .max),
    ])
    func durationsAreHeldWithinWhatTheClockCanTell(duration: Duration, nanoseconds: UInt64) {
        #expect(duration.nanoseconds == nanoseconds)
    }

    @Test func aTryThatNeverCameBackDoesNotDropForTheQuotaForEver() {
        var (breaker, wait) = self.opened(by: DeliveryFailure(kind: .quota, explanation: ""))
        #expect(breaker.wantsToSend(at: wait) == .send)
        #expect(breaker.isOpenForQuota(at: wait))
        guard case .wait(let rest) = breaker.wantsToSend(at: wait) else { return }
        #expect(!breaker.isOpenForQuota(at: wait + rest))
    }

    @Test func answerToAnEarlierRequestDoesNotCutTheWaitShort() {
        var (breaker, wait) = self.opened(
            by: DeliveryFailure(kind: .throttled, retryAfter: .seconds(60), explanation: "")
        )
        #expect(breaker.answered() == nil)
        #expect(breaker.wantsToSend(at: 0) == .wait(nanoseconds: wait))
    }
}
