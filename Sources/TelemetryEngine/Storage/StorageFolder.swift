/// The folder of one destination, open.
///
/// Holds on to the folder by its descriptor: whatever happens to the path afterwards, nothing is
/// read or written through a link that somebody put there.
final class StorageFolder {
    private let system: FileSystem
    private let rootPath: String
    private let ownName: String?
    private let name: String
    private let root: OpenFile
    private let directory: OpenFile

    /// What the folder is called, for people.
    var path: String {
        [self.rootPath, self.ownName, self.name].compactMap(\.self).joined(separator: "/")
    }

    /// Opens the folder, going down step by step.
    ///
    /// - Parameter creates: whether to create what is missing.
    /// - Returns: `nil` if the folder is missing and is not to be created.
    static func open(
        _ location: StorageLocation,
        creates: Bool,
        system: FileSystem
    ) throws(StorageError) -> StorageFolder? {
        var firstError: StorageError?
        for root in location.roots {
            do {
                if let folder = try StorageFolder(
                    root: root,
                    name: location.folder,
                    creates: creates,
                    system: system
                ) {
                    return folder
                }
            } catch {
                firstError = firstError ?? error
            }
        }
        // Where nothing is to be created, a place that cannot be read holds nothing for us; but a
        // place that should be ours and is not must not go unnoticed.
        if let firstError { throw firstError }
        return nil
    }

    private init?(
        root: StorageLocation.Root,
        name: String,
        creates: Bool,
        system: FileSystem
    ) throws(StorageError) {
        guard !root.base.utf8.contains(0) else {
            throw StorageError(
                code: .unusable,
                message: "the storage directory's path holds a null character; choose another"
            )
        }
        self.system = system
        self.rootPath = root.base
        self.ownName = root.own
        self.name = name
        var path = root.base
        do throws(SystemError) {
            var base: OpenFile
            do throws(SystemError) {
                base = try system.openRoot(path)
            } catch  where error.isMissing && creates {
                try system.createDirectories(path)
                base = try system.openRoot(path)
            }
            if let own = root.own {
                path += "/\(own)"
                base = try Self.openOwn(own, in: base, creates: creates, system)
            }
            path += "/\(name)"
            self.root = base
            self.directory = try Self.openOwn(name, in: base, creates: creates, system)
        } catch {
            if error.isMissing && !creates { return nil }
            throw Self.explain(error, path)
        }
    }

    private static func openOwn(
        _ name: String,
        in parent: OpenFile,
        creates: Bool,
        _ system: FileSystem
    ) throws(SystemError) -> OpenFile {
        if creates { try system.createDirectory(name, in: parent) }
        let directory = try system.openDirectory(name, in: parent)
        let status = try system.status(of: directory)
        guard status.owner == system.user else { throw .notOurs }
        if status.permissions != 0o700 { try system.restrict(directory, to: 0o700) }
        return directory
    }

    static func explain(_ error: SystemError, _ path: String) -> StorageError {
        if error == .notOurs {
            StorageError(
                code: .refused,
                message: "\(path) belongs to another user; choose another storage directory"
            )
        } else if error.isWrongKind {
            StorageError(
                code: .refused,
                message: "\(path) is a symbolic link or not a directory; "
                    + "choose another storage directory"
            )
        } else if error.isFull {
            StorageError(code: .full, message: "the disk of \(path) is full")
        } else {
            StorageError(
                code: .unusable,
                message: "\(path) cannot be used (\(error)); "
                    + "make it writable or choose another storage directory"
            )
        }
    }

    /// Whether the path still leads here.
    var isInPlace: Bool {
        do throws(SystemError) {
            if self.ownName == nil {
                let root = try self.system.status(of: self.root)
                let found = try self.system.status(ofPath: self.rootPath)
                guard root.isSameFile(as: found) else { return false }
            }
            let directory = try self.system.status(of: self.directory)
            let found = try self.system.status(of: self.name, in: self.root)
            return directory.links > 0 && directory.isSameFile(as: found)
        } catch {
            return false
        }
    }

    /// Writes a file that is no payload, and removes it.
    func tryWriting(_ bytes: [UInt8], as name: String) throws(StorageError) {
        do throws(SystemError) {
            let file = try self.system.create(name, in: self.directory)
            do throws(SystemError) {
                try self.system.write(bytes, file.descriptor)
            } catch {
                try? self.system.remove(name, in: self.directory)
                throw error
            }
            try self.system.remove(name, in: self.directory)
        } catch {
            throw Self.explain(error, self.path)
        }
    }

    // MARK: Files

    /// A payload's file, open and held.
    struct Held {
        var file: OpenFile
        var status: FileStatus
        /// The name's third part, where locks do not work.
        var holder: UInt64?
    }

    /// What trying to hold a file gave.
    enum HoldResult {
        case held(Held)
        case heldByAnother
        case gone
        /// No file of ours: a link, a directory, another user's.
        case stranger
    }

    /// The names in the folder that are like ours.
    func names() throws(SystemError) -> [StoredFileName] {
        try self.system.names(in: self.directory) { StoredFileName($0) }
    }

    func status(of name: StoredFileName) throws(SystemError) -> FileStatus {
        try self.system.status(of: name.text, in: self.directory)
    }

    /// Opens a payload's file and keeps others from it.
    ///
    /// - Parameters:
    ///   - run: who we are, where locks do not work.
    ///   - isDead: whether the holder of the file is, given what is known about that.
    func hold(
        _ id: StoredPayloadID,
        holder: UInt64?,
        run: UInt64,
        isDead: (FileStatus) -> Bool
    ) -> HoldResult {
        let name = StoredFileName(id, .payload(holder: holder))
        do throws(SystemError) {
            let file = try self.system.open(name.text, in: self.directory, forWriting: true)
            let status = try self.system.status(of: file)
            guard status.isRegular, status.owner == self.system.user else { return .stranger }
            switch self.system.lock(file.descriptor) {
            case .heldByAnother:
                return .heldByAnother
            case .locked:
                // Between opening and locking, the file may have been removed or replaced.
                let found = try self.system.status(of: name.text, in: self.directory)
                guard found.isSameFile(as: status) else { return .heldByAnother }
                return .held(Held(file: file, status: status, holder: holder))
            case .unsupported:
                if let holder, holder != run, !isDead(status) { return .heldByAnother }
                // A rename succeeds for one process only.
                let claimed = StoredFileName(id, .payload(holder: run))
                self.system.touch(file)
                if holder != run {
                    try self.system.rename(name.text, to: claimed.text, in: self.directory)
                }
                return .held(Held(file: file, status: status, holder: run))
            }
        } catch {
            if error.isMissing { return .gone }
            return error.isWrongKind ? .stranger : .heldByAnother
        }
    }

    /// Lets others have a payload that was held.
    func release(_ held: Held, _ id: StoredPayloadID) {
        guard let holder = held.holder else {
            // Closing the file would do, were there no children that a fork gave the open file.
            self.system.unlock(held.file)
            return
        }
        // Without locks the name has to change back.
        try? self.system.rename(
            StoredFileName(id, .payload(holder: holder)).text,
            to: StoredFileName(id, .payload(holder: nil)).text,
            in: self.directory
        )
    }

    /// Writes a payload's file under a name of its own, then gives it the right one.
    ///
    /// - Parameters:
    ///   - holder: whose run holds the file from the start, where locks do not work.
    ///   - parts: the content, in order.
    /// - Returns: the file, held.
    func write(
        _ id: StoredPayloadID,
        holder: UInt64?,
        parts: [[UInt8]],
        durably: Bool
    ) throws(SystemError) -> Held {
        let temporary = StoredFileName(id, .temporary).text
        let file = try self.system.create(temporary, in: self.directory)
        do throws(SystemError) {
            let lock = self.system.lock(file.descriptor)
            // Somebody took it for abandoned before it was locked, and is about to remove it.
            if lock == .heldByAnother { throw .missing }
            for part in parts { try self.system.write(part, file.descriptor) }
            if durably { try self.system.synchronise(file) }
            let holder = lock == .unsupported ? holder : nil
            let name = StoredFileName(id, .payload(holder: holder)).text
            try self.system.rename(temporary, to: name, in: self.directory)
            if durably { try self.system.synchronise(self.directory) }
            return Held(file: file, status: try self.system.status(of: file), holder: holder)
        } catch {
            try? self.system.remove(temporary, in: self.directory)
            throw error
        }
    }

    /// Removes a payload's file; returns whether it is gone.
    func remove(_ id: StoredPayloadID, holder: UInt64?) -> Bool {
        do throws(SystemError) {
            try self.system.remove(
                StoredFileName(id, .payload(holder: holder)).text,
                in: self.directory
            )
            return true
        } catch {
            return error.isMissing
        }
    }

    /// Removes what a writer left behind when it died.
    ///
    /// - Parameter isDead: whether the writer of the file is, given what is known about that; asked
    ///   where locks do not say.
    func removeAbandoned(_ name: StoredFileName, isDead: (FileStatus) -> Bool) {
        do throws(SystemError) {
            let file = try self.system.open(name.text, in: self.directory, forWriting: true)
            let status = try self.system.status(of: file)
            guard status.isRegular, status.owner == self.system.user else { return }
            // A writer that has created its file but not locked it yet loses it to us, cannot
            // rename it then, and writes again.
            switch self.system.lock(file.descriptor) {
            case .heldByAnother: return
            case .locked: break
            case .unsupported: guard isDead(status) else { return }
            }
            try self.system.remove(name.text, in: self.directory)
        } catch {
            // Gone already, or not ours to remove.
        }
    }

    // MARK: Content

    func read(_ held: Held, count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
        try self.system.read(held.file, count: count, at: offset)
    }

    /// Notes how often a payload was tried.
    func setAttempts(_ attempts: Int, of held: Held) throws(SystemError) {
        let value = UInt32(clamping: attempts)
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
        try self.system.overwrite(held.file, with: bytes, at: StoredFile.attemptsOffset)
    }

    /// Shows that the holder lives.
    func renew(_ held: Held) {
        self.system.touch(held.file)
    }

    /// Waits until a payload is on the disk itself; fine if somebody has taken it.
    func synchronise(_ name: StoredFileName) throws(SystemError) {
        do throws(SystemError) {
            let file = try self.system.open(name.text, in: self.directory, forWriting: false)
            try self.system.synchronise(file)
        } catch {
            guard error.isMissing else { throw error }
        }
    }

    /// Waits until the folder, and so what its files are called, is on the disk itself.
    func synchronise() throws(SystemError) {
        try self.system.synchronise(self.directory)
    }
}

extension SystemError {
    /// Somebody else's directory stands where ours should be; no number of the system's.
    fileprivate static let notOurs = SystemError(number: -1)
}
