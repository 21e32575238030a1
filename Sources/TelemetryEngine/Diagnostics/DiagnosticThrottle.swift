/// Decides which of the engine's lines are said.
///
/// Of lines with the same code the first is said, and then one every five minutes at most, which
/// tells how many were not. Times are nanoseconds of the monotonic clock.
struct DiagnosticThrottle {
    /// What to do with a line.
    enum Verdict: Hashable {
        /// Say it, and that so many like it were not said since the last one.
        case say(unsaid: Int)
        /// Count it only.
        case withhold
    }

    private struct Entry {
        var lastSaid: UInt64
        var unsaid: Int
    }

    /// How long a code is quiet after a line.
    static let interval: UInt64 = 300 * 1_000_000_000
    /// Codes beyond this many share one entry: a code made of data cannot fill the memory.
    static let maximumCodes = 128

    private var entries: [String: Entry] = [:]
    private var states: [String: String] = [:]

    /// A line is about to be said.
    mutating func occurred(_ code: String, at now: UInt64) -> Verdict {
        let key = self.entries[code] != nil || self.entries.count < Self.maximumCodes ? code : ""
        guard let entry = self.entries[key] else {
            self.entries[key] = Entry(lastSaid: now, unsaid: 0)
            return .say(unsaid: 0)
        }
        guard now &- entry.lastSaid >= Self.interval else {
            self.entries[key]?.unsaid += 1
            return .withhold
        }
        self.entries[key] = Entry(lastSaid: now, unsaid: 0)
        return .say(unsaid: entry.unsaid)
    }

    /// Something is in a state; tells whether that is news.
    ///
    /// - Parameter startsNormal: whether the state is no news if there was none before.
    mutating func isChange(of subject: String, to state: String, startsNormal: Bool) -> Bool {
        guard self.states[subject] != nil || self.states.count < Self.maximumCodes else {
            return false
        }
        guard let before = self.states.updateValue(state, forKey: subject) else {
            return !startsNormal
        }
        return before != state
    }

    /// The codes with lines that were not said, which from now on count as said.
    mutating func takeUnsaid() -> [(code: String, count: Int)] {
        let unsaid = self.entries.filter { $0.value.unsaid > 0 }
        for code in unsaid.keys { self.entries[code]?.unsaid = 0 }
        return unsaid.map { (code: $0.key, count: $0.value.unsaid) }.sorted { $0.code < $1.code }
    }
}
