import DequeModule
import TelemetryModel

extension ExportCoordinator {
    func work(on index: Int) async {
        while let (sequence, batch) = await self.nextBatch(of: index) {
            if let exporter = self.lanes[index].exporters[batch.signal] {
                await self.deliver(batch, by: exporter, on: index)
            }
            self.lanes[index].machine.settled(sequence)
            self.resumeSettledWaiters()
        }
    }

    func nextBatch(of index: Int) async -> (UInt64, ExportBatch)? {
        while true {
            if let sequence = self.lanes[index].machine.takeNext(),
                let batch = self.lanes[index].waiting.popFirst()
            {
                self.resumeRoomWaiters()
                return (sequence, batch)
            }
            guard !self.isFinishing else { return nil }
            await withCheckedContinuation { self.lanes[index].idleWorkers.append($0) }
        }
    }

    func deliver(
        _ batch: ExportBatch,
        by exporter: any TelemetryExporter,
        on index: Int
    ) async {
        let birth = self.time.monotonicNow()
        for payload in await self.encode(batch, by: exporter, on: index) {
            await self.deliver(payload, by: exporter, on: index, birth: birth)
        }
    }

    func encode(
        _ batch: ExportBatch,
        by exporter: any TelemetryExporter,
        on index: Int
    ) async -> [Payload] {
        let encoded = await exporter.encode(batch)
        for (reason, count) in encoded.dropped {
            self.lanes[index].books.drop(count, reason)
        }
        return encoded.payloads
    }

    /// Tries a payload, and settles every record of it.
    func deliver(
        _ payload: Payload,
        by exporter: any TelemetryExporter,
        on index: Int,
        birth: UInt64
    ) async {
        var pending = [payload]
        while let payload = pending.popLast() {
            guard !Task.isCancelled else {
                await self.keep(payload, on: index, orDrop: .shutdown)
                continue
            }
            let now = self.time.monotonicNow()
            switch self.lanes[index].breaker.wantsToSend(at: now) {
            case .send:
                let outcome = await self.send(payload, by: exporter, on: index)
                let rest = await self.settle(outcome, of: payload, by: exporter, on: index)
                for payload in rest.retry {
                    if await self.keepOrDrop(payload, on: index, birth: birth) {
                        // Not at once: whoever refused it needs a moment.
                        let pause = Int64.random(in: 500...1_000, using: &self.generator)
                        try? await self.time.sleep(.milliseconds(pause))
                        pending.append(payload)
                    }
                }
                pending += rest.now
            case .wait(let nanoseconds):
                if self.dropsForQuota(on: index, at: now) {
                    self.lanes[index].books.drop(payload.recordCount, .quota)
                } else if await self.keepOrDrop(payload, on: index, birth: birth) {
                    // In memory; the breaker may close earlier than it said.
                    try? await self.time.sleep(
                        .nanoseconds(Int64(min(nanoseconds, 1_000_000_000)))
                    )
                    pending.append(payload)
                }
            }
        }
    }

    func send(
        _ payload: Payload,
        by exporter: any TelemetryExporter,
        on index: Int
    ) async -> DeliveryOutcome {
        let timeLimit = self.configuration.requestTimeouts[payload.signal] ?? .seconds(30)
        let outcome = await exporter.send(payload, within: timeLimit)
        let now = self.time.monotonicNow()
        let change: CircuitBreaker.Change?
        switch outcome {
        case .failed(let failure):
            if Task.isCancelled {
                self.lanes[index].breaker.abandoned(at: now)
                return outcome
            }
            change = self.lanes[index].breaker.failed(
                failure,
                at: now,
                jitter: Double.random(in: 0...1, using: &self.generator)
            )
            self.lanes[index].lastFailure = failure.explanation
        case .accepted, .partiallyAccepted, .payloadTooLarge, .refused:
            change = self.lanes[index].breaker.answered()
            if case .refused(_, let explanation) = outcome {
                self.lanes[index].lastFailure = explanation
                self.configuration.diagnostics.report(
                    .error,
                    "export.refused",
                    "\(self.lanes[index].destination.name): \(explanation)"
                )
            } else {
                self.lanes[index].lastFailure = nil
            }
            if self.lanes[index].hasBacklog { self.lanes[index].bell.ring() }
        }
        self.report(change, on: index)
        return outcome
    }

    /// Books what an outcome settled; returns what is to be tried again, and when.
    func settle(
        _ outcome: DeliveryOutcome,
        of payload: Payload,
        by exporter: any TelemetryExporter,
        on index: Int
    ) async -> (now: [Payload], retry: [Payload]) {
        switch outcome {
        case .accepted:
            self.lanes[index].books.exported += UInt64(payload.recordCount)
            self.lanes[index].books.items += UInt64(payload.itemCount)
            return ([], [])
        case .partiallyAccepted(let refusals):
            let partial = PartialDelivery(of: payload, refusals: refusals)
            self.lanes[index].books.exported += UInt64(partial.exportedRecords)
            self.lanes[index].books.items += UInt64(partial.acceptedItems)
            for (reason, count) in partial.droppedRecords {
                self.lanes[index].books.drop(count, reason)
            }
            guard !partial.retryItems.isEmpty else { return ([], []) }
            let rest = await exporter.payload(
                of: payload,
                keeping: partial.retryItems,
                layout: partial.retryLayout
            )
            if rest == nil {
                self.lanes[index].books.drop(partial.retryLayout.recordCount, .invalid)
            }
            return ([], [rest].compactMap(\.self))
        case .payloadTooLarge:
            guard let halves = payload.halves else {
                self.lanes[index].books.drop(payload.recordCount, .tooLarge)
                return ([], [])
            }
            var payloads: [Payload] = []
            for half in halves {
                if let part = await exporter.payload(
                    of: payload,
                    keeping: half.items,
                    layout: half.layout
                ) {
                    payloads.append(part)
                } else {
                    self.lanes[index].books.drop(half.layout.recordCount, .invalid)
                }
            }
            return (payloads, [])
        case .refused(let reason, _):
            self.lanes[index].books.drop(payload.recordCount, reason)
            return ([], [])
        case .failed(let failure):
            if failure.kind == .quota, !self.configuration.storesOverQuota {
                self.lanes[index].books.drop(payload.recordCount, .quota)
                return ([], [])
            }
            return ([], [payload])
        }
    }

    func dropsForQuota(on index: Int, at now: UInt64) -> Bool {
        !self.configuration.storesOverQuota
            && self.lanes[index].breaker.isOpenForQuota(at: now)
    }

    /// Stores a payload, or drops it for its age; `true` if it must be tried from memory.
    func keepOrDrop(_ payload: Payload, on index: Int, birth: UInt64) async -> Bool {
        if await self.store(payload, on: index) { return false }
        if Task.isCancelled {
            self.lanes[index].books.drop(payload.recordCount, self.lossWithoutStorage(on: index))
            return false
        }
        let age = self.time.monotonicNow() - birth
        guard age < Self.maximumAge.nanoseconds, !self.isFinishing else {
            self.lanes[index].books.drop(payload.recordCount, self.lossWithoutStorage(on: index))
            return false
        }
        return true
    }

    func keep(_ payload: Payload, on index: Int, orDrop reason: DropReason) async {
        if await self.store(payload, on: index) { return }
        let reason = self.lanes[index].storage == nil ? reason : .storageFailed
        self.lanes[index].books.drop(payload.recordCount, reason)
    }

    func lossWithoutStorage(on index: Int) -> DropReason {
        self.lanes[index].storage == nil ? .unreachable : .storageFailed
    }

    /// The lane is full while another is not: its oldest batch goes to offline storage.
    func spillOldest(of index: Int) async {
        guard let sequence = self.lanes[index].machine.takeNext(),
            let batch = self.lanes[index].waiting.popFirst()
        else { return }
        if let exporter = self.lanes[index].exporters[batch.signal] {
            for payload in await self.encode(batch, by: exporter, on: index) {
                await self.keep(payload, on: index, orDrop: .queueFull)
            }
        }
        self.lanes[index].machine.settled(sequence)
        self.resumeSettledWaiters()
    }

    func resumeRoomWaiters() {
        let waiters = self.roomWaiters
        self.roomWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    func resumeSettledWaiters() {
        for waiter in self.settledWaiters
        where zip(self.lanes, waiter.targets).allSatisfy({ $0.machine.isSettled(upTo: $1) }) {
            waiter.gate.open()
        }
    }

    func report(_ change: CircuitBreaker.Change?, on index: Int) {
        let lane = self.lanes[index]
        switch change {
        case .opened(let kind, let nanoseconds):
            let seconds = max(1, nanoseconds / 1_000_000_000)
            let fate =
                if kind == .quota, !self.configuration.storesOverQuota {
                    "is dropped"
                } else {
                    lane.storage == nil ? "is held in memory" : "goes to offline storage"
                }
            self.configuration.diagnostics.report(
                .warning,
                "export.held-back",
                """
                \(lane.destination.name): \(lane.lastFailure ?? "no answer"); \
                telemetry \(fate), next try in \(seconds) s
                """
            )
        case .closed:
            self.configuration.diagnostics.report(
                .info,
                "export.recovered",
                "\(lane.destination.name): delivering again"
            )
        case nil:
            break
        }
    }
}
