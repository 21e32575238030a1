private import TelemetryModel

extension StorageActor {
    /// Puts several payloads in the place of one that the caller holds, and gives all of them back.
    ///
    /// Age, attempts and owner stay. All but the first are stored before the first takes the place:
    /// if the process dies in between something is there twice, but nothing is missing. If they
    /// cannot be stored, all is as before and the caller still holds the payload.
    package func divide(_ id: StoredPayloadID, into parts: [Payload]) -> StoreResult {
        guard let lease = self.leases[id], let first = parts.first else {
            let error = StorageError(code: .notHeld, message: "the payload is not leased")
            return .failed(error, lost: [])
        }
        var lost: [LostPayload] = []
        var added: [StoredPayloadID] = []
        var failure: StorageError?
        for part in parts.dropFirst() {
            do throws(StorageError) {
                let new = StoredPayloadID(
                    created: id.created,
                    random: UInt64.random(in: 0...UInt64.max)
                )
                try self.add(part, as: new, like: lease, losing: &lost)
                added.append(new)
            } catch {
                failure = error
                break
            }
        }
        if failure == nil {
            switch self.replace(id, with: first) {
            case .stored(_, let more): lost += more
            case .failed(let error, let more):
                lost += more
                failure = error
            }
        }
        if let failure {
            for id in added { self.remove(id) }
            return .failed(failure, lost: lost)
        }
        for id in added + [id] { lost += self.release(id, countsAttempt: false) }
        return .stored(id, lost: lost)
    }

    /// Stores and holds a payload that has the owner, the age and the attempts of another.
    private func add(
        _ payload: Payload,
        as id: StoredPayloadID,
        like other: Lease,
        losing lost: inout [LostPayload]
    ) throws(StorageError) {
        let file = StoredFile(payload, for: self.destination, run: other.file.run)
        let head = file.head(body: payload.body, attempts: other.attempts)
        _ = try self.openFolder(creates: true)
        let (held, home) = try self.write(
            [head, payload.body],
            as: id,
            instead: nil,
            durably: false,
            losing: &lost
        )
        let now = self.time.monotonicNow()
        self.index.found(
            id,
            size: head.count + payload.body.count,
            holder: held.holder,
            age: self.time.wallNow().nanoseconds(since: id.createdTime),
            at: now
        )
        self.index.learned(file.facts(run: self.run), about: id)
        self.index.leased(id, holder: held.holder)
        self.leases[id] = Lease(
            held: held,
            folder: home,
            file: file,
            attempts: other.attempts,
            since: now
        )
        self.unsynchronised.insert(id)
    }
}
