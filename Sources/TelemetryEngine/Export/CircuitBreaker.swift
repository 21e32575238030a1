package import TelemetryModel

/// Decides whether a destination may be tried now.
///
/// One breaker serves everything that goes to a destination, live and stored. It holds decisions
/// only: the time and the random part of a wait come in as arguments.
///
/// | State     | Meaning                                | Leaves it                                   |
/// | --------- | -------------------------------------- | ------------------------------------------- |
/// | closed    | everything is tried                    | three failures in a row, or one that names a wait |
/// | open      | nothing is tried until a moment        | that moment                                 |
/// | half open | one try is under way, the rest waits   | its success closes, its failure opens again |
package struct CircuitBreaker: Sendable {
    /// What the breaker says to somebody who wants to send.
    package enum Decision: Sendable, Hashable {
        /// Send.
        case send
        /// Do not; ask again after this many nanoseconds.
        case wait(nanoseconds: UInt64)
    }

    /// A change worth a line in the diagnostics.
    package enum Change: Sendable, Hashable {
        /// Tries stop for a while.
        case opened(kind: DeliveryFailure.Kind, nanoseconds: UInt64)
        /// Tries go on.
        case closed
    }

    private enum State: Sendable {
        /// To `open`.
        case closed
        /// To `halfOpen`, when somebody asks after `until`.
        case open(until: UInt64, kind: DeliveryFailure.Kind)
        /// To `closed` or `open`, by the outcome of the one try; or to a new `halfOpen`, if that
        /// try never came back by `until`.
        case halfOpen(until: UInt64, kind: DeliveryFailure.Kind)
    }

    private static let failuresToOpen = 3
    private static let second: UInt64 = 1_000_000_000
    private static let shortest = CircuitBreaker.second
    private static let longest = 3_600 * CircuitBreaker.second
    private static let trialLimit = 60 * CircuitBreaker.second
    /// How long after midnight the last of many processes tries again.
    private static let midnightSpread = 60 * CircuitBreaker.second

    private var state: State = .closed
    /// Failures since the last success.
    private var failures = 0
    /// How often the breaker opened since the last success; the exponent of the wait.
    private var openings = 0

    package init() {}

    /// Whether the destination asks not to be tried because of a quota its owner set.
    package func isOpenForQuota(at now: UInt64) -> Bool {
        switch self.state {
        case .open(let until, .quota), .halfOpen(let until, .quota): now < until
        default: false
        }
    }

    /// Whether nothing is held back.
    package var isClosed: Bool {
        if case .closed = self.state { return true }
        return false
    }

    /// Somebody wants to send.
    package mutating func wantsToSend(at now: UInt64) -> Decision {
        switch self.state {
        case .closed:
            return .send
        case .open(let until, let kind), .halfOpen(let until, let kind):
            guard now >= until else { return .wait(nanoseconds: until - now) }
            self.state = .halfOpen(until: now + Self.trialLimit, kind: kind)
            return .send
        }
    }

    /// The destination took something, or refused it for a reason that lies in the payload.
    package mutating func answered() -> Change? {
        self.failures = 0
        switch self.state {
        case .closed:
            self.openings = 0
            return nil
        case .open:
            // The answer to a request from before the breaker opened: what the destination asked
            // for since then holds.
            return nil
        case .halfOpen:
            self.openings = 0
            self.state = .closed
            return .closed
        }
    }

    /// The destination could not be reached, or asked for patience.
    ///
    /// - Parameters:
    ///   - untilMidnight: how many nanoseconds are left of the day in UTC, with whose end daily
    ///     quotas are filled up again.
    ///   - jitter: a random number from 0 to 1, which spreads the waits of many processes.
    package mutating func failed(
        _ failure: DeliveryFailure,
        at now: UInt64,
        untilMidnight: UInt64 = .max,
        jitter: Double
    ) -> Change? {
        self.failures += 1
        let wasOpen: Bool
        switch self.state {
        case .closed:
            wasOpen = false
            let mustOpen =
                failure.retryAfter != nil || failure.kind == .quota
                || failure.kind == .throttled || failure.kind == .authentication
                || self.failures >= Self.failuresToOpen
            guard mustOpen else { return nil }
        case .open(let until, _):
            // A try from before the breaker opened. It may lengthen the wait, not shorten it.
            guard let asked = failure.retryAfter else { return nil }
            let end = now + Self.clamped(asked.nanoseconds)
            if end > until { self.state = .open(until: end, kind: failure.kind) }
            return nil
        case .halfOpen:
            wasOpen = true
        }
        var wait = self.wait(for: failure, jitter: jitter)
        self.openings += 1
        if failure.kind == .quota, failure.retryAfter == nil, untilMidnight < wait {
            let share = max(0, min(1, jitter))
            wait = min(wait, untilMidnight + UInt64(Double(Self.midnightSpread) * share))
            // What was used up yesterday says nothing about today.
            self.openings = 0
        }
        self.state = .open(until: now + wait, kind: failure.kind)
        return wasOpen ? nil : .opened(kind: failure.kind, nanoseconds: wait)
    }

    /// The try that the breaker allowed was given up without an answer, for a reason of ours.
    package mutating func abandoned(at now: UInt64) {
        if case .halfOpen(_, let kind) = self.state {
            self.state = .open(until: now, kind: kind)
        }
    }

    /// How long to wait, in nanoseconds.
    ///
    /// | Failure                    | First wait | Longest  |
    /// | -------------------------- | ---------- | -------- |
    /// | network, server            | 1 s        | 60 s     |
    /// | throttled, authentication  | 2 s        | 10 min   |
    /// | quota                      | 10 min     | 1 h      |
    ///
    /// Each opening doubles the wait; between half of it and all of it is taken. What the
    /// destination asks for counts if it is longer, or if it is about a quota, plus up to a fifth.
    /// The wait for a quota ends soon after midnight UTC, unless the destination asked for another.
    private func wait(for failure: DeliveryFailure, jitter: Double) -> UInt64 {
        let (first, longest): (UInt64, UInt64) =
            switch failure.kind {
            case .network, .server: (1, 60)
            case .throttled, .authentication: (2, 600)
            case .quota: (600, 3_600)
            }
        let doubled = first << UInt64(min(self.openings, 12))
        let ceiling = Double(min(doubled, longest) * Self.second)
        let share = max(0, min(1, jitter))
        let ours = UInt64(ceiling * (0.5 + 0.5 * share))
        guard let asked = failure.retryAfter else { return ours }
        let clamped = Self.clamped(asked.nanoseconds)
        let theirs = min(clamped + UInt64(Double(clamped) * 0.2 * share), Self.longest)
        // When a quota is filled up again nobody knows better than who counts it.
        return failure.kind == .quota ? theirs : max(ours, theirs)
    }

    private static func clamped(_ nanoseconds: UInt64) -> UInt64 {
        max(Self.shortest, min(nanoseconds, Self.longest))
    }
}

extension Duration {
    /// The duration in whole nanoseconds; 0 if negative, the largest number if too long.
    package var nanoseconds: UInt64 {
        let (seconds, attoseconds) = self.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (product, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isStillTooLong) = product.addingReportingOverflow(
            UInt64(attoseconds / 1_000_000_000)
        )
        return isTooLong || isStillTooLong ? .max : sum
    }
}

extension Timestamp {
    /// How many nanoseconds are left of the day in UTC.
    package var nanosecondsUntilMidnight: UInt64 {
        let day: UInt64 = 86_400_000_000_000
        return day - self.nanosecondsSinceEpoch % day
    }
}
