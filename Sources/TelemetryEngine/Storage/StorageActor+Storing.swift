extension StorageActor {
    /// Stores a payload, making room by giving up the oldest if need be.
    ///
    /// - Parameters:
    ///   - attempts: how many tries count against the payload already.
    ///   - durably: whether to wait until it is on the disk itself, so that it survives the death
    ///     of the machine and not only of the process.
    ///   - keepsLease: whether the caller holds the payload from the start, as after ``lease()``.
    package func store(
        _ payload: Payload,
        attempts: Int = 0,
        durably: Bool = false,
        keepsLease: Bool = false
    ) -> StoreResult {
        var lost: [LostPayload] = []
        do throws(StorageError) {
            let now = self.time.monotonicNow()
            guard let folder = try self.openFolder(creates: true) else {
                throw StorageError(code: .unusable, message: "the storage directory is missing")
            }
            if self.scan.isDue(at: now) { self.rescan(folder) }
            let id = self.newID()
            let file = StoredFile(payload, for: self.destination, run: self.run)
            let head = file.head(body: payload.body, attempts: attempts)
            let (held, home) = try self.write(
                [head, payload.body],
                as: id,
                instead: nil,
                durably: durably,
                losing: &lost
            )
            self.index.stored(
                id,
                size: head.count + payload.body.count,
                facts: file.facts(run: self.run),
                isLeased: keepsLease,
                holder: keepsLease ? held.holder : nil,
                at: now
            )
            if keepsLease {
                self.leases[id] = Lease(
                    held: held,
                    folder: home,
                    file: file,
                    attempts: attempts,
                    since: now
                )
            } else {
                home.release(held, id)
            }
            if !durably { self.unsynchronised.insert(id) }
            return .stored(id, lost: lost)
        } catch {
            return .failed(error, lost: lost)
        }
    }

    /// Puts another payload in the place of one that the caller holds and goes on holding.
    ///
    /// Age and attempts stay. At any moment either the old or the new payload is on disk.
    package func replace(_ id: StoredPayloadID, with payload: Payload) -> StoreResult {
        var lost: [LostPayload] = []
        guard var lease = self.leases[id] else {
            let error = StorageError(code: .notHeld, message: "the payload is not leased")
            return .failed(error, lost: [])
        }
        do throws(StorageError) {
            let file = StoredFile(payload, for: self.destination, run: lease.file.run)
            let head = file.head(body: payload.body, attempts: lease.attempts)
            _ = try self.openFolder(creates: true)
            (lease.held, lease.folder) = try self.write(
                [head, payload.body],
                as: id,
                instead: id,
                durably: false,
                losing: &lost
            )
            lease.file = file
            self.leases[id] = lease
            self.index.replaced(
                id,
                size: head.count + payload.body.count,
                facts: file.facts(run: self.run)
            )
            self.unsynchronised.insert(id)
            return .stored(id, lost: lost)
        } catch {
            return .failed(error, lost: lost)
        }
    }

    /// Writes a file, making room first, and once more if the disk turns out to be full.
    ///
    /// - Returns: the file, held, and the folder in which it is.
    func write(
        _ parts: [[UInt8]],
        as id: StoredPayloadID,
        instead: StoredPayloadID?,
        durably: Bool,
        losing lost: inout [LostPayload]
    ) throws(StorageError) -> (StorageFolder.Held, StorageFolder) {
        let size = parts.reduce(0) { $0 + $1.count }
        guard
            self.index.mayEverHold(size),
            parts[0].count <= StoredFile.maximumFieldsLength
        else {
            throw StorageError(
                code: .tooLarge,
                message: "a payload of \(size) bytes is larger than offline storage may be"
            )
        }
        try self.makeRoom(for: size, instead: instead, losing: &lost)
        var hasMadeRoom = false
        var hasReopened = false
        while true {
            guard let folder = self.folder else {
                throw StorageError(code: .unusable, message: "the storage directory is gone")
            }
            do throws(SystemError) {
                let held = try folder.write(id, holder: self.run, parts: parts, durably: durably)
                return (held, folder)
            } catch  where error.isFull && !hasMadeRoom {
                hasMadeRoom = true
                var freed = 0
                while freed < size, let eviction = self.evictOldest() {
                    guard let loss = eviction.loss else { continue }
                    lost.append(loss)
                    freed += eviction.size
                }
                guard freed > 0 else { throw StorageFolder.explain(error, folder.path) }
            } catch  where error.isMissing && !hasReopened {
                // The folder, or the file while it was written, was removed.
                hasReopened = true
                _ = try self.openFolder(creates: true)
            } catch {
                throw StorageFolder.explain(error, folder.path)
            }
        }
    }

    /// Gives up the oldest payloads until the quota leaves room for `size` bytes.
    private func makeRoom(
        for size: Int,
        instead: StoredPayloadID?,
        losing lost: inout [LostPayload]
    ) throws(StorageError) {
        guard !self.index.hasRoom(for: size, instead: instead) else { return }
        // Others may have delivered what stands in the way; nothing is given up for old news.
        if let folder = self.folder, self.scan.isWorthwhile(at: self.time.monotonicNow()) {
            self.rescan(folder)
        }
        while !self.index.hasRoom(for: size, instead: instead) {
            guard let eviction = self.evictOldest() else {
                throw StorageError(
                    code: .full,
                    message: "offline storage is full, and all of it is being sent"
                )
            }
            if let loss = eviction.loss { lost.append(loss) }
        }
    }

    /// Gives up the oldest payload that nobody holds; `nil` if there is none.
    ///
    /// - Returns: what was lost: nothing if the payload turned out to be gone, or not to be had.
    private func evictOldest() -> (loss: LostPayload?, size: Int)? {
        guard let folder = self.folder,
            let id = self.index.nextToEvict(at: self.time.monotonicNow())
        else { return nil }
        let before = self.index.totalSize
        let loss = self.giveUp(id, reason: .evicted, in: folder)
        return (loss, before - self.index.totalSize)
    }
}
