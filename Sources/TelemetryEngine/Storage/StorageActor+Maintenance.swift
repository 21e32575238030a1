extension StorageActor {
    /// The longest that one call of ``expire()`` goes on giving up payloads, in nanoseconds.
    private static let expiryBudget: UInt64 = 200_000_000

    /// Reads the folder anew and removes what has been kept long enough and what dead writers left
    /// behind; returns what was lost since the last call.
    ///
    /// If very much has expired, some of it is left to the next call, so that nobody who wants to
    /// store something has to wait for long.
    package func expire() -> [LostPayload] {
        var lost = self.lost
        self.lost = []
        self.endOverdueLeases()
        let start = self.time.monotonicNow()
        guard let folder = try? self.openFolder(creates: false) else { return lost }
        // A folder that was just opened has just been read.
        if self.scan.isWorthwhile(at: start) {
            self.rescan(folder, removesAbandoned: true)
        }
        for id in self.index.expired(at: self.time.monotonicNow()) {
            if let loss = self.giveUp(id, reason: .expired, in: folder) { lost.append(loss) }
            guard self.time.monotonicNow() - start < Self.expiryBudget else { break }
        }
        return lost
    }

    /// Waits until what was stored here is on the disk itself, but begins nothing after a deadline.
    ///
    /// Begins with the youngest: the system itself has written the oldest long ago, if it could.
    /// The disk may hold up the file that is being written at the deadline.
    ///
    /// - Parameter deadline: a moment of the monotonic clock; never by default.
    /// - Returns: what will survive the machine, and what may not.
    @discardableResult
    package func sync(until deadline: UInt64 = .max) -> StorageSynchronisation {
        var result = StorageSynchronisation()
        if let folder = self.folder, !self.unsynchronised.isEmpty {
            // What others have taken meanwhile is no concern of ours.
            self.rescan(folder)
            var done: [StoredPayloadID] = []
            do throws(SystemError) {
                for id in self.unsynchronised.sorted(by: >) {
                    guard self.time.monotonicNow() < deadline else { break }
                    let holder = self.index.holder(of: id)
                    try folder.synchronise(StoredFileName(id, .payload(holder: holder)))
                    done.append(id)
                }
                // Without their names the files are not worth much.
                if !done.isEmpty { try folder.synchronise() }
                result.synchronised = done.count
                self.unsynchronised.subtract(done)
            } catch {
                result.failure = StorageFolder.explain(error, folder.path)
            }
        }
        result.left = self.unsynchronised.count
        result.recordsLeft = self.unsynchronised.reduce(0) {
            $0 + (self.index.facts(of: $1)?.records ?? 0)
        }
        return result
    }

    /// What the folder holds, other processes' payloads included.
    ///
    /// Known without looking, but for what other processes did in the last few seconds: five, or
    /// fifty times what it takes to read the folder.
    package var summary: StorageSummary {
        if let folder = try? self.openFolder(creates: false),
            self.scan.isDue(at: self.time.monotonicNow())
        {
            self.rescan(folder)
        }
        var summary = StorageSummary()
        summary.payloads = self.index.count
        summary.held = self.index.heldCount(at: self.time.monotonicNow())
        summary.bytes = self.index.totalSize
        summary.unreadable = self.unreadable
        return summary
    }

    // MARK: Ends of payloads

    /// Removes a payload undelivered, unless somebody holds it.
    func giveUp(
        _ id: StoredPayloadID,
        reason: DropReason,
        in folder: StorageFolder
    ) -> LostPayload? {
        guard let (held, content) = self.open(id, in: folder) else { return nil }
        switch content {
        case .payload(let file, _, _, _):
            guard folder.remove(id, holder: held.holder) else {
                // Still there, so nothing is lost yet.
                self.leaveAlone(id, held, in: folder)
                return nil
            }
            self.forget(id)
            return LostPayload(file.facts(run: self.run), reason: reason)
        case .spent:
            self.removeSpent(id, held, in: folder)
        case .damaged, .unreadable:
            self.discard(id, held, in: folder)
        case .notForUs:
            folder.release(held, id)
            self.index.isStranger(id)
        }
        return nil
    }

    /// Removes a payload whose records are settled.
    func removeSpent(
        _ id: StoredPayloadID,
        _ held: StorageFolder.Held,
        in folder: StorageFolder
    ) {
        // First the file, then the lock: nobody may get hold of it in between.
        let isGone = folder.remove(id, holder: held.holder)
        if !isGone {
            // The directory does not let go of it: nobody is to send it again.
            try? folder.setAttempts(StoredFile.spent, of: held)
            folder.release(held, id)
        }
        self.forget(id)
        if !isGone { self.index.isStranger(id) }
    }

    /// Removes a payload that cannot be read, and counts it.
    func discard(
        _ id: StoredPayloadID,
        _ held: StorageFolder.Held,
        in folder: StorageFolder
    ) {
        let isGone = folder.remove(id, holder: held.holder)
        self.unreadable += 1
        if let facts = self.index.facts(of: id) {
            self.lost.append(LostPayload(facts, reason: .storageFailed))
        }
        self.forget(id)
        if !isGone { self.index.isStranger(id) }
    }
}
