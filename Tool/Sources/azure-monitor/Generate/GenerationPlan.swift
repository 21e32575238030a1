/// Which record comes when: the signals are mixed in proportion to their numbers, and end together.
struct GenerationPlan: Sendable {
    /// The kind of the next record.
    enum Record: Sendable, Hashable {
        case span(Int)
        case log(Int)
        case metric(Int)
    }

    private let counts: [Int]
    private var made = [0, 0, 0]

    init(spans: Int, logs: Int, metrics: Int) {
        self.counts = [spans, logs, metrics]
    }

    /// How many records there are in all.
    var total: Int { self.counts.reduce(0, +) }

    /// How many records are still to come.
    var remaining: Int { self.total - self.made.reduce(0, +) }

    /// The next record; `nil` when all are made.
    mutating func next() -> Record? {
        // The signal that is furthest behind its share: the smallest (made + 1) / count.
        var chosen: Int?
        for signal in 0..<3 where self.made[signal] < self.counts[signal] {
            guard let best = chosen else {
                chosen = signal
                continue
            }
            let own = Double(self.made[signal] + 1) / Double(self.counts[signal])
            let others = Double(self.made[best] + 1) / Double(self.counts[best])
            if own < others { chosen = signal }
        }
        guard let chosen else { return nil }
        let sequence = self.made[chosen]
        self.made[chosen] += 1
        switch chosen {
        case 0: return .span(sequence)
        case 1: return .log(sequence)
        default: return .metric(sequence)
        }
    }
}
