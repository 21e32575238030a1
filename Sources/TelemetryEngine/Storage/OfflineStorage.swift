public import TelemetryModel

/// What waits in offline storage, for tools that show or empty it.
///
/// Works beside the processes that use the storage: what they hold is shown as held and not
/// removed.
public enum OfflineStorage {
    /// A payload that waits.
    public struct Entry: Hashable, Sendable {
        /// The file, relative to the directory that was asked about.
        public var file: String
        /// Whom the payload is for.
        public var destination: Destination
        /// Who that is, in words that may be shown: keys in it are masked.
        public var endpoint: String
        /// The signal of its records.
        public var signal: Signal
        /// How many items it holds.
        public var items: Int
        /// The size of the file.
        public var bytes: Int
        /// When it was first stored.
        public var created: Timestamp
        /// How many tries counted against it.
        public var attempts: Int
        /// Whether a living process holds it.
        public var isHeld: Bool
    }

    /// What ``purge(_:)`` did.
    public struct Purge: Hashable, Sendable {
        /// How many payloads were removed.
        public var removed = 0
        /// How many items they held.
        public var items = 0
        /// How many are left because a living process holds them.
        public var held = 0
    }

    /// The payloads below a directory, of all destinations, oldest first.
    ///
    /// - Parameter directory: what ``StorageConfiguration/directory`` says, or one of
    ///   ``defaultDirectories()``. If it is missing, nothing waits there.
    public static func list(_ directory: String) throws(StorageError) -> [Entry] {
        var entries: [Entry] = []
        try Self.visit(directory) { folder, name in
            guard let visit = folder.visit(name) else { return }
            entries.append(
                Entry(
                    file: "\(folder.name)/\(name.text)",
                    destination: visit.file.destination,
                    endpoint: HarmlessText.maskingKeys(
                        HarmlessText.escaping(visit.file.destination.identity)
                    ),
                    signal: visit.file.signal,
                    items: visit.file.layout.itemCount,
                    bytes: visit.size,
                    created: name.id.createdTime,
                    attempts: visit.attempts,
                    isHeld: visit.isHeld
                )
            )
        }
        return entries.sorted { ($0.created, $0.file) < ($1.created, $1.file) }
    }

    /// Removes the payloads below a directory, of all destinations, but those that are held.
    ///
    /// Files that are none of ours stay; so do the folders.
    public static func purge(_ directory: String) throws(StorageError) -> Purge {
        var purge = Purge()
        try Self.visit(directory) { folder, name in
            guard let visit = folder.visit(name) else { return }
            if visit.isHeld {
                purge.held += 1
            } else if folder.remove(name) {
                purge.removed += 1
                purge.items += visit.file.layout.itemCount
            }
        }
        return purge
    }

    /// The directories that are used where none is configured, best first.
    public static func defaultDirectories() -> [String] {
        StorageLocation.roots(nil, .process).map { root in
            [root.base, root.own].compactMap(\.self).joined(separator: "/")
        }
    }

    private static func visit(
        _ directory: String,
        _ body: (InspectedFolder, StoredFileName) -> Void
    ) throws(StorageError) {
        let system = FileSystem()
        for root in StorageLocation.roots(directory, .process) {
            do throws(SystemError) {
                guard !root.base.utf8.contains(0) else { continue }
                let base = try system.openRoot(root.base)
                let readable = try system.openDirectory(".", in: base)
                let names = try system.names(in: readable) { name in
                    name.hasPrefix(StorageLocation.prefix) ? name : nil
                }
                for name in names.sorted() {
                    guard let folder = InspectedFolder(name, in: base, system) else { continue }
                    for file in (try? folder.names()) ?? [] { body(folder, file) }
                }
            } catch {
                if error.isMissing { continue }
                throw StorageFolder.explain(error, root.base)
            }
        }
    }
}

/// The folder of some destination, looked into from outside.
private struct InspectedFolder {
    /// What is known about a payload that was looked into.
    struct Visit {
        var file: StoredFile
        var attempts: Int
        var size: Int
        var isHeld: Bool
    }

    let name: String
    private let directory: OpenFile
    private let system: FileSystem

    init?(_ name: String, in base: OpenFile, _ system: FileSystem) {
        guard
            let directory = try? system.openDirectory(name, in: base),
            let status = try? system.status(of: directory),
            // Who may read everything may look at everybody's folders.
            status.owner == system.user || system.user == 0
        else { return nil }
        self.name = name
        self.directory = directory
        self.system = system
    }

    func names() throws(SystemError) -> [StoredFileName] {
        try self.system.names(in: self.directory) { StoredFileName($0) }
    }

    /// Looks into a payload; `nil` if it is none.
    func visit(_ name: StoredFileName) -> Visit? {
        guard
            case .payload(let holder) = name.kind,
            let file = try? self.system.open(name.text, in: self.directory, forWriting: false),
            let status = try? self.system.status(of: file), status.isRegular,
            let head = try? self.system.read(file, count: StoredFile.prologueLength, at: 0),
            case .payload(let prologue) = StoredFile.recognise(head, fileSize: status.size),
            prologue.attempts != StoredFile.spent,
            let fields = try? self.system.read(
                file,
                count: prologue.fieldsLength,
                at: StoredFile.prologueLength
            ),
            let stored = StoredFile(fields: fields[...])
        else { return nil }
        // The lock is given back as soon as the file is closed, at the end of this function.
        let isLocked = self.system.lock(file.descriptor) == .heldByAnother
        return Visit(
            file: stored,
            attempts: prologue.attempts,
            size: status.size,
            isHeld: isLocked || holder != nil
        )
    }

    /// Removes a payload that nobody holds; returns whether it did.
    func remove(_ name: StoredFileName) -> Bool {
        guard
            let file = try? self.system.open(name.text, in: self.directory, forWriting: false),
            self.system.lock(file.descriptor) != .heldByAnother,
            // Between opening and locking, its holder may have put another in its place.
            let opened = try? self.system.status(of: file),
            let found = try? self.system.status(of: name.text, in: self.directory),
            found.isSameFile(as: opened)
        else { return false }
        return (try? self.system.remove(name.text, in: self.directory)) != nil
    }
}
