import Synchronization

/// What a row found out, gathered from cases that may run side by side.
final class Checks: Sendable {
    private struct State {
        var failures: [String] = []
        var checks = 0
        var cases = 0
        var growth = 0
        var facts: [String] = []
    }

    private let state = Mutex(State())

    /// What was not as it should be.
    var failures: [String] { self.state.withLock { $0.failures } }
    /// How many comparisons were made.
    var count: Int { self.state.withLock { $0.checks } }
    /// How many cases there were.
    var cases: Int { self.state.withLock { $0.cases } }
    /// The most memory that any process gained, in bytes.
    var growth: Int { self.state.withLock { $0.growth } }
    /// What is worth telling, in the order in which it was seen.
    var facts: [String] { self.state.withLock { $0.facts } }

    func beginCase() { self.state.withLock { $0.cases += 1 } }

    func fail(_ what: String) { self.that(false, what) }

    func note(_ fact: String) { self.state.withLock { $0.facts.append(fact) } }

    /// Checks a claim; `what` says what is wrong if it does not hold.
    func that(_ claim: Bool, _ what: @autoclosure () -> String) {
        let what = claim ? nil : what()
        self.state.withLock { state in
            state.checks += 1
            if let what { state.failures.append(what) }
        }
    }

    func equal<Value: Equatable>(_ what: String, _ seen: Value, _ expected: Value) {
        self.that(seen == expected, "\(what): \(seen), expected \(expected)")
    }

    func within(_ what: String, _ seen: Double, _ range: ClosedRange<Double>) {
        self.that(range.contains(seen), "\(what): \(seen.rounded(3)), expected \(range)")
    }

    /// A process has gained so much resident memory.
    func grew(_ case: String, from baseline: Int, to peak: Int) {
        let growth = peak - baseline
        self.state.withLock { $0.growth = max($0.growth, growth) }
        self.that(
            growth <= Self.maximumGrowth,
            "\(`case`): resident memory grew by \(growth >> 20) MiB, expected at most 64"
        )
    }

    private static let maximumGrowth = 64_000_000
}

extension Double {
    /// With so many decimals.
    func rounded(_ decimals: Int) -> Double {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
