import TelemetryModel

/// Sends once, oldest first, what one destination's folder holds.
///
/// This is what the command line does about offline storage; a pipeline's own
/// ``ExportCoordinator`` goes on trying instead. Payloads stay leased until the end, so that none
/// is tried twice. What an outcome leaves of a payload is the same for both, but here the halves of
/// one that is too large are tried from memory: the disk may be full, which is a reason to empty it.
///
/// What fails stays; it counts as an attempt only if the destination accepted another payload
/// meanwhile.
///
/// A failure of the network, an open breaker and cancellation end the tries.
struct StorageDrain {
    /// The most time for one try: after a failure of the network there is no other.
    static let tryLimit: Duration = .seconds(9)

    /// How often to look whether others let go of what they hold, and for how long at most.
    static let lookInterval: Duration = .milliseconds(250)
    static let maximumLooks = 240

    /// Each payload that stays keeps a file open.
    static let maximumKept = 200

    private struct Kept {
        var id: StoredPayloadID
        /// How many payloads had been accepted before this one failed.
        var acceptedBefore: Int
        /// Whether the destination answered this payload with an error.
        var wasAnswered: Bool
    }

    private let storage: StorageActor
    private let exporter: any TelemetryExporter
    private let time: TimeSource
    private let start: Timestamp
    private var breaker = CircuitBreaker()
    private var generator = SystemRandomNumberGenerator()
    private var kept: [Kept] = []
    private var accepted = 0
    private var isOver = false
    private var lastRenewal: UInt64

    /// The payloads that were tried.
    private(set) var tried: Set<StoredPayloadID> = []

    /// What became of their items.
    private(set) var delivery = OfflineStorage.Delivery()

    init(storage: StorageActor, exporter: any TelemetryExporter, time: TimeSource) {
        self.storage = storage
        self.exporter = exporter
        self.time = time
        self.start = time.wallNow()
        self.lastRenewal = time.monotonicNow()
    }

    /// Sends what can be sent.
    ///
    /// - Parameter isHeldElsewhere: whether others hold payloads, those given left out, that were
    ///   there at the start.
    mutating func run(
        isHeldElsewhere: (_ but: Set<StoredPayloadID>, _ start: Timestamp) -> Bool
    ) async {
        for _ in 0..<Self.maximumLooks {
            await self.sendWhatIsFree()
            guard !self.isOver, isHeldElsewhere(self.tried, self.start) else { break }
            do {
                try await self.time.sleep(Self.lookInterval)
            } catch {
                break
            }
        }
        await self.letGo()
    }

    private mutating func sendWhatIsFree() async {
        while !self.isOver, !Task.isCancelled, let stored = await self.storage.lease() {
            // What is stored while this runs is the business of whoever stores it.
            guard stored.created <= self.start, self.kept.count < Self.maximumKept else {
                self.add(lost: await self.storage.release(stored.id, countsAttempt: false))
                self.isOver = true
                break
            }
            self.tried.insert(stored.id)
            // Others must see that whoever holds the payloads lives, where locks do not show it.
            await self.storage.renewLeases()
            await self.send(stored)
            await self.renewLeases()
        }
        if Task.isCancelled { self.isOver = true }
    }

    /// Shows that what is kept until the end is still being looked after.
    private mutating func renewLeases() async {
        let now = self.time.monotonicNow()
        guard now - self.lastRenewal >= StorageActor.renewalInterval.nanoseconds else { return }
        self.lastRenewal = now
        await self.storage.renewLeases()
    }

    private mutating func send(_ stored: StoredPayload) async {
        var parts = [stored.payload]
        var rest: [Payload] = []
        var isChanged = false
        while let part = parts.popLast() {
            guard !self.isOver, !Task.isCancelled,
                case .send = self.breaker.wantsToSend(at: self.time.monotonicNow())
            else {
                self.isOver = true
                rest.append(part)
                continue
            }
            let outcome = await self.exporter.send(part, within: Self.tryLimit)
            switch outcome {
            case .failed(let failure):
                rest.append(part)
                self.failed(failure)
                continue
            case .accepted, .partiallyAccepted:
                self.accepted += 1
            case .refused(_, let explanation):
                self.delivery.explain(explanation)
            case .payloadTooLarge:
                break
            }
            _ = self.breaker.answered()
            let settled = await self.exporter.settle(outcome, of: part)
            self.delivery.delivered += settled.acceptedItems
            for (reason, count) in settled.droppedItems { self.delivery.drop(count, reason) }
            if let remainder = settled.rest { rest.append(remainder) }
            parts += settled.parts.reversed()
            isChanged = true
        }
        await self.put(rest, inPlaceOf: stored, isChanged: isChanged)
    }

    private mutating func failed(_ failure: DeliveryFailure) {
        let jitter = Double.random(in: 0...1, using: &self.generator)
        _ = self.breaker.failed(failure, at: self.time.monotonicNow(), jitter: jitter)
        if !Task.isCancelled { self.delivery.explain(failure.explanation) }
        if failure.kind == .network || !self.breaker.isClosed { self.isOver = true }
    }

    /// Leaves of a payload what is to be tried again another time.
    private mutating func put(
        _ rest: [Payload],
        inPlaceOf stored: StoredPayload,
        isChanged: Bool
    ) async {
        guard !rest.isEmpty else {
            await self.storage.remove(stored.id)
            return
        }
        var isKept = !isChanged
        if isChanged {
            // The original goes last: a crash before costs a second delivery, not the rest.
            for part in rest.dropFirst() {
                _ = self.settle(
                    await self.storage.store(part, attempts: stored.attempts),
                    of: part
                )
            }
            isKept = self.settle(await self.storage.replace(stored.id, with: rest[0]), of: rest[0])
        }
        guard isKept else {
            // Not even in place of what was there: that would be sent twice.
            await self.storage.remove(stored.id)
            return
        }
        self.kept.append(
            Kept(id: stored.id, acceptedBefore: self.accepted, wasAnswered: !self.isOver)
        )
    }

    /// Books what became of a part that was to be written; whether it was.
    private mutating func settle(_ result: StoreResult, of part: Payload) -> Bool {
        switch result {
        case .stored(let id, let lost):
            self.tried.insert(id)
            self.add(lost: lost)
            return true
        case .failed(let error, let lost):
            self.add(lost: lost)
            self.delivery.drop(part.itemCount, .storageFailed)
            self.delivery.explain(error.message)
            return false
        }
    }

    /// Gives back what stays.
    private mutating func letGo() async {
        for kept in self.kept {
            // An outage is no fault of the payload. One that failed while others were accepted may
            // be what the destination cannot take.
            let isToBlame =
                kept.wasAnswered
                && (self.accepted > kept.acceptedBefore || (!self.isOver && self.accepted > 0))
            self.add(lost: await self.storage.release(kept.id, countsAttempt: isToBlame))
        }
        self.kept = []
    }

    private mutating func add(lost: [LostPayload]) {
        for payload in lost { self.delivery.drop(payload.items, payload.reason) }
    }
}
