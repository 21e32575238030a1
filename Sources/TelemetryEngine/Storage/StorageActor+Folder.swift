import TelemetryModel

extension StorageActor {
    /// What an open file turned out to hold.
    enum Content {
        case payload(StoredFile, attempts: Int, bodyLength: Int, checksum: UInt64)
        /// A payload that was settled but could not be removed.
        case spent
        /// Cut off, or overwritten.
        case damaged
        /// Another version's, or another destination's.
        case notForUs
        /// The system does not give it at the moment.
        case unreadable
    }

    /// The folder, opened anew if the path no longer leads to it.
    func openFolder(creates: Bool) throws(StorageError) -> StorageFolder? {
        if let folder = self.folder, folder.isInPlace { return folder }
        self.folder = nil
        let folder = try StorageFolder.open(self.location, creates: creates, system: self.system)
        self.folder = folder
        if let folder { self.rescan(folder, removesAbandoned: true) }
        return folder
    }

    /// Compares what is known with what is there; other processes write and send, too.
    func rescan(_ folder: StorageFolder, removesAbandoned: Bool = false) {
        let start = self.time.monotonicNow()
        guard let names = try? folder.names() else { return }
        let wall = self.time.wallNow()
        var present: Set<StoredPayloadID> = []
        present.reserveCapacity(names.count)
        // In the order of their age, in which the index takes them up most easily.
        for name in names.sorted(by: { $0.id < $1.id }) {
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
                folder.removeAbandoned(name) {
                    self.watch.isDead(name, stamp: $0.modified, at: start)
                }
            }
        }
        self.index.retain(present)
        self.watch.retain(names)
        self.unsynchronised.formIntersection(present)
        self.scan.finished(from: start, to: self.time.monotonicNow())
    }

    /// Holds a payload and reads what stands before its body; `nil` if it is not to be had.
    func open(
        _ id: StoredPayloadID,
        in folder: StorageFolder
    ) -> (StorageFolder.Held, Content)? {
        let now = self.time.monotonicNow()
        let holder = self.index.holder(of: id)
        let result = folder.hold(id, holder: holder, run: self.run) {
            self.watch.isDead(
                StoredFileName(id, .payload(holder: holder)),
                stamp: $0.modified,
                at: now
            )
        }
        switch result {
        case .held(let held):
            return (held, self.content(of: held, in: folder))
        case .heldByAnother:
            self.index.wasHeldElsewhere(id, at: now)
        case .gone:
            self.index.vanished(id)
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
        do throws(SystemError) {
            let bytes = try folder.read(held, count: length, at: 0)
            switch StoredFile.recognise(bytes, fileSize: held.status.size) {
            case .otherVersion: return .notForUs
            case .damaged: return .damaged
            case .payload(let prologue):
                let fields = try folder.read(held, count: prologue.fieldsLength, at: length)
                return self.content(prologue, fields: fields)
            }
        } catch {
            return .unreadable
        }
    }

    private func content(_ prologue: StoredFile.Prologue, fields: [UInt8]) -> Content {
        guard let file = StoredFile(fields: fields[...]) else { return .damaged }
        guard file.destination == self.destination else { return .notForUs }
        guard prologue.attempts != StoredFile.spent else { return .spent }
        return .payload(
            file,
            attempts: prologue.attempts,
            bodyLength: prologue.bodyLength,
            checksum: prologue.checksum
        )
    }

    /// Gives back what could not be read and may be another time.
    func leaveAlone(
        _ id: StoredPayloadID,
        _ held: StorageFolder.Held,
        in folder: StorageFolder
    ) {
        folder.release(held, id)
        self.index.wasHeldElsewhere(id, at: self.time.monotonicNow())
    }
}

extension Timestamp {
    /// How long before this moment another was; 0 if it is later.
    func nanoseconds(since other: Timestamp) -> UInt64 {
        self < other ? 0 : self.nanosecondsSinceEpoch - other.nanosecondsSinceEpoch
    }
}
