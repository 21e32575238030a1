private import DequeModule

/// What a process knows about a folder of stored payloads, and what it decides about them.
///
/// Holds no file and reads no clock: times are arguments, in nanoseconds of the monotonic clock.
/// A payload's age is what the wall clock said when the payload was first seen, and grows by the
/// monotonic clock from then on, so that a stepped wall clock makes nothing expire early.
struct StorageIndex {
    /// What is inside a payload, once somebody has looked.
    struct Facts: Hashable {
        var records: Int
        var items: Int
        var isOwn: Bool
    }

    private struct Entry {
        var size: Int
        var holder: UInt64?
        var facts: Facts?
        var ageWhenSeen: UInt64
        var seenAt: UInt64
        var isLeased = false
        /// Another process had it when last tried; to be left alone until then.
        var heldElsewhereUntil: UInt64 = 0
        /// It was refused a moment ago; others go first until then.
        var restsUntil: UInt64 = 0
    }

    /// How long a payload that another process holds is left alone.
    static let patience: UInt64 = 1_000_000_000

    private let maximumSize: Int
    private let retention: UInt64
    private let maximumAttempts: Int
    private var entries: [StoredPayloadID: Entry] = [:]
    private var order: Deque<StoredPayloadID> = []
    /// Files with a name like ours that are not ours: never counted, never touched.
    private var strangers: Set<StoredPayloadID> = []
    /// Payloads that were not found under the name they had; they may have got another.
    private var formerEntries: [StoredPayloadID: Entry] = [:]

    /// The size of all payloads.
    private(set) var totalSize = 0

    init(_ configuration: StorageConfiguration) {
        self.maximumSize = Swift.max(0, configuration.maximumSize)
        self.retention = configuration.retention.nanoseconds
        self.maximumAttempts = Swift.max(1, configuration.maximumAttempts)
    }

    /// How many payloads there are.
    var count: Int { self.order.count }

    /// The payloads, oldest first.
    var ids: some Sequence<StoredPayloadID> { self.order }

    /// How many payloads are held here, or were held elsewhere when last tried.
    func heldCount(at now: UInt64) -> Int {
        self.entries.values.count { $0.isLeased || $0.heldElsewhereUntil > now }
    }

    // MARK: Events

    /// A payload was written, by this process.
    mutating func stored(
        _ id: StoredPayloadID,
        size: Int,
        facts: Facts,
        isLeased: Bool,
        holder: UInt64? = nil,
        at now: UInt64
    ) {
        var entry = Entry(size: size, holder: holder, facts: facts, ageWhenSeen: 0, seenAt: now)
        entry.isLeased = isLeased
        self.insert(id, entry)
    }

    /// A payload was found that is not known yet, or that somebody else holds than was known.
    ///
    /// - Parameter age: its age by the wall clock, 0 if that says the future. Of a payload that is
    ///   known, the age is known better.
    mutating func found(
        _ id: StoredPayloadID,
        size: Int,
        holder: UInt64?,
        age: UInt64,
        at now: UInt64
    ) {
        guard !self.strangers.contains(id) else { return }
        if let known = self.entries[id] {
            self.totalSize += size - known.size
            self.entries[id]?.size = size
            self.entries[id]?.holder = holder
            return
        }
        var entry = Entry(size: size, holder: holder, ageWhenSeen: age, seenAt: now)
        if let known = self.formerEntries.removeValue(forKey: id) {
            entry = known
            entry.size = size
            entry.holder = holder
        }
        self.insert(id, entry)
    }

    /// Whether a file of that name needs to be looked at.
    func isNews(_ id: StoredPayloadID, holder: UInt64?) -> Bool {
        if self.strangers.contains(id) { return false }
        guard let entry = self.entries[id] else { return true }
        return entry.holder != holder && !entry.isLeased
    }

    /// The folder was read: what is not in `ids` is gone, unless it is leased here.
    mutating func retain(_ ids: Set<StoredPayloadID>) {
        self.formerEntries = [:]
        if !self.strangers.isEmpty { self.strangers.formIntersection(ids) }
        let gone = self.order.filter { !ids.contains($0) && self.entries[$0]?.isLeased != true }
        guard !gone.isEmpty else { return }
        for id in gone {
            self.totalSize -= self.entries.removeValue(forKey: id)?.size ?? 0
        }
        self.order.removeAll { self.entries[$0] == nil }
    }

    /// Somebody looked into a payload.
    mutating func learned(_ facts: Facts, about id: StoredPayloadID) {
        self.entries[id]?.facts = facts
    }

    /// The payload is held here now.
    mutating func leased(_ id: StoredPayloadID, holder: UInt64?) {
        self.entries[id]?.isLeased = true
        self.entries[id]?.holder = holder
    }

    /// The payload is no longer held here, without a word from who held it.
    mutating func leaseEnded(_ id: StoredPayloadID) {
        self.entries[id]?.isLeased = false
        self.entries[id]?.holder = nil
    }

    /// Another process holds the payload.
    mutating func wasHeldElsewhere(_ id: StoredPayloadID, at now: UInt64) {
        self.entries[id]?.heldElsewhereUntil = now + Self.patience
    }

    /// Payloads that other processes held are worth another look.
    mutating func forgetHolders() {
        for id in self.order where self.entries[id]?.heldElsewhereUntil != 0 {
            self.entries[id]?.heldElsewhereUntil = 0
        }
    }

    /// The file is not ours, whatever its name says.
    mutating func isStranger(_ id: StoredPayloadID) {
        self.removed(id)
        self.strangers.insert(id)
    }

    /// The payload has left the disk.
    mutating func removed(_ id: StoredPayloadID) {
        guard let entry = self.entries.removeValue(forKey: id) else { return }
        self.totalSize -= entry.size
        if let position = self.position(of: id) { self.order.remove(at: position) }
    }

    /// There is no file of the name that the payload had.
    ///
    /// Where there are no locks, it may have another, because somebody holds it: then its age is
    /// remembered until the folder is read.
    mutating func vanished(_ id: StoredPayloadID) {
        guard var entry = self.entries[id] else { return }
        entry.isLeased = false
        self.removed(id)
        self.formerEntries[id] = entry
    }

    /// The payload now is another of the same age.
    mutating func replaced(_ id: StoredPayloadID, size: Int, facts: Facts) {
        guard let old = self.entries[id] else { return }
        self.totalSize += size - old.size
        self.entries[id]?.size = size
        self.entries[id]?.facts = facts
    }

    /// What to do with a payload that comes back undelivered.
    enum Return: Hashable {
        /// It waits for another try.
        case keep
        /// It was tried often enough.
        case giveUp
    }

    /// The payload is free again, after `attempts` tries that counted.
    ///
    /// - Parameter rests: whether others go first for a while: a second, and longer after each try
    ///   that counted, up to a minute.
    mutating func released(
        _ id: StoredPayloadID,
        attempts: Int,
        rests: Bool,
        at now: UInt64
    ) -> Return {
        guard attempts < self.maximumAttempts else { return .giveUp }
        self.entries[id]?.isLeased = false
        self.entries[id]?.holder = nil
        if rests {
            let rest = Swift.min(60, 1 << Swift.min(6, Swift.max(0, attempts - 1)))
            self.entries[id]?.restsUntil = now + UInt64(rest) * 1_000_000_000
        }
        return .keep
    }

    // MARK: Questions

    /// What has been learned about a payload.
    func facts(of id: StoredPayloadID) -> Facts? { self.entries[id]?.facts }

    /// Who holds a payload, where locks do not say.
    func holder(of id: StoredPayloadID) -> UInt64? { self.entries[id]?.holder }

    /// The oldest payload that may be tried.
    func nextToLease(at now: UInt64) -> StoredPayloadID? {
        self.order.first { id in
            guard let entry = self.entries[id] else { return false }
            return !entry.isLeased && entry.heldElsewhereUntil <= now && entry.restsUntil <= now
        }
    }

    /// Whether `size` more bytes may be stored.
    func hasRoom(for size: Int, instead: StoredPayloadID? = nil) -> Bool {
        let spared = instead.flatMap { self.entries[$0]?.size } ?? 0
        return self.totalSize - spared + size <= self.maximumSize
    }

    /// Whether a payload of `size` bytes could be stored in an empty folder.
    func mayEverHold(_ size: Int) -> Bool { size <= self.maximumSize }

    /// The oldest payload that may make room: one that nobody holds.
    func nextToEvict(at now: UInt64) -> StoredPayloadID? {
        self.order.first { id in
            guard let entry = self.entries[id] else { return false }
            return !entry.isLeased && entry.heldElsewhereUntil <= now
        }
    }

    /// The payloads that have been kept long enough and that nobody is known to hold.
    func expired(at now: UInt64) -> [StoredPayloadID] {
        self.order.filter { id in
            guard let entry = self.entries[id], !entry.isLeased else { return false }
            // Something may have been found after the caller looked at the clock.
            let since = now > entry.seenAt ? now - entry.seenAt : 0
            let age = entry.ageWhenSeen.addingReportingOverflow(since)
            return age.overflow || age.partialValue >= self.retention
        }
    }

    // MARK: Order

    private mutating func insert(_ id: StoredPayloadID, _ entry: Entry) {
        if let old = self.entries.updateValue(entry, forKey: id) {
            self.totalSize += entry.size - old.size
            return
        }
        self.totalSize += entry.size
        self.order.insert(id, at: self.lowerBound(of: id))
    }

    private func position(of id: StoredPayloadID) -> Int? {
        let position = self.lowerBound(of: id)
        guard position < self.order.count, self.order[position] == id else { return nil }
        return position
    }

    private func lowerBound(of id: StoredPayloadID) -> Int {
        // Nearly everything that comes is the youngest.
        if self.order.last.map({ $0 < id }) ?? true { return self.order.count }
        var low = 0
        var high = self.order.count
        while low < high {
            let middle = (low + high) / 2
            if self.order[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
