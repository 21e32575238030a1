import TelemetryEngine

/// A record that was refused because one of its items is larger than the service takes, and what
/// of it may be taken: a large span, and its exceptions.
struct OversizeRecord {
    /// The items that are not too large, leading ones included.
    let rest: Payload

    /// The positions in the payload of what is left.
    private let kept: [Int]
    /// The positions of the items that are too large.
    private let oversize: [Int]
    private let leadingItems: Int

    /// Looks for what is left of a payload; `nil` if it was not refused for the size of an item, or
    /// holds nothing else.
    ///
    /// An item that large travels alone with the others of its record.
    init?(_ payload: Payload, _ outcome: DeliveryOutcome) {
        guard payload.recordCount == 1, payload.itemCount > 1,
            case .refused(let reason, _) = outcome, reason == .rejected || reason == .tooLarge,
            let sizes = PayloadBody.itemSizes(of: payload),
            sizes.count == payload.leadingItems + payload.itemCount
        else { return nil }
        self.leadingItems = payload.leadingItems
        self.oversize = sizes.indices.filter {
            $0 >= payload.leadingItems && sizes[$0] > PayloadBody.maximumItemSize
        }
        let oversize = Set(self.oversize)
        self.kept = sizes.indices.filter { !oversize.contains($0) }
        let itemCount = self.kept.count - payload.leadingItems
        guard !oversize.isEmpty, itemCount > 0 else { return nil }
        var layout = RecordLayout()
        layout.append(itemsPerRecord: itemCount)
        guard
            let rest = PayloadBody.payload(of: payload, keeping: self.kept, layout: layout)
        else { return nil }
        self.rest = rest
    }

    /// What became of the whole payload, given what became of the rest.
    func outcome(ofRest outcome: DeliveryOutcome) -> DeliveryOutcome {
        var refusals = self.oversize.map { ItemRefusal(item: $0, verdict: .drop(.tooLarge)) }
        func refuseRest(_ verdict: ItemRefusal.Verdict) {
            refusals += self.kept.dropFirst(self.leadingItems).map {
                ItemRefusal(item: $0, verdict: verdict)
            }
        }
        switch outcome {
        case .accepted:
            break
        case .partiallyAccepted(let ofRest):
            refusals += ofRest.compactMap { refusal in
                guard self.kept.indices.contains(refusal.item) else { return nil }
                return ItemRefusal(item: self.kept[refusal.item], verdict: refusal.verdict)
            }
        case .failed:
            refuseRest(.retry)
        case .payloadTooLarge:
            refuseRest(.drop(.tooLarge))
        case .refused(let reason, _):
            refuseRest(.drop(reason))
        }
        return .partiallyAccepted(refusals.sorted { $0.item < $1.item })
    }
}
