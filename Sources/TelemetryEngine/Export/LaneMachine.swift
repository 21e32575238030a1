/// Decides what a lane takes, and knows what of it is settled.
///
/// A lane is the way to one destination. It holds a few batches under way and a few that wait;
/// beyond that it is full. The machine holds numbers only, no batch.
package struct LaneMachine: Sendable {
    /// The most batches that are mapped, encoded or sent at once.
    package let maximumUnderWay: Int
    /// The most batches that wait.
    package let maximumWaiting: Int

    private var waiting: [UInt64] = []
    private var underWay: [UInt64] = []
    private var lastSequence: UInt64 = 0

    package init(maximumUnderWay: Int = 4, maximumWaiting: Int = 2) {
        self.maximumUnderWay = maximumUnderWay
        self.maximumWaiting = maximumWaiting
    }

    /// Whether no further batch should come.
    package var isFull: Bool { self.waiting.count >= self.maximumWaiting }

    /// The number of the last batch that came.
    package var lastSubmitted: UInt64 { self.lastSequence }

    /// A batch came; it waits.
    package mutating func submitted() -> UInt64 {
        self.lastSequence += 1
        self.waiting.append(self.lastSequence)
        return self.lastSequence
    }

    /// A batch came that does not wait, because whoever brought it sees to it at once.
    package mutating func submittedUnderWay() -> UInt64 {
        self.lastSequence += 1
        self.underWay.append(self.lastSequence)
        return self.lastSequence
    }

    /// The oldest waiting batch is taken; `nil` if none waits.
    package mutating func takeNext() -> UInt64? {
        guard !self.waiting.isEmpty else { return nil }
        let sequence = self.waiting.removeFirst()
        self.underWay.append(sequence)
        return sequence
    }

    /// The fate of all records of a batch is known.
    package mutating func settled(_ sequence: UInt64) {
        guard let index = self.underWay.firstIndex(of: sequence) else {
            assertionFailure("settled(\(sequence)): that batch is not under way")
            return
        }
        self.underWay.remove(at: index)
    }

    /// Whether the fate of every batch up to `sequence` is known.
    package func isSettled(upTo sequence: UInt64) -> Bool {
        !self.waiting.contains { $0 <= sequence } && !self.underWay.contains { $0 <= sequence }
    }
}
