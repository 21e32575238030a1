import TelemetryModel

extension ExportCoordinator {
    /// Writes a payload to offline storage; `false` if there is none, or it cannot be written.
    func store(_ payload: Payload, on index: Int) async -> Bool {
        guard let storage = self.lanes[index].storage,
            self.lanes[index].exporters[payload.signal]?.keepsUndelivered == true
        else { return false }
        switch await storage.store(payload) {
        case .stored(_, let lost):
            self.lanes[index].books.stored += UInt64(payload.recordCount)
            self.lanes[index].hasBacklog = true
            self.book(lost, on: index)
            if self.lanes[index].isStorageFailing {
                self.lanes[index].isStorageFailing = false
                self.configuration.diagnostics.report(
                    .info,
                    "storage.recovered",
                    "offline storage can be written again"
                )
            }
            return true
        case .failed(let error, let lost):
            self.book(lost, on: index)
            if !self.lanes[index].isStorageFailing {
                self.lanes[index].isStorageFailing = true
                self.configuration.diagnostics.report(
                    .warning,
                    "storage.failed",
                    "offline storage cannot be written: \(error.message); keeping telemetry in memory"
                )
            }
            return false
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
            "offline storage gave up \(records) records in \(lost.count) payloads"
        )
    }

    /// Delivers what lies in offline storage: at the start, after a success, and now and then.
    func redeliver(on index: Int) async {
        guard let storage = self.lanes[index].storage else { return }
        let bell = self.lanes[index].bell
        // Many processes may start at once.
        await self.pause(on: bell, seconds: 0...self.configuration.redeliveryStartSpread)
        while !self.isFinishing, !Task.isCancelled {
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

    func pause(on bell: Doorbell, seconds: ClosedRange<Double>) async {
        let duration = Duration.seconds(Double.random(in: seconds, using: &self.generator))
        await bell.sleep(atMost: duration, time: self.time)
    }

    /// Sends stored payloads, oldest first, until none is left or one fails.
    ///
    /// - Returns: how many nanoseconds to wait if the breaker held something back.
    func drain(_ storage: StorageActor, on index: Int) async -> UInt64? {
        while !self.isFinishing, !Task.isCancelled {
            let now = self.time.monotonicNow()
            guard let stored = await storage.lease() else {
                self.lanes[index].hasBacklog = false
                return nil
            }
            guard let exporter = self.lanes[index].exporter(of: stored.payload.signal) else {
                self.book(await storage.release(stored.id, countsAttempt: false), on: index)
                return nil
            }
            let othersAreAccepted = self.lanes[index].breaker.isClosed
            if case .wait(let nanoseconds) = self.lanes[index].breaker.wantsToSend(at: now) {
                self.book(await storage.release(stored.id, countsAttempt: false), on: index)
                return nanoseconds
            }
            guard
                await self.redeliver(
                    stored,
                    from: storage,
                    by: exporter,
                    othersAreAccepted: othersAreAccepted,
                    on: index
                )
            else {
                return UInt64(1_000_000_000)
            }
        }
        return nil
    }

    /// Sends one stored payload; `false` if it had to stay.
    func redeliver(
        _ stored: StoredPayload,
        from storage: StorageActor,
        by exporter: any TelemetryExporter,
        othersAreAccepted: Bool,
        on index: Int
    ) async -> Bool {
        let payload = stored.payload
        let outcome = await self.send(payload, by: exporter, on: index)
        switch outcome {
        case .accepted:
            await storage.remove(stored.id)
            self.bookRedelivered(
                stored,
                exported: payload.recordCount,
                items: payload.itemCount,
                on: index
            )
        case .refused(let reason, _):
            await storage.remove(stored.id)
            self.bookRedelivered(stored, dropped: [reason: payload.recordCount], on: index)
        case .failed(let failure)
        where failure.kind == .quota && !self.configuration.storesOverQuota:
            await storage.remove(stored.id)
            self.bookRedelivered(stored, dropped: [.quota: payload.recordCount], on: index)
        case .failed(let failure):
            // An outage is no fault of the payload: only an answer that others do not get counts.
            let counts =
                othersAreAccepted && (failure.kind == .server || failure.kind == .throttled)
            self.book(await storage.release(stored.id, countsAttempt: counts), on: index)
            return false
        case .partiallyAccepted(let refusals):
            let partial = PartialDelivery(of: payload, refusals: refusals)
            self.bookRedelivered(
                stored,
                exported: partial.exportedRecords,
                items: partial.acceptedItems,
                dropped: partial.droppedRecords,
                on: index
            )
            guard !partial.retryItems.isEmpty else {
                await storage.remove(stored.id)
                return true
            }
            let rest = await exporter.payload(
                of: payload,
                keeping: partial.retryItems,
                layout: partial.retryLayout
            )
            if let rest {
                // Refused while others were accepted: it rests, so that this does not go round in a
                // circle.
                await self.replace(
                    stored,
                    in: storage,
                    with: [rest],
                    countsAttempt: true,
                    on: index
                )
            } else {
                await storage.remove(stored.id)
                self.bookRedelivered(
                    stored,
                    dropped: [.invalid: partial.retryLayout.recordCount],
                    on: index
                )
            }
        case .payloadTooLarge:
            guard let halves = payload.halves else {
                await storage.remove(stored.id)
                self.bookRedelivered(stored, dropped: [.tooLarge: payload.recordCount], on: index)
                return true
            }
            var parts: [Payload] = []
            for half in halves {
                if let part = await exporter.payload(
                    of: payload,
                    keeping: half.items,
                    layout: half.layout
                ) {
                    parts.append(part)
                } else {
                    self.bookRedelivered(
                        stored,
                        dropped: [.invalid: half.layout.recordCount],
                        on: index
                    )
                }
            }
            await self.replace(stored, in: storage, with: parts, countsAttempt: false, on: index)
        }
        return true
    }

    /// Puts what is left of a stored payload in its place, and gives it back.
    func replace(
        _ stored: StoredPayload,
        in storage: StorageActor,
        with parts: [Payload],
        countsAttempt: Bool,
        on index: Int
    ) async {
        var isReplaced = false
        for part in parts {
            let result =
                isReplaced
                ? await storage.store(part, attempts: stored.attempts)
                : await storage.replace(stored.id, with: part)
            switch result {
            case .stored(_, let lost):
                isReplaced = true
                self.book(lost, on: index)
            case .failed(_, let lost):
                self.book(lost, on: index)
                self.bookRedelivered(
                    stored,
                    dropped: [.storageFailed: part.recordCount],
                    on: index
                )
            }
        }
        if isReplaced {
            self.book(await storage.release(stored.id, countsAttempt: countsAttempt), on: index)
        } else {
            // Not even in place of what was there: that would be sent, and booked, twice.
            await storage.remove(stored.id)
        }
    }

    func bookRedelivered(
        _ stored: StoredPayload,
        exported: Int = 0,
        items: Int = 0,
        dropped: [DropReason: Int] = [:],
        on index: Int
    ) {
        guard stored.isOwn else {
            self.lanes[index].books.redelivered += UInt64(exported)
            return
        }
        let settled = UInt64(exported + dropped.values.reduce(0, +))
        self.lanes[index].books.stored -= min(settled, self.lanes[index].books.stored)
        self.lanes[index].books.exported += UInt64(exported)
        self.lanes[index].books.items += UInt64(items)
        for (reason, count) in dropped { self.lanes[index].books.drop(count, reason) }
    }
}
