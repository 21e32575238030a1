private import TelemetryModel

/// Keeps the payloads of one destination on disk until they are delivered.
///
/// Owns the destination's folder, which other processes may use at the same time. Whoever wants to
/// send a payload leases it first; the lease is an advisory lock on the payload's open file, so
/// that the system itself ends it with the process, however that dies. On file systems without
/// locks the name says who holds a file and its time stamp, renewed by ``renewLeases()``, that the
/// holder lives. What is decided, ``StorageIndex`` decides; here it is carried out.
///
/// Files block, so the actor runs on a thread of its own, which lives for as long as there is
/// something to do, and is gone when ``close()`` has returned. Nothing is created before something is
/// stored.
///
/// | File                             | What it holds                                       |
/// | -------------------------------- | --------------------------------------------------- |
/// | `StorageActor+Storing.swift`     | writing payloads, and making room for them          |
/// | `StorageActor+Leasing.swift`     | taking payloads, and giving them back               |
/// | `StorageActor+Dividing.swift`    | putting several payloads in the place of one        |
/// | `StorageActor+Maintenance.swift` | age, what outlives the machine, what there is       |
/// | `StorageActor+Folder.swift`      | the folder and its files, opened and compared       |
package actor StorageActor {
    /// A payload that the caller holds.
    struct Lease {
        var held: StorageFolder.Held
        var folder: StorageFolder
        var file: StoredFile
        var attempts: Int
        /// When it was taken, by the monotonic clock.
        var since: UInt64
    }

    private let executor: StorageThread

    let location: StorageLocation
    let destination: Destination
    let system: FileSystem
    let time: TimeSource
    /// Tells this pipeline's use of the folder from all others.
    let run: UInt64
    let configuration: StorageConfiguration

    var index: StorageIndex
    var watch = HolderWatch()
    var folder: StorageFolder?
    var leases: [StoredPayloadID: Lease] = [:]
    /// Leases that lasted too long, whose holders may still come back.
    var overdue: Set<StoredPayloadID> = []
    /// What was written here and may not be on the disk itself yet.
    var unsynchronised: Set<StoredPayloadID> = []
    /// What was lost where nobody asked, to be told at the next occasion.
    var lost: [LostPayload] = []
    var unreadable = 0
    var scan = StorageScan()
    private var lastCreated: UInt64 = 0

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
        run: UInt64,
        patience: Duration = StorageThread.patience
    ) {
        self.executor = StorageThread(name: "azm-storage", patience: patience)
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
        self.overdue = []
        self.index = StorageIndex(self.configuration)
        self.watch = HolderWatch()
        self.folder = nil
        self.unsynchronised = []
        self.scan = StorageScan()
    }

    /// A name for a new payload, younger than all that this process gave before.
    func newID() -> StoredPayloadID {
        var created = self.time.wallNow().nanosecondsSinceEpoch / 1_000
        // Payloads of one moment keep their order; a clock that was set back is believed.
        if created <= self.lastCreated, self.lastCreated - created < 1_000_000 {
            created = self.lastCreated + 1
        }
        self.lastCreated = created
        return StoredPayloadID(created: created, random: UInt64.random(in: 0...UInt64.max))
    }

    /// A payload is not in the folder any more.
    func forget(_ id: StoredPayloadID) {
        self.index.removed(id)
        self.unsynchronised.remove(id)
        self.overdue.remove(id)
    }
}

extension StoredFile {
    func facts(run: UInt64) -> StorageIndex.Facts {
        StorageIndex.Facts(
            records: self.layout.recordCount,
            items: self.layout.itemCount,
            isOwn: self.run == run
        )
    }
}

extension LostPayload {
    init(_ facts: StorageIndex.Facts, reason: DropReason) {
        self.init(
            records: facts.records,
            items: facts.items,
            reason: reason,
            isOwn: facts.isOwn
        )
    }
}
