package import TelemetryModel

/// Owns the lanes: what waits for each destination, what is tried, and what became of it.
///
/// A batch is encoded once for each destination and tried once; what cannot be delivered now goes to
/// offline storage, from where the same lane tries it again. Nothing sleeps on a batch while there
/// is storage. Without it, a batch is tried until it is ``maximumAge`` old, and the lane fills up
/// behind it. With ``Durability/writeAhead`` a batch is on disk before anybody waits for it.
///
/// Cancelling ``run()`` is the cut-off at the end of a shutdown: from then on nothing is sent,
/// and everything that still comes is stored, or dropped and counted.
package actor ExportCoordinator {
    /// How long a batch is tried that cannot be stored.
    package static let maximumAge: Duration = .seconds(60)

    /// Between two rounds through offline storage, if nothing gives reason for one earlier.
    static let redeliveryInterval: Duration = .seconds(60)

    let configuration: ExportConfiguration
    let time: TimeSource
    /// Since when the sums of metrics are to count for the destinations that take any, each once.
    package nonisolated let temporalityPreferences: [MetricPreference.TemporalityPreference]
    var lanes: [ExportLane]
    var roomWaiters: [CheckedContinuation<Void, Never>] = []
    var settledWaiters: [SettledWaiter] = []
    private(set) var isFinishing = false
    /// Opens with ``finish()``.
    let finishing = Gate()
    var generator = SystemRandomNumberGenerator()

    /// Creates a coordinator with one lane for each destination of the exporters.
    package init(
        exporters: [any TelemetryExporter],
        storage: [Destination: StorageActor],
        configuration: ExportConfiguration = ExportConfiguration(),
        time: TimeSource = .system
    ) {
        self.configuration = configuration
        self.time = time
        var lanes: [ExportLane] = []
        for exporter in exporters {
            let index: Int
            if let known = lanes.firstIndex(where: { $0.destination == exporter.destination }) {
                index = known
            } else {
                index = lanes.count
                let names = Set(lanes.map(\.name))
                lanes.append(
                    ExportLane(
                        destination: exporter.destination,
                        name: Self.name(exporter.destination.name, unlike: names),
                        storage: storage[exporter.destination],
                        machine: LaneMachine(maximumUnderWay: configuration.maximumRequests)
                    )
                )
            }
            for signal in exporter.signals {
                let isTaken = lanes[index].exporters.updateValue(exporter, forKey: signal) != nil
                if signal == .metrics {
                    lanes[index].temporality = exporter.metricPreference.temporality
                }
                guard isTaken else { continue }
                configuration.diagnostics.report(
                    .warning,
                    "export.superseded",
                    """
                    \(lanes[index].name): several exporters of one destination take \
                    \(signal.rawValue); only the last one gets them
                    """
                )
            }
        }
        self.lanes = lanes
        self.temporalityPreferences = lanes.compactMap(\.temporality).reduce(into: []) {
            if !$0.contains($1) { $0.append($1) }
        }
        if configuration.durability == .writeAhead, lanes.allSatisfy({ $0.storage == nil }) {
            configuration.diagnostics.report(
                .warning,
                "storage.off",
                "nothing is written ahead, because offline storage is off"
            )
        }
    }

    /// The name, with a number behind it if it is taken.
    private static func name(_ name: String, unlike others: Set<String>) -> String {
        guard others.contains(name) else { return name }
        var number = 2
        while others.contains("\(name)-\(number)") { number += 1 }
        return "\(name)-\(number)"
    }

    struct SettledWaiter {
        let targets: [UInt64]
        let gate: Gate
    }

    // MARK: Batches

    /// Takes a batch for every destination that wants its signal.
    ///
    /// Suspends while all of those lanes are full. While only some are, a full one gives its oldest
    /// batch to offline storage, so that no destination waits for another. A lane that writes ahead
    /// is never full: what finds no idle worker is written at once.
    ///
    /// - Parameter preference: whose metrics these are; `nil` for everybody's. Destinations of
    ///   another preference do not get them, but while one of those has room nobody is suspended.
    package func submit(
        _ batch: ExportBatch,
        preferring preference: MetricPreference.TemporalityPreference? = nil
    ) async {
        let lanes = self.lanes.indices.filter { self.lanes[$0].exporters[batch.signal] != nil }
        let takers = lanes.filter { index in
            preference == nil || preference == self.lanes[index].temporality
        }
        guard !takers.isEmpty, batch.count > 0 else { return }
        await self.makeRoom(for: batch.signal, on: takers, of: lanes)
        // Nothing suspends here: several feeders must not take the same room.
        var ahead: [(sequence: UInt64, index: Int)] = []
        for index in takers {
            self.lanes[index].books.accepted += UInt64(batch.count)
            guard !self.isFinishing else {
                // Nobody works on this lane any more.
                self.drop(batch.count, .shutdown, on: index)
                continue
            }
            let worker = self.lanes[index].idleWorkers.popLast()
            if worker == nil, self.writesAhead(batch.signal, on: index) {
                ahead.append((self.lanes[index].machine.submittedUnderWay(), index))
                continue
            }
            _ = self.lanes[index].machine.submitted()
            self.lanes[index].waiting.append(batch)
            worker?.resume()
        }
        for (sequence, index) in ahead {
            await self.write(batch, on: index)
            self.settled(sequence, on: index)
        }
    }

    /// Waits, or spills, until a batch fits into every lane that takes it.
    ///
    /// - Parameter lanes: all that take the signal. Whoever feeds them feeds one after the other.
    private func makeRoom(for signal: Signal, on takers: [Int], of lanes: [Int]) async {
        while !self.isFinishing {
            let full = lanes.filter { index in
                // What an idle worker is woken for waits until that worker runs, and fills nothing.
                self.lanes[index].machine.isFull && self.lanes[index].idleWorkers.isEmpty
                    && !self.writesAhead(signal, on: index)
            }
            guard let first = full.first(where: takers.contains) else { return }
            if full.count == lanes.count {
                await withCheckedContinuation { self.roomWaiters.append($0) }
            } else {
                // Room that was made here may be another feeder's by now, so look again.
                await self.spillOldest(of: first)
            }
        }
    }

    /// Delivers until ``finish()`` was called and all is settled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for index in self.lanes.indices {
                for _ in 0..<self.configuration.maximumRequests {
                    group.addTask { await self.work(on: index) }
                }
                if self.lanes[index].storage != nil {
                    group.addTask { await self.redeliver(on: index) }
                    group.addTask { await self.renewLeases(on: index) }
                }
            }
        }
    }

    /// No further batch will come.
    package func finish() {
        self.isFinishing = true
        self.finishing.open()
        self.resumeRoomWaiters()
        for index in self.lanes.indices {
            self.lanes[index].bell.ring()
            let workers = self.lanes[index].idleWorkers
            self.lanes[index].idleWorkers = []
            for worker in workers { worker.resume() }
        }
    }

    /// Waits until the fate of everything submitted so far is known, or the task is cancelled.
    package func waitUntilSettled() async {
        let targets = self.lanes.map { $0.machine.lastSubmitted }
        let gate = Gate()
        self.settledWaiters.append(SettledWaiter(targets: targets, gate: gate))
        self.resumeSettledWaiters()
        await gate.wait()
        self.settledWaiters.removeAll { $0.gate === gate }
    }

    /// Makes what lies in offline storage survive the machine, and lets go of it.
    ///
    /// - Parameter deadline: a moment of the monotonic clock after which no other file is waited
    ///   for; never by default.
    package func close(until deadline: UInt64 = .max) async {
        for index in self.lanes.indices {
            guard let storage = self.lanes[index].storage else { continue }
            let result = await storage.sync(until: deadline)
            if result.left > 0 {
                self.configuration.diagnostics.report(
                    .warning,
                    "storage.unsynchronised",
                    """
                    \(self.lanes[index].name): \(result.recordsLeft) records are stored and survive \
                    this process, but perhaps not the machine: \
                    \(result.failure?.message ?? "there was no time to wait for the disk")
                    """
                )
            }
            self.lanes[index].storedAtClose = await storage.summary.payloads
            await storage.close()
        }
    }

    /// The state of every destination.
    package func health() async -> [String: TelemetryHealth.DestinationHealth] {
        var destinations: [String: TelemetryHealth.DestinationHealth] = [:]
        for index in self.lanes.indices {
            var health = TelemetryHealth.DestinationHealth()
            if let stored = self.lanes[index].storedAtClose {
                health.storedPayloads = stored
            } else {
                health.storedPayloads = await self.lanes[index].storage?.summary.payloads ?? 0
            }
            health.books = self.lanes[index].books
            health.isHeldBack = !self.lanes[index].breaker.isClosed
            health.lastFailure = self.lanes[index].lastFailure
            health.omitted = self.lanes[index].omitted
            health.cutTexts = self.lanes[index].cutTexts
            destinations[self.lanes[index].name] = health
        }
        return destinations
    }

    /// The signals that each destination takes, by its name.
    package var destinationSignals: [String: Set<Signal>] {
        self.lanes.reduce(into: [:]) { $0[$1.name] = Set($1.exporters.keys) }
    }
}
