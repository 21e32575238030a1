import DequeModule
import TelemetryModel

extension ExportCoordinator {
    func work(on index: Int) async {
        while let (sequence, batch) = await self.nextBatch(of: index) {
            if let exporter = self.lanes[index].exporters[batch.signal] {
                await self.deliver(batch, by: exporter, on: index)
            }
            self.settled(sequence, on: index)
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
        var unwritten = await self.encode(batch, by: exporter, on: index)
        var written: [StoredPayload] = []
        if self.writesAhead(batch.signal, on: index, evenIfFailing: true) {
            // All of it is on disk before any of it is sent.
            (written, unwritten) = await self.writeAhead(unwritten, on: index)
        }
        for stored in written { await self.deliver(stored, by: exporter, on: index) }
        for payload in unwritten {
            await self.deliver(payload, by: exporter, on: index, birth: birth)
        }
    }

    /// Maps and encodes a batch, and books what did not come out of that.
    func encode(
        _ batch: ExportBatch,
        by exporter: any TelemetryExporter,
        on index: Int
    ) async -> [Payload] {
        let encoded = await exporter.encode(batch)
        for (reason, count) in encoded.dropped { self.drop(count, reason, on: index) }
        self.lanes[index].cutTexts += UInt64(clamping: encoded.cutTexts)
        let omitted = UInt64(clamping: min(encoded.omitted, batch.count))
        // What the destination has no use for was never its business.
        self.lanes[index].omitted += omitted
        self.lanes[index].books.accepted -= omitted
        let missing =
            batch.count - encoded.dropped.values.reduce(0, +) - encoded.omitted
            - encoded.payloads.reduce(0) { $0 + $1.recordCount }
        if missing != 0 {
            self.configuration.diagnostics.report(
                .error,
                "export.miscounted",
                """
                \(self.lanes[index].name): the exporter made \(batch.count - missing) records of \
                \(batch.count) \(batch.signal.rawValue)
                """
            )
            self.drop(missing, .invalid, on: index)
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
            let now = self.time.monotonicNow()
            if self.dropsForQuota(on: index, at: now) {
                self.drop(payload.recordCount, .quota, on: index)
                continue
            }
            guard !Task.isCancelled else {
                _ = await self.keepOrDrop(payload, on: index, birth: birth)
                continue
            }
            switch self.lanes[index].breaker.wantsToSend(at: now) {
            case .send:
                let outcome = await self.send(payload, by: exporter, on: index)
                let settled = await exporter.settle(
                    outcome,
                    of: payload,
                    dropsOverQuota: !self.configuration.storesOverQuota
                )
                self.book(settled, on: index)
                if let rest = settled.rest,
                    await self.keepOrDrop(rest, on: index, birth: birth)
                {
                    // Not at once: whoever refused it needs a moment.
                    let pause = Int64.random(in: 500...1_000, using: &self.generator)
                    try? await self.time.sleep(.milliseconds(pause))
                    pending.append(rest)
                }
                pending += settled.parts
            case .wait(let nanoseconds):
                if await self.keepOrDrop(payload, on: index, birth: birth) {
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
                untilMidnight: self.time.wallNow().nanosecondsUntilMidnight,
                jitter: Double.random(in: 0...1, using: &self.generator)
            )
            self.lanes[index].lastFailure = failure.explanation
        case .accepted, .partiallyAccepted, .payloadTooLarge, .refused:
            change = self.lanes[index].breaker.answered()
            switch outcome {
            case .accepted, .partiallyAccepted: self.lanes[index].attempts.accepted()
            default: break
            }
            if case .refused(_, let explanation) = outcome {
                self.lanes[index].lastFailure = explanation
                self.configuration.diagnostics.report(
                    .error,
                    "export.refused",
                    "\(self.lanes[index].name): \(explanation)"
                )
            } else {
                self.lanes[index].lastFailure = nil
            }
            if self.lanes[index].hasBacklog { self.lanes[index].bell.ring() }
        }
        self.report(change, on: index)
        return outcome
    }

    /// Books what was settled of a payload that is in no storage.
    func book(_ settled: SettledPayload, on index: Int) {
        self.lanes[index].books.exported += UInt64(settled.exportedRecords)
        self.lanes[index].books.items += UInt64(settled.acceptedItems)
        for (reason, count) in settled.droppedRecords { self.drop(count, reason, on: index) }
    }

    func dropsForQuota(on index: Int, at now: UInt64) -> Bool {
        !self.configuration.storesOverQuota
            && self.lanes[index].breaker.isOpenForQuota(at: now)
    }

    /// Stores a payload, or drops it for its age; `true` if it must be tried from memory.
    func keepOrDrop(_ payload: Payload, on index: Int, birth: UInt64) async -> Bool {
        if await self.store(payload, on: index) { return false }
        let now = self.time.monotonicNow()
        let isTheEnd = Task.isCancelled || self.isFinishing
        guard isTheEnd || now - birth >= Self.maximumAge.nanoseconds else { return true }
        let reason: DropReason =
            if self.lanes[index].keepsUndelivered(payload.signal) {
                .storageFailed
            } else if self.lanes[index].breaker.isOpenForQuota(at: now) {
                .quota
            } else {
                // The same whether it was being sent, slept or waited when the end came.
                isTheEnd ? .shutdown : .unreachable
            }
        self.drop(payload.recordCount, reason, on: index)
        return false
    }

    /// The lane is full while another is not: its oldest batch goes to offline storage.
    func spillOldest(of index: Int) async {
        guard let sequence = self.lanes[index].machine.takeNext(),
            let batch = self.lanes[index].waiting.popFirst()
        else { return }
        if let exporter = self.lanes[index].exporters[batch.signal] {
            for payload in await self.encode(batch, by: exporter, on: index) {
                if self.dropsForQuota(on: index, at: self.time.monotonicNow()) {
                    self.drop(payload.recordCount, .quota, on: index)
                } else if await !self.store(payload, on: index) {
                    let isKept = self.lanes[index].keepsUndelivered(payload.signal)
                    self.drop(
                        payload.recordCount,
                        isKept ? .storageFailed : .queueFull,
                        on: index
                    )
                }
            }
        }
        self.settled(sequence, on: index)
    }

    /// Books records that are lost, and says so.
    func drop(_ records: Int, _ reason: DropReason, on index: Int) {
        guard records > 0 else { return }
        self.lanes[index].books.drop(records, reason)
        // What the destination refuses is said with its words, and a quota with the wait for it.
        guard reason != .rejected, reason != .quota else { return }
        self.configuration.diagnostics.report(
            .error,
            "export.lost.\(reason.rawValue)",
            "\(self.lanes[index].name): \(records) records are lost: \(reason.explanation)"
        )
    }

    func settled(_ sequence: UInt64, on index: Int) {
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
            self.configuration.diagnostics.changed(
                "export.\(lane.name)",
                to: "held-back",
                .warning,
                """
                \(lane.lastFailure ?? "no answer"); telemetry \(fate), next try in \(seconds) s
                """
            )
        case .closed:
            self.configuration.diagnostics.changed(
                "export.\(lane.name)",
                to: "delivering",
                .warning,
                isNormal: true,
                "delivering again"
            )
        case nil:
            break
        }
    }
}

extension DropReason {
    /// Why, for people.
    fileprivate var explanation: String {
        switch self {
        case .queueFull: "more were recorded than could be delivered"
        case .invalid: "they could not be encoded"
        case .tooLarge: "the destination takes none as large"
        case .rejected: "the destination refused them"
        case .quota: "the destination's quota is used up"
        case .evicted: "offline storage is full"
        case .expired: "offline storage has kept them as long as it may"
        case .storageFailed: "offline storage could not be written"
        case .unreachable: "the destination was not reached in time, and nothing is stored"
        case .shutdown: "the pipeline ended before they were delivered, and nothing is stored"
        }
    }
}
