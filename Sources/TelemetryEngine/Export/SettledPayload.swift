/// What became of a payload in one try: what is settled, and what is left to be tried again.
struct SettledPayload {
    /// The records that were delivered; those with an item that was not are not among them.
    var exportedRecords = 0
    /// The items that were accepted, leading items not counted.
    var acceptedItems = 0
    /// The records that are lost, by reason.
    var droppedRecords: [DropReason: Int] = [:]
    /// The items that are lost, by reason, whatever becomes of the others of their records.
    var droppedItems: [DropReason: Int] = [:]
    /// What is to be tried at once: the halves of what was too large.
    var parts: [Payload] = []
    /// What is worth another try, though not at once.
    var rest: Payload?

    fileprivate mutating func drop(_ layout: RecordLayout, _ reason: DropReason) {
        self.droppedRecords[reason, default: 0] += layout.recordCount
        self.droppedItems[reason, default: 0] += layout.itemCount
    }
}

extension TelemetryExporter {
    /// Works out what an outcome settles, and makes payloads of what it leaves.
    ///
    /// | Outcome                        | What is left                                           |
    /// | ------------------------------ | ------------------------------------------------------ |
    /// | accepted, or refused for good  | nothing                                                |
    /// | partly accepted                | what is worth another try                              |
    /// | too large                      | its halves; nothing if it is a single record           |
    /// | failed                         | all of it; nothing for a quota, if that is not waited for |
    ///
    /// - Parameter dropsOverQuota: whether records are dropped, not kept, while the quota of the
    ///   destination is used up.
    func settle(
        _ outcome: DeliveryOutcome,
        of payload: Payload,
        dropsOverQuota: Bool = false
    ) async -> SettledPayload {
        var settled = SettledPayload()
        switch outcome {
        case .accepted:
            settled.exportedRecords = payload.recordCount
            settled.acceptedItems = payload.itemCount
        case .partiallyAccepted(let refusals):
            let partial = PartialDelivery(of: payload, refusals: refusals)
            settled.exportedRecords = partial.exportedRecords
            settled.acceptedItems = partial.acceptedItems
            settled.droppedRecords = partial.droppedRecords
            for refusal in refusals where refusal.item >= payload.leadingItems {
                guard case .drop(let reason) = refusal.verdict else { continue }
                settled.droppedItems[reason, default: 0] += 1
            }
            guard !partial.retryItems.isEmpty else { break }
            settled.rest = await self.part(
                of: payload,
                keeping: partial.retryItems,
                layout: partial.retryLayout
            )
            if settled.rest == nil { settled.drop(partial.retryLayout, .invalid) }
        case .payloadTooLarge:
            guard let halves = payload.halves else {
                settled.drop(payload.layout, .tooLarge)
                break
            }
            for half in halves {
                let part = await self.part(of: payload, keeping: half.items, layout: half.layout)
                if let part {
                    settled.parts.append(part)
                } else {
                    settled.drop(half.layout, .invalid)
                }
            }
        case .refused(let reason, _):
            settled.drop(payload.layout, reason)
        case .failed(let failure):
            if failure.kind == .quota, dropsOverQuota {
                settled.drop(payload.layout, .quota)
            } else {
                settled.rest = payload
            }
        }
        return settled
    }

    /// Some items of a payload; `nil` if the exporter cannot take them out, or takes others.
    private func part(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) async -> Payload? {
        let part = await self.payload(of: payload, keeping: items, layout: layout)
        return part?.recordCount == layout.recordCount ? part : nil
    }
}
