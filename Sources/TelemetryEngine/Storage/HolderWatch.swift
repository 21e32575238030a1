/// Tells the living holders of files from the dead, where locks do not.
///
/// A living holder renews the time stamp of its file. What the stamp says is never compared with a
/// clock, which may be set on either side: a holder is dead when its stamp has not changed for a
/// while by the monotonic clock of the one who watches.
struct HolderWatch {
    private struct Observation {
        var stamp: Int64
        var since: UInt64
    }

    /// How long a holder may be silent, in nanoseconds; three times what it takes to renew.
    static let silence: UInt64 = 180_000_000_000

    private var observations: [StoredFileName: Observation] = [:]

    /// Whether the holder of a file is dead, given the stamp that the file bears now.
    mutating func isDead(_ name: StoredFileName, stamp: Int64, at now: UInt64) -> Bool {
        if let known = self.observations[name], known.stamp == stamp {
            return now - Swift.min(known.since, now) >= Self.silence
        }
        self.observations[name] = Observation(stamp: stamp, since: now)
        return false
    }

    /// The folder was read: other files than these are gone.
    mutating func retain(_ names: [StoredFileName]) {
        guard !self.observations.isEmpty else { return }
        let names = Set(names)
        self.observations = self.observations.filter { names.contains($0.key) }
    }
}
