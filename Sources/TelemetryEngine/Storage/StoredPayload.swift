package import TelemetryModel

/// What tells a stored payload from others of its folder; ordered by creation.
package struct StoredPayloadID: Hashable, Comparable, Sendable {
    /// Microseconds since 1970 by the wall clock, when the payload was first stored.
    package let created: UInt64
    /// Chosen at random.
    package let random: UInt64

    package init(created: UInt64, random: UInt64) {
        self.created = created
        self.random = random
    }

    /// When the payload was first stored.
    package var createdTime: Timestamp {
        let (nanoseconds, isTooLarge) = self.created.multipliedReportingOverflow(by: 1_000)
        return Timestamp(nanosecondsSinceEpoch: isTooLarge ? .max : nanoseconds)
    }

    package static func < (lhs: StoredPayloadID, rhs: StoredPayloadID) -> Bool {
        (lhs.created, lhs.random) < (rhs.created, rhs.random)
    }
}

/// A payload on disk that the caller holds: nobody else sends it meanwhile.
package struct StoredPayload: Sendable {
    /// The handle with which the payload is removed, replaced or released.
    package var id: StoredPayloadID
    /// The payload as it was stored.
    package var payload: Payload
    /// How many tries counted against it so far.
    package var attempts: Int
    /// When it was first stored.
    package var created: Timestamp
    /// Whether this run of the process stored it.
    package var isOwn: Bool
}

/// A payload that left the disk without having been delivered.
package struct LostPayload: Hashable, Sendable {
    /// How many records it held.
    package var records: Int
    /// How many items they were.
    package var items: Int
    /// Why it went.
    package var reason: DropReason
    /// Whether this run of the process stored it; if not, its records are in no account here.
    package var isOwn: Bool

    package init(records: Int, items: Int, reason: DropReason, isOwn: Bool) {
        self.records = records
        self.items = items
        self.reason = reason
        self.isOwn = isOwn
    }
}

/// What became of a payload that was to be stored.
package enum StoreResult: Sendable {
    /// It is on disk; the payloads in `lost` made room.
    case stored(StoredPayloadID, lost: [LostPayload])
    /// It is not; the payloads in `lost` went all the same.
    case failed(StorageError, lost: [LostPayload])
}

/// What a folder holds.
package struct StorageSummary: Hashable, Sendable {
    /// How many payloads there are, leased ones included.
    package var payloads = 0
    /// How many of them somebody holds, here or in another process, as far as is known.
    package var held = 0
    /// Their size.
    package var bytes = 0
    /// How many payloads could not be read and were removed, since the storage was opened.
    package var unreadable = 0
}

/// What is on the disk itself, and what is not.
package struct StorageSynchronisation: Hashable, Sendable {
    /// How many payloads were brought there.
    package var synchronised = 0
    /// How many payloads are stored, but may not survive the machine.
    package var left = 0
    /// How many records those hold.
    package var recordsLeft = 0
    /// Why, if it was not for lack of time.
    package var failure: StorageError?
}
