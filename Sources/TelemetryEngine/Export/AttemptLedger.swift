/// Decides whether a failed try counts against a stored payload.
///
/// It counts if the destination answered this payload with an error and has accepted another one
/// since the last try: then the payload is to blame, and not an outage.
struct AttemptLedger {
    /// Payloads beyond this many are as if never tried; a lane stops at the first that fails.
    static let capacity = 1_024

    /// How many payloads the destination has accepted, at least in part.
    private var acceptances: UInt64 = 0
    /// What that number was when a payload was last tried.
    private var lastTries: [StoredPayloadID: UInt64] = [:]
    /// The payload that was last answered with an error.
    private(set) var lastRefused: StoredPayloadID?

    /// The destination accepted something.
    mutating func accepted() {
        self.acceptances += 1
    }

    /// A payload has left the disk.
    mutating func removed(_ id: StoredPayloadID) {
        self.lastTries[id] = nil
        if self.lastRefused == id { self.lastRefused = nil }
    }

    /// A payload could not be delivered; tells whether that counts against it.
    mutating func failed(_ id: StoredPayloadID, _ failure: DeliveryFailure) -> Bool {
        guard failure.kind == .server || failure.kind == .throttled else { return false }
        self.lastRefused = id
        if self.lastTries.count >= Self.capacity { self.lastTries = [:] }
        let before = self.lastTries.updateValue(self.acceptances, forKey: id)
        return before.map { self.acceptances > $0 } ?? false
    }
}
