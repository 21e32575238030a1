private import TelemetryModel

/// Keeps the payloads of one destination on disk until they are delivered.
///
/// Owns the destination's folder, which other processes may use at the same time. Whoever wants to
/// send a payload leases it first; the lease is an advisory lock on the payload's open file, so
/// that the system itself ends it with the process, however that dies. On file systems without
/// locks the name says who holds a file and its time stamp, renewed by ``renewLeases()``, that the
/// holder lives. What is decided, ``StorageIndex`` decides; here it is carried out.
///
/// Files block, so the actor runs on a thread of its own, which starts with the first call and is
/// gone when ``close()`` has returned. Nothing is created before something is stored.
package actor StorageActor {
    private let executor: StorageThread
    private let location: StorageLocation
    private let destination: Destination
    private let system: FileSystem
    private let time: TimeSource
    /// Tells this pipeline's use of the folder from all others.
    private let run: UInt64
    private let configuration: StorageConfiguration

    private var index: StorageIndex
    private var folder: StorageFolder?
    private var leases: [StoredPayloadID: Lease] = [:]
    private var unsynchronised: Set<StoredPayloadID> = []
    private var lost: [LostPayload] = []
    private var unreadable = 0
    private var lastCreated: UInt64 = 0
    private var nextRescan: UInt64 = 0

    private struct Lease {
        var held: StorageFolder.Held
        var folder: StorageFolder
        var file: StoredFile
        var attempts: Int
    }

    /// The executor, whose thread does the work.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe self.executor.asUnownedSerialExecutor()
    }

    /// Creates storage for a destination; touches no file.
    package init(
        configuration: StorageConfiguration,
        destination: Destination,
        time: TimeSource = .system
    ) {
        self.init(
            configuration: configuration,
            destination: destination,
            time: time,
            system: FileSystem(),
            surroundings: .process,
            // Not one for the process: what another pipeline of it stored is not in our account,
            // nor are its files ours to take where there are no locks.
            run: UInt64.random(in: 1...UInt64.max)
        )
    }

    init(
        configuration: StorageConfiguration,
        destination: Destination,
        time: TimeSource,
        system: FileSystem,
        surroundings: StorageSurroundings,
        run: UInt64
    ) {
        self.executor = StorageThread(name: "azm-storage")
        self.configuration = configuration
        self.destination = destination
        self.location = StorageLocation(
            configuration: configuration,
            destination: destination,
            surroundings: surroundings
        )
        self.system = system
        self.time = time
        self.run = run
        self.index = StorageIndex(configuration)
    }

    // MARK: Storing

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
            if now >= self.nextRescan { self.rescan(folder) }
            let id = self.newID()
            let file = StoredFile(payload, for: self.destination, run: self.run)
            let head = file.head(body: payload.body, attempts: attempts)
            let held = try self.write(
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
            if keepsLease, let folder = self.folder {
                self.leases[id] = Lease(
                    held: held,
                    folder: folder,
                    file: file,
                    attempts: attempts
                )
            } else {
                self.folder?.release(held, id)
            }
            if !durably { self.unsynchronised.insert(id) }
            return .stored(id, lost: lost)
        } catch {
            return .failed(error, lost: lost)
        }
    }

    /// Writes a file, making room first, and once more if the disk turns out to be full.
    private func write(
        _ parts: [[UInt8]],
        as id: StoredPayloadID,
        instead: StoredPayloadID?,
        durably: Bool,
        losing lost: inout [LostPayload]
    ) throws(StorageError) -> StorageFolder.Held {
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
        while !self.index.hasRoom(for: size, instead: instead) {
            guard self.evictOldest(losing: &lost) != nil else {
                throw StorageError(
                    code: .full,
                    message: "offline storage is full, and all of it is being sent"
                )
            }
        }
        var hasMadeRoom = false
        var hasReopened = false
        while true {
            guard let folder = self.folder else {
                throw StorageError(code: .unusable, message: "the storage directory is gone")
            }
            do throws(SystemError) {
                return try folder.write(id, holder: self.run, parts: parts, durably: durably)
            } catch  where error.isFull && !hasMadeRoom {
                hasMadeRoom = true
                var freed = 0
                while freed < size, let bytes = self.evictOldest(losing: &lost) { freed += bytes }
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

    /// Gives up the oldest payload that nobody holds; returns its size, `nil` if there is none.
    private func evictOldest(losing lost: inout [LostPayload]) -> Int? {
        while let folder = self.folder,
            let id = self.index.nextToEvict(at: self.time.monotonicNow())
        {
            let before = self.index.totalSize
            if let loss = self.giveUp(id, reason: .evicted, in: folder) {
                lost.append(loss)
                return before - self.index.totalSize
            }
        }
        return nil
    }

    // MARK: Leasing

    /// Takes the oldest payload that is free; `nil` if there is none.
    ///
    /// The payload stays on disk, where nobody else takes it, until it is removed or released.
    package func lease() -> StoredPayload? {
        guard let folder = try? self.openFolder(creates: false) else { return nil }
        var hasRescanned = false
        while true {
            let now = self.time.monotonicNow()
            guard let id = self.index.nextToLease(at: now) else {
                if hasRescanned { return nil }
                hasRescanned = true
                self.rescan(folder)
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
            let fields = try? folder.read(
                held,
                count: offset - StoredFile.prologueLength,
                at: StoredFile.prologueLength
            )
            guard
                let fields,
                let body = try? folder.read(held, count: bodyLength, at: offset),
                StableHash.checksum([fields, body]) == checksum
            else {
                self.discard(id, held, in: folder)
                return nil
            }
            self.index.learned(file.facts(run: self.run), about: id)
            self.index.leased(id, holder: held.holder)
            self.leases[id] = Lease(held: held, folder: folder, file: file, attempts: attempts)
            return StoredPayload(
                id: id,
                payload: file.payload(body: body),
                attempts: attempts,
                created: id.createdTime,
                isOwn: file.run == self.run
            )
        case .damaged:
            self.discard(id, held, in: folder)
        case .notForUs:
            folder.release(held, id)
            self.index.isStranger(id)
        }
        return nil
    }

    /// Removes a payload that was delivered, or that need not be.
    package func remove(_ id: StoredPayloadID) {
        guard let lease = self.leases.removeValue(forKey: id) else { return }
        // First the file, then the lock: nobody may get hold of it in between.
        lease.folder.remove(id, holder: lease.held.holder)
        self.index.removed(id)
        self.unsynchronised.remove(id)
    }

    /// Gives a payload back, to be tried again.
    ///
    /// - Parameter countsAttempt: whether the try counts against the payload: the destination
    ///   refused this one while it accepted another.
    /// - Returns: what was lost: the payload itself if it has been tried often enough.
    package func release(_ id: StoredPayloadID, countsAttempt: Bool) -> [LostPayload] {
        guard var lease = self.leases[id] else { return [] }
        if countsAttempt {
            lease.attempts += 1
            // If the disk does not take it, the number is at least right in this process.
            try? lease.folder.setAttempts(lease.attempts, of: lease.held)
        }
        let verdict = self.index.released(
            id,
            attempts: lease.attempts,
            wasRefused: countsAttempt,
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
            let held = try self.write(
                [head, payload.body],
                as: id,
                instead: id,
                durably: false,
                losing: &lost
            )
            lease.held = held
            lease.file = file
            if let folder = self.folder { lease.folder = folder }
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
        let held = try self.write(
            [head, payload.body],
            as: id,
            instead: nil,
            durably: false,
            losing: &lost
        )
        self.index.found(
            id,
            size: head.count + payload.body.count,
            holder: held.holder,
            age: self.time.wallNow().nanoseconds(since: id.createdTime),
            at: self.time.monotonicNow()
        )
        self.index.learned(file.facts(run: self.run), about: id)
        self.index.leased(id, holder: held.holder)
        self.leases[id] = Lease(
            held: held,
            folder: self.folder ?? other.folder,
            file: file,
            attempts: other.attempts
        )
        self.unsynchronised.insert(id)
    }

    /// Shows other processes that the holder of the leases lives; due every minute at most.
    package func renewLeases() {
        for lease in self.leases.values { lease.folder.renew(lease.held) }
    }

    // MARK: Maintenance

    /// Reads the folder anew and removes what has been kept long enough and what dead writers left
    /// behind; returns what was lost since the last call.
    package func expire() -> [LostPayload] {
        var lost = self.lost
        self.lost = []
        guard let folder = try? self.openFolder(creates: false) else { return lost }
        self.rescan(folder, removesAbandoned: true)
        for id in self.index.expired(at: self.time.monotonicNow()) {
            if let loss = self.giveUp(id, reason: .expired, in: folder) { lost.append(loss) }
        }
        return lost
    }

    /// Waits until everything stored is on the disk itself.
    package func sync() {
        guard !self.unsynchronised.isEmpty, let folder = self.folder else { return }
        let names = self.unsynchronised.map { id in
            StoredFileName(id, .payload(holder: self.index.holder(of: id)))
        }
        self.unsynchronised = []
        folder.synchronise(names)
    }

    /// What the folder holds, other processes' payloads included.
    package var summary: StorageSummary {
        if let folder = try? self.openFolder(creates: false) {
            self.rescan(folder)
            for id in Array(self.index.ids) where self.index.facts(of: id) == nil {
                self.learn(id, in: folder)
            }
        }
        var summary = StorageSummary()
        summary.payloads = self.index.count
        summary.held = self.index.heldCount(at: self.time.monotonicNow())
        summary.bytes = self.index.totalSize
        summary.items = self.index.ids.reduce(0) { $0 + (self.index.facts(of: $1)?.items ?? 0) }
        summary.unreadable = self.unreadable
        return summary
    }

    /// The path of the folder in use; `nil` before there is one.
    package var path: String? { self.folder?.path }

    /// Releases all leases, closes the folder and ends the thread.
    ///
    /// A call that comes later opens both again.
    package nonisolated func close() async {
        await self.closeFolder()
        await self.executor.end()
    }

    private func closeFolder() {
        for (id, lease) in self.leases { lease.folder.release(lease.held, id) }
        self.leases = [:]
        self.index = StorageIndex(self.configuration)
        self.folder = nil
        self.unsynchronised = []
        self.nextRescan = 0
    }

    // MARK: The folder

    /// The folder, opened anew if the path no longer leads to it.
    private func openFolder(creates: Bool) throws(StorageError) -> StorageFolder? {
        if let folder = self.folder, folder.isInPlace { return folder }
        self.folder = nil
        let folder = try StorageFolder.open(self.location, creates: creates, system: self.system)
        self.folder = folder
        if let folder { self.rescan(folder, removesAbandoned: true) }
        return folder
    }

    /// Compares what is known with what is there; other processes write and send, too.
    private func rescan(_ folder: StorageFolder, removesAbandoned: Bool = false) {
        let start = self.time.monotonicNow()
        guard let names = try? folder.names() else { return }
        let wall = self.time.wallNow()
        var present: Set<StoredPayloadID> = []
        present.reserveCapacity(names.count)
        for name in names {
            switch name.kind {
            case .payload(let holder):
                present.insert(name.id)
                guard self.index.isNews(name.id, holder: holder) else { continue }
                guard let status = try? folder.status(of: name) else { continue }
                guard status.isRegular else {
                    self.index.isStranger(name.id)
                    continue
                }
                self.index.found(
                    name.id,
                    size: status.size,
                    holder: holder,
                    age: wall.nanoseconds(since: name.id.createdTime),
                    at: start
                )
            case .temporary:
                guard removesAbandoned else { continue }
                folder.removeAbandoned(name) { self.isStale($0, at: wall) }
            }
        }
        self.index.retain(present)
        // Reading a full folder must not become the main occupation.
        let end = self.time.monotonicNow()
        self.nextRescan = end + Swift.max(5_000_000_000, 50 * (end - start))
    }

    private enum Content {
        case payload(StoredFile, attempts: Int, bodyLength: Int, checksum: UInt64)
        case damaged
        case notForUs
    }

    /// Holds a payload and reads what stands before its body; `nil` if it is not to be had.
    private func open(
        _ id: StoredPayloadID,
        in folder: StorageFolder
    ) -> (StorageFolder.Held, Content)? {
        let wall = self.time.wallNow()
        let result = folder.hold(id, holder: self.index.holder(of: id), run: self.run) {
            self.isStale($0, at: wall)
        }
        switch result {
        case .held(let held):
            return (held, self.content(of: held, in: folder))
        case .heldByAnother:
            self.index.wasHeldElsewhere(id, at: self.time.monotonicNow())
        case .gone:
            self.index.removed(id)
        case .stranger:
            self.index.isStranger(id)
        }
        return nil
    }

    private func content(of held: StorageFolder.Held, in folder: StorageFolder) -> Content {
        let length = StoredFile.prologueLength
        // Nothing that large was written here, and it would have to be read into memory.
        guard held.status.size <= Swift.max(self.configuration.maximumSize, 64 << 20) else {
            return .notForUs
        }
        guard let bytes = try? folder.read(held, count: length, at: 0) else { return .damaged }
        switch StoredFile.recognise(bytes, fileSize: held.status.size) {
        case .otherVersion: return .notForUs
        case .damaged: return .damaged
        case .payload(let prologue):
            guard
                let fields = try? folder.read(held, count: prologue.fieldsLength, at: length),
                let file = StoredFile(fields: fields[...])
            else { return .damaged }
            guard file.destination == self.destination else { return .notForUs }
            return .payload(
                file,
                attempts: prologue.attempts,
                bodyLength: prologue.bodyLength,
                checksum: prologue.checksum
            )
        }
    }

    /// Looks into a payload without keeping it.
    private func learn(_ id: StoredPayloadID, in folder: StorageFolder) {
        guard let (held, content) = self.open(id, in: folder) else { return }
        switch content {
        case .payload(let file, _, _, _):
            self.index.learned(file.facts(run: self.run), about: id)
            folder.release(held, id)
        case .damaged:
            self.discard(id, held, in: folder)
        case .notForUs:
            folder.release(held, id)
            self.index.isStranger(id)
        }
    }

    /// Removes a payload undelivered, unless somebody holds it.
    private func giveUp(
        _ id: StoredPayloadID,
        reason: DropReason,
        in folder: StorageFolder
    ) -> LostPayload? {
        guard let (held, content) = self.open(id, in: folder) else { return nil }
        switch content {
        case .payload(let file, _, _, _):
            folder.remove(id, holder: held.holder)
            self.index.removed(id)
            self.unsynchronised.remove(id)
            return LostPayload(file.facts(run: self.run), reason: reason)
        case .damaged:
            self.discard(id, held, in: folder)
        case .notForUs:
            folder.release(held, id)
            self.index.isStranger(id)
        }
        return nil
    }

    /// Removes a payload that cannot be read, and counts it.
    private func discard(
        _ id: StoredPayloadID,
        _ held: StorageFolder.Held,
        in folder: StorageFolder
    ) {
        folder.remove(id, holder: held.holder)
        self.unreadable += 1
        if let facts = self.index.facts(of: id) {
            self.lost.append(LostPayload(facts, reason: .storageFailed))
        }
        self.index.removed(id)
        self.unsynchronised.remove(id)
    }

    private func newID() -> StoredPayloadID {
        var created = self.time.wallNow().nanosecondsSinceEpoch / 1_000
        // Payloads of one moment keep their order; a clock that was set back is believed.
        if created <= self.lastCreated, self.lastCreated - created < 1_000_000 {
            created = self.lastCreated + 1
        }
        self.lastCreated = created
        return StoredPayloadID(created: created, random: UInt64.random(in: 0...UInt64.max))
    }

    /// Whether a holder is dead whose last sign of life was at that second, where locks do not say.
    private func isStale(_ second: Int64, at wall: Timestamp) -> Bool {
        let now = Int64(wall.nanosecondsSinceEpoch / 1_000_000_000)
        // A sign from the far future is that of a clock gone wrong, and no lease is that long.
        return now - second > Self.leaseSeconds || second - now > 3_600
    }

    /// How long a lease lasts without a sign of life, where locks do not work.
    private static let leaseSeconds: Int64 = 180
}

extension StoredFile {
    fileprivate func facts(run: UInt64) -> StorageIndex.Facts {
        StorageIndex.Facts(
            records: self.layout.recordCount,
            items: self.layout.itemCount,
            isOwn: self.run == run
        )
    }
}

extension LostPayload {
    fileprivate init(_ facts: StorageIndex.Facts, reason: DropReason) {
        self.init(
            records: facts.records,
            items: facts.items,
            reason: reason,
            isOwn: facts.isOwn
        )
    }
}

extension Timestamp {
    fileprivate func nanoseconds(since other: Timestamp) -> UInt64 {
        self < other ? 0 : self.nanosecondsSinceEpoch - other.nanosecondsSinceEpoch
    }
}
