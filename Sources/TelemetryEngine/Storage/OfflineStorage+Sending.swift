internal import TelemetryModel

extension OfflineStorage {
    /// What ``send(_:by:)`` did, counted in items.
    public struct Delivery: Hashable, Sendable {
        /// How many items were accepted.
        public var delivered = 0
        /// How many items were lost, by reason.
        public var dropped: [DropReason: Int] = [:]
        /// How many items still wait in the directory, whoever they are for.
        public var left = 0
        /// What kept items back, or cost some, for people; each thing once.
        public var explanations: [String] = []

        /// Creates the report of a directory in which nothing waited.
        public init() {}

        mutating func drop(_ items: Int, _ reason: DropReason) {
            guard items > 0 else { return }
            self.dropped[reason, default: 0] += items
        }

        mutating func explain(_ explanation: String) {
            if !self.explanations.contains(explanation) { self.explanations.append(explanation) }
        }

        fileprivate mutating func add(_ other: Delivery) {
            self.delivered += other.delivered
            self.dropped.merge(other.dropped, uniquingKeysWith: +)
            for explanation in other.explanations { self.explain(explanation) }
        }
    }

    /// Tries each payload below a directory once, oldest first.
    ///
    /// The destinations are served side by side. A failure of the network, three failures in a row,
    /// and an answer that asks for patience end the tries for a destination; what was not accepted
    /// then stays as it was. Payloads that a living process holds are waited for, up to a minute.
    /// Cancelling the task ends all tries.
    ///
    /// - Parameters:
    ///   - directory: as in ``list(_:)``.
    ///   - exporters: who sends, by destination; payloads for others stay. Exporters are not shut
    ///     down.
    /// - Returns: what became of the items; each that waited at the start and that nobody else took
    ///   is delivered, dropped or left.
    public static func send(
        _ directory: String,
        by exporters: [Destination: any TelemetryExporter]
    ) async throws(StorageError) -> Delivery {
        try await Self.send(directory, by: exporters, time: .system)
    }

    /// Tries each payload once, by a clock that can be driven.
    static func send(
        _ directory: String,
        by exporters: [Destination: any TelemetryExporter],
        time: TimeSource
    ) async throws(StorageError) -> Delivery {
        let waiting = try Self.list(directory)
        let destinations = Set(waiting.map(\.destination))
        var sum = Delivery()
        await withTaskGroup(of: Delivery.self) { group in
            for destination in destinations {
                guard let exporter = exporters[destination] else { continue }
                group.addTask {
                    await Self.send(directory, to: destination, by: exporter, time, waiting)
                }
            }
            for await delivery in group { sum.add(delivery) }
        }
        sum.left = try Self.list(directory).reduce(0) { $0 + $1.items }
        return sum
    }

    private static func send(
        _ directory: String,
        to destination: Destination,
        by exporter: any TelemetryExporter,
        _ time: TimeSource,
        _ entries: [Entry]
    ) async -> Delivery {
        var configuration = StorageConfiguration()
        configuration.directory = directory
        // Nothing is given up for want of room here: this only takes away.
        configuration.maximumSize = 1 << 40
        let storage = StorageActor(
            configuration: configuration,
            destination: destination,
            time: time
        )
        var drain = StorageDrain(storage: storage, exporter: exporter, time: time)
        await withDiscardingTaskGroup { group in
            group.addTask { await exporter.run() }
            await drain.run { known, start in
                // If the directory cannot be read any more, there is nothing to wait for.
                let entries = (try? Self.list(directory)) ?? []
                return entries.contains { entry in
                    guard entry.isHeld, entry.destination == destination, entry.created <= start,
                        let id = entry.id
                    else { return false }
                    return !known.contains(id)
                }
            }
            group.cancelAll()
        }
        var delivery = drain.delivery
        let unreadable = await storage.summary.unreadable
        await storage.close()
        Self.account(
            for: entries.filter { $0.destination == destination },
            but: drain.tried,
            unreadable: unreadable,
            left: (try? Self.list(directory)) ?? [],
            in: &delivery
        )
        return delivery
    }

    /// Counts what could not be read and was removed, and says what could not be opened.
    private static func account(
        for entries: [Entry],
        but tried: Set<StoredPayloadID>,
        unreadable: Int,
        left: [Entry],
        in delivery: inout Delivery
    ) {
        let present = Set(left.map(\.file))
        let untried = entries.filter { entry in entry.id.map { !tried.contains($0) } ?? true }
        // What went without having been tried was damaged, or somebody else delivered it.
        let damaged = untried.filter { !present.contains($0.file) }.prefix(unreadable)
        delivery.drop(damaged.reduce(0) { $0 + $1.items }, .storageFailed)
        if !damaged.isEmpty {
            delivery.explain("payloads that cannot be read were removed: \(damaged.count)")
        }
        let stuck = left.filter { entry in
            entry.isHeld && entry.id.map { !tried.contains($0) } ?? true
        }
        if !stuck.isEmpty {
            delivery.explain("payloads that another process holds: \(stuck.count)")
        }
    }
}

extension OfflineStorage.Entry {
    /// What tells the payload from others of its folder.
    fileprivate var id: StoredPayloadID? {
        self.file.split(separator: "/").last.flatMap { StoredFileName($0) }?.id
    }
}
