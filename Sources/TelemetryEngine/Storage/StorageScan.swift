/// When the folder was last read, and when that is worth doing again.
///
/// Other processes write and send, too, so what is known about a folder ages. To read it costs
/// time in proportion to its files, and must not become the main occupation.
struct StorageScan {
    /// How old what is known about the folder may be, in nanoseconds, if it is read quickly.
    static let maximumAge: UInt64 = 5_000_000_000

    private var end: UInt64?
    private var cost: UInt64 = 0

    /// The folder was read.
    mutating func finished(from start: UInt64, to end: UInt64) {
        self.end = end
        self.cost = end - Swift.min(start, end)
    }

    /// Whether what is known is so old that it should not be relied on.
    func isDue(at now: UInt64) -> Bool {
        self.age(at: now) >= Swift.max(Self.maximumAge, 50 * self.cost)
    }

    /// Whether one who found nothing to do may look again already.
    func isWorthwhile(at now: UInt64) -> Bool {
        self.age(at: now) >= 10 * self.cost
    }

    private func age(at now: UInt64) -> UInt64 {
        self.end.map { now - Swift.min($0, now) } ?? .max
    }
}
