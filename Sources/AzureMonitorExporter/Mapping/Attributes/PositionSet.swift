/// A set of small numbers: bits for the first 64, which is nearly always all.
struct PositionSet {
    private var low: UInt64 = 0
    private var high: Set<Int> = []

    /// Whether the number is in the set.
    @inline(__always)
    func contains(_ position: Int) -> Bool {
        position < 64 ? self.low & (1 << UInt64(position)) != 0 : self.high.contains(position)
    }

    /// Puts a number into the set.
    @inline(__always)
    mutating func insert(_ position: Int) {
        if position < 64 {
            self.low |= 1 << UInt64(position)
        } else {
            self.high.insert(position)
        }
    }

    /// Empties the set.
    mutating func removeAll() {
        self.low = 0
        if !self.high.isEmpty { self.high.removeAll() }
    }
}
