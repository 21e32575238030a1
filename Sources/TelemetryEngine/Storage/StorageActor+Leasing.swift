extension StorageActor {
    /// The longest that a lease may last, in nanoseconds of the monotonic clock.
    ///
    /// No request takes an hour: who holds a payload that long has forgotten it.
    static let longestLease: UInt64 = 3_600_000_000_000

    /// Between two signs of life of one who holds leases, where locks do not show it.
    package static let renewalInterval: Duration = .seconds(60)

    /// Takes the oldest payload that is free; `nil` if there is none.
    ///
    /// The payload stays on disk, where nobody else takes it, until it is removed or released; at
    /// most for an hour.
    package func lease() -> StoredPayload? {
        self.endOverdueLeases()
        guard let folder = try? self.openFolder(creates: false) else { return nil }
        var hasLookedAgain = false
        while true {
            let now = self.time.monotonicNow()
            guard let id = self.index.nextToLease(at: now) else {
                if hasLookedAgain { return nil }
                hasLookedAgain = true
                if self.scan.isWorthwhile(at: now) { self.rescan(folder) }
                // A holder may have died a moment ago, and there is nothing better to do.
                self.index.forgetHolders()
                continue
            }
            if let payload = self.lease(id, in: folder) { return payload }
        }
    }

    private func lease(_ id: StoredPayloadID, in folder: StorageFolder) -> StoredPayload? {
        guard let (held, content) = self.open(id, in: folder) else { return nil }
        switch content {
        case .payload(let file, let attempts, let bodyLength, let checksum):
            let offset = held.status.size - bodyLength
            let length = StoredFile.prologueLength
            let (fields, body): ([UInt8], [UInt8])
            do throws(SystemError) {
                fields = try folder.read(held, count: offset - length, at: length)
                body = try folder.read(held, count: bodyLength, at: offset)
            } catch {
                self.leaveAlone(id, held, in: folder)
                return nil
            }
            guard StableHash.checksum([fields, body]) == checksum else {
                self.discard(id, held, in: folder)
                return nil
            }
            self.index.learned(file.facts(run: self.run), about: id)
            self.index.leased(id, holder: held.holder)
            self.leases[id] = Lease(
                held: held,
                folder: folder,
                file: file,
                attempts: attempts,
                since: self.time.monotonicNow()
            )
            return StoredPayload(
                id: id,
                payload: file.payload(body: body),
                attempts: attempts,
                created: id.createdTime,
                isOwn: file.run == self.run
            )
        case .spent:
            self.removeSpent(id, held, in: folder)
        case .damaged:
            self.discard(id, held, in: folder)
        case .notForUs:
            folder.release(held, id)
            self.index.isStranger(id)
        case .unreadable:
            self.leaveAlone(id, held, in: folder)
        }
        return nil
    }

    /// Removes a payload that was delivered, or that need not be.
    package func remove(_ id: StoredPayloadID) {
        if let lease = self.leases.removeValue(forKey: id) {
            self.removeSpent(id, lease.held, in: lease.folder)
        } else if self.overdue.remove(id) != nil, let folder = self.folder,
            let (held, _) = self.open(id, in: folder)
        {
            // The lease lasted too long, but nobody else has taken the payload.
            self.removeSpent(id, held, in: folder)
        }
    }

    /// Gives a payload back, to be tried again.
    ///
    /// - Parameters:
    ///   - countsAttempt: whether the try counts against the payload: the destination refused this
    ///     one while it accepted another.
    ///   - rests: whether others go first for a moment even if the try does not count.
    /// - Returns: what was lost: the payload itself if it has been tried often enough.
    package func release(
        _ id: StoredPayloadID,
        countsAttempt: Bool,
        rests: Bool = false
    ) -> [LostPayload] {
        guard var lease = self.leases[id] else { return [] }
        if countsAttempt {
            lease.attempts += 1
            // If the disk does not take it, the number is at least right in this process.
            try? lease.folder.setAttempts(lease.attempts, of: lease.held)
        }
        let verdict = self.index.released(
            id,
            attempts: lease.attempts,
            rests: countsAttempt || rests,
            at: self.time.monotonicNow()
        )
        switch verdict {
        case .keep:
            self.leases[id] = nil
            lease.folder.release(lease.held, id)
            return []
        case .giveUp:
            let facts = lease.file.facts(run: self.run)
            self.remove(id)
            return [LostPayload(facts, reason: .expired)]
        }
    }

    /// Shows other processes that the holder of the leases lives, and ends what lasted too long.
    ///
    /// To be called every ``renewalInterval`` for as long as anything is leased. Where locks show
    /// who lives, being late does no harm.
    package func renewLeases() {
        self.endOverdueLeases()
        for lease in self.leases.values { lease.folder.renew(lease.held) }
    }

    /// Frees what has been held for too long.
    func endOverdueLeases() {
        guard !self.leases.isEmpty else { return }
        let now = self.time.monotonicNow()
        for (id, lease) in self.leases
        where now - Swift.min(lease.since, now) >= Self.longestLease {
            self.leases[id] = nil
            lease.folder.release(lease.held, id)
            self.index.leaseEnded(id)
            self.overdue.insert(id)
        }
    }
}
