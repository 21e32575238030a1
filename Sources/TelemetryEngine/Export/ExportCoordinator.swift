package import TelemetryModel

/// Owns the lanes: what waits for each destination, what is tried, and what became of it.
///
/// A batch is encoded once for each destination and tried once; what cannot be delivered now goes to
/// offline storage, from where the same lane tries it again. Nothing sleeps on a batch while there
/// is storage. Without it, a batch is tried until it is ``maximumAge`` old, and the lane fills up
/// behind it.
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
    var lanes: [ExportLane]
    var roomWaiters: [CheckedContinuation<Void, Never>] = []
    var settledWaiters: [SettledWaiter] = []
    private(set) var isFinishing = false
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
                lanes.append(
                    ExportLane(
                        destination: exporter.destination,
                        storage: storage[exporter.destination],
                        machine: LaneMachine(maximumUnderWay: configuration.maximumRequests)
                    )
                )
            }
            for signal in exporter.signals { lanes[index].exporters[signal] = exporter }
        }
        self.lanes = lanes
    }

    struct SettledWaiter {
        let targets: [UInt64]
        let gate: Gate
    }

    // MARK: Batches

    /// Takes a batch for every destination that wants its signal.
    ///
    /// Suspends while all of those lanes are full. While only some are, a full one gives its oldest
    /// batch to offline storage, so that no destination waits for another.
    package func submit(_ batch: ExportBatch) async {
        let takers = self.lanes.indices.filter { self.lanes[$0].exporters[batch.signal] != nil }
        guard !takers.isEmpty, batch.count > 0 else { return }
        while !self.isFinishing, takers.allSatisfy({ self.lanes[$0].machine.isFull }) {
            await withCheckedContinuation { self.roomWaiters.append($0) }
        }
        for index in takers {
            if !self.isFinishing, self.lanes[index].machine.isFull {
                await self.spillOldest(of: index)
            }
            self.lanes[index].books.accepted += UInt64(batch.count)
            guard !self.isFinishing else {
                // Nobody works on this lane any more.
                self.lanes[index].books.drop(batch.count, .shutdown)
                continue
            }
            _ = self.lanes[index].machine.submitted()
            self.lanes[index].waiting.append(batch)
            self.lanes[index].idleWorkers.popLast()?.resume()
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
                }
            }
        }
    }

    /// No further batch will come.
    package func finish() {
        self.isFinishing = true
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
    package func close() async {
        for index in self.lanes.indices {
            guard let storage = self.lanes[index].storage else { continue }
            await storage.sync()
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
            destinations[self.lanes[index].destination.name] = health
        }
        return destinations
    }

    /// The signals that each destination takes, by its name.
    package var destinationSignals: [String: Set<Signal>] {
        var signals: [String: Set<Signal>] = [:]
        for lane in self.lanes {
            signals[lane.destination.name, default: []].formUnion(lane.exporters.keys)
        }
        return signals
    }
}
