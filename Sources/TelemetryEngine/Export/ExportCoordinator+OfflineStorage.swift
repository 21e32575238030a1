import TelemetryModel

extension ExportCoordinator {
    /// Writes a payload to offline storage; `false` if there is none, or it cannot be written.
    func store(_ payload: Payload, on index: Int) async -> Bool {
        guard await self.store(payload, on: index, keepsLease: false) != nil else { return false }
        self.lanes[index].hasBacklog = true
        return true
    }

    private func store(
        _ payload: Payload,
        on index: Int,
        keepsLease: Bool
    ) async -> StoredPayloadID? {
        guard let storage = self.lanes[index].storage,
            self.lanes[index].keepsUndelivered(payload.signal)
        else { return nil }
        switch await storage.store(payload, keepsLease: keepsLease) {
        case .stored(let id, let lost):
            self.lanes[index].books.stored += UInt64(payload.recordCount)
            self.book(lost, on: index)
            self.lanes[index].isStorageFailing = false
            self.configuration.diagnostics.changed(
                "storage.\(self.lanes[index].name)",
                to: "usable",
                .warning,
                isNormal: true,
                "offline storage can be written again"
            )
            return id
        case .failed(let error, let lost):
            self.book(lost, on: index)
            self.lanes[index].isStorageFailing = true
            self.configuration.diagnostics.changed(
                "storage.\(self.lanes[index].name)",
                to: "failing",
                .warning,
                "offline storage cannot be written: \(error.message); keeping telemetry in memory"
            )
            return nil
        }
    }

    // MARK: Writing ahead

    /// Whether a batch goes to disk before it is sent.
    ///
    /// - Parameter evenIfFailing: whether to try storage that could not be written the last time.
    func writesAhead(_ signal: Signal, on index: Int, evenIfFailing: Bool = false) -> Bool {
        self.configuration.durability == .writeAhead
            && self.lanes[index].keepsUndelivered(signal)
            && (evenIfFailing || !self.lanes[index].isStorageFailing)
    }

    /// Writes payloads and keeps hold of them; returns those that could not be written as they are.
    func writeAhead(
        _ payloads: [Payload],
        on index: Int
    ) async -> (written: [StoredPayload], unwritten: [Payload]) {
        var written: [StoredPayload] = []
        var unwritten: [Payload] = []
        for payload in payloads {
            let drops = self.dropsForQuota(on: index, at: self.time.monotonicNow())
            if !drops, let id = await self.store(payload, on: index, keepsLease: true) {
                written.append(
                    StoredPayload(
                        id: id,
                        payload: payload,
                        attempts: 0,
                        created: id.createdTime,
                        isOwn: true
                    )
                )
            } else {
                unwritten.append(payload)
            }
        }
        return (written, unwritten)
    }

    /// Sends a payload that was written ahead; what cannot be sent stays where it is.
    func deliver(
        _ stored: StoredPayload,
        by exporter: any TelemetryExporter,
        on index: Int
    ) async {
        guard let storage = self.lanes[index].storage else { return }
        let now = self.time.monotonicNow()
        if self.dropsForQuota(on: index, at: now) {
            await self.remove(stored, from: storage, on: index)
            var dropped = SettledPayload()
            dropped.droppedRecords = [.quota: stored.payload.recordCount]
            self.bookRedelivered(stored, dropped, on: index)
            return
        }
        guard !Task.isCancelled,
            case .send = self.lanes[index].breaker.wantsToSend(at: now)
        else {
            self.lanes[index].hasBacklog = true
            self.book(await storage.release(stored.id, countsAttempt: false), on: index)
            return
        }
        _ = await self.redeliver(stored, from: storage, by: exporter, on: index)
    }

    /// Encodes a batch and leaves it on disk, since everybody who could send it is busy.
    func write(_ batch: ExportBatch, on index: Int) async {
        guard let exporter = self.lanes[index].exporters[batch.signal] else { return }
        let birth = self.time.monotonicNow()
        for payload in await self.encode(batch, by: exporter, on: index) {
            let drops = self.dropsForQuota(on: index, at: self.time.monotonicNow())
            if !drops, await self.store(payload, on: index) { continue }
            await self.deliver(payload, by: exporter, on: index, birth: birth)
        }
        // Perhaps nobody is busy any more, who would ring after a success.
        if self.lanes[index].breaker.isClosed { self.lanes[index].bell.ring() }
    }

    // MARK: Sending what is stored

    /// Shows other processes, where there are no locks, that what is leased is being sent.
    func renewLeases(on index: Int) async {
        guard let storage = self.lanes[index].storage else { return }
        while true {
            await self.finishing.wait(atMost: Self.redeliveryInterval, time: self.time)
            guard !self.isFinishing, !Task.isCancelled else { return }
            await storage.renewLeases()
        }
    }

    /// Books payloads that left the disk undelivered.
    func book(_ lost: [LostPayload], on index: Int) {
        guard !lost.isEmpty else { return }
        for payload in lost where payload.isOwn {
            let records = UInt64(payload.records)
            self.lanes[index].books.stored -= min(records, self.lanes[index].books.stored)
            self.lanes[index].books.drop(payload.records, payload.reason)
        }
        let records = lost.reduce(0) { $0 + $1.records }
        self.configuration.diagnostics.report(
            .error,
            "storage.lost",
            """
            \(self.lanes[index].name): offline storage gave up \(records) records in \
            \(lost.count) payloads
            """
        )
    }

    /// Delivers what lies in offline storage: at the start, after a success, and now and then.
    func redeliver(on index: Int) async {
        guard let storage = self.lanes[index].storage else { return }
        let bell = self.lanes[index].bell
        // Many processes may start at once.
        await self.pause(on: bell, seconds: 0...self.configuration.redeliveryStartSpread)
        while self.keepsDraining(on: index) {
            self.book(await storage.expire(), on: index)
            let wait = await self.drain(storage, on: index)
            guard !self.isFinishing, !Task.isCancelled else { return }
            if let wait {
                await bell.sleep(
                    atMost: .nanoseconds(Int64(clamping: wait)),
                    time: self.time
                )
            } else {
                let seconds = Double(Self.redeliveryInterval.components.seconds)
                await self.pause(on: bell, seconds: seconds * 0.75...seconds * 1.25)
            }
        }
    }

    /// Whether stored payloads are sent now.
    ///
    /// At the end what could not be delivered stays for the next process. What was only written
    /// ahead had no try yet, so it has one as long as there is time and somebody takes it.
    private func keepsDraining(on index: Int) -> Bool {
        guard self.isFinishing else { return !Task.isCancelled }
        return !Task.isCancelled && self.configuration.durability == .writeAhead
            && self.lanes[index].books.stored > 0 && self.lanes[index].breaker.isClosed
    }

    func pause(on bell: Doorbell, seconds: ClosedRange<Double>) async {
        let duration = Duration.seconds(Double.random(in: seconds, using: &self.generator))
        await bell.sleep(atMost: duration, time: self.time)
    }

    /// Sends stored payloads, oldest first, until none is left or one fails.
    ///
    /// - Returns: how many nanoseconds to wait if the breaker held something back.
    func drain(_ storage: StorageActor, on index: Int) async -> UInt64? {
        while self.keepsDraining(on: index) {
            let now = self.time.monotonicNow()
            let additions = self.lanes[index].backlogAdditions
            guard let stored = await self.lease(from: storage, on: index) else {
                if self.lanes[index].backlogAdditions == additions {
                    self.lanes[index].hasBacklog = false
                }
                return nil
            }
            guard let exporter = self.lanes[index].exporter(of: stored.payload.signal) else {
                self.book(await storage.release(stored.id, countsAttempt: false), on: index)
                return nil
            }
            if case .wait(let nanoseconds) = self.lanes[index].breaker.wantsToSend(at: now) {
                self.book(await storage.release(stored.id, countsAttempt: false), on: index)
                return nanoseconds
            }
            guard await self.redeliver(stored, from: storage, by: exporter, on: index) else {
                return UInt64(1_000_000_000)
            }
        }
        return nil
    }

    /// Takes the oldest payload, or the next one if that was refused the last time: while nothing
    /// else is accepted nobody knows who is to blame, and one payload must not block the others.
    func lease(from storage: StorageActor, on index: Int) async -> StoredPayload? {
        guard let oldest = await storage.lease() else { return nil }
        guard oldest.id == self.lanes[index].attempts.lastRefused,
            let next = await storage.lease()
        else { return oldest }
        self.book(await storage.release(oldest.id, countsAttempt: false), on: index)
        return next
    }

    /// Sends one stored payload; `false` if it had to stay.
    func redeliver(
        _ stored: StoredPayload,
        from storage: StorageActor,
        by exporter: any TelemetryExporter,
        on index: Int
    ) async -> Bool {
        let outcome = await self.send(stored.payload, by: exporter, on: index)
        let dropsOverQuota = !self.configuration.storesOverQuota
        if case .failed(let failure) = outcome, failure.kind != .quota || !dropsOverQuota {
            let counts = self.lanes[index].attempts.failed(stored.id, failure)
            self.lanes[index].hasBacklog = true
            self.book(await storage.release(stored.id, countsAttempt: counts), on: index)
            return false
        }
        let settled = await exporter.settle(
            outcome,
            of: stored.payload,
            dropsOverQuota: dropsOverQuota
        )
        if let rest = settled.rest {
            await self.replace(stored, with: rest, in: storage, on: index)
        } else if settled.parts.isEmpty {
            await self.remove(stored, from: storage, on: index)
        } else if await !self.divide(stored, into: settled.parts, in: storage, on: index) {
            return true
        }
        self.bookRedelivered(stored, settled, on: index)
        return true
    }

    /// What was refused for now while others were accepted takes the payload's place, and rests.
    private func replace(
        _ stored: StoredPayload,
        with rest: Payload,
        in storage: StorageActor,
        on index: Int
    ) async {
        self.lanes[index].hasBacklog = true
        switch await storage.replace(stored.id, with: rest) {
        case .stored(_, let lost):
            self.book(lost, on: index)
            self.book(await storage.release(stored.id, countsAttempt: true), on: index)
        case .failed(_, let lost):
            self.book(lost, on: index)
            // Not even in place of what was there: that would be sent, and booked, twice.
            await self.remove(stored, from: storage, on: index)
            var failed = SettledPayload()
            failed.droppedRecords = [.storageFailed: rest.recordCount]
            self.bookRedelivered(stored, failed, on: index)
        }
    }

    /// Puts its halves in the place of a payload that is too large for one request; `false` if it
    /// stays as it was.
    private func divide(
        _ stored: StoredPayload,
        into parts: [Payload],
        in storage: StorageActor,
        on index: Int
    ) async -> Bool {
        self.lanes[index].hasBacklog = true
        switch await storage.divide(stored.id, into: parts) {
        case .stored(_, let lost):
            self.book(lost, on: index)
            return true
        case .failed(_, let lost):
            self.book(lost, on: index)
            // It rests until there is room for its halves.
            self.book(await storage.release(stored.id, countsAttempt: true), on: index)
            return false
        }
    }

    private func remove(
        _ stored: StoredPayload,
        from storage: StorageActor,
        on index: Int
    ) async {
        await storage.remove(stored.id)
        self.lanes[index].attempts.removed(stored.id)
    }

    /// Books what was settled of a payload that was stored.
    private func bookRedelivered(
        _ stored: StoredPayload,
        _ settled: SettledPayload,
        on index: Int
    ) {
        guard stored.isOwn else {
            self.lanes[index].books.redelivered += UInt64(settled.exportedRecords)
            return
        }
        let records = settled.exportedRecords + settled.droppedRecords.values.reduce(0, +)
        self.lanes[index].books.stored -= min(UInt64(records), self.lanes[index].books.stored)
        self.book(settled, on: index)
    }
}
