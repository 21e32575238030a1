/// What a partial acceptance means for the records of a payload.
///
/// A record is exported when all its items were accepted. If one of them is worth another try, the
/// record goes with it; if none is but one was lost, the record is lost.
package struct PartialDelivery: Sendable, Hashable {
    /// The records all of whose items were accepted.
    package private(set) var exportedRecords = 0
    /// The records that are lost, by the reason of their first lost item.
    package private(set) var droppedRecords: [DropReason: Int] = [:]
    /// The items that were accepted, leading items not counted.
    package private(set) var acceptedItems = 0
    /// The items worth another try, ascending, leading items counted.
    package private(set) var retryItems: [Int] = []
    /// How those belong to records.
    package private(set) var retryLayout = RecordLayout()

    /// Works out what a partial acceptance means.
    ///
    /// - Parameter refusals: ascending and unique, as ``DeliveryOutcome`` has them.
    package init(of payload: Payload, refusals: [ItemRefusal]) {
        var refusals = refusals[...].drop { $0.item < payload.leadingItems }
        var item = payload.leadingItems
        for run in payload.layout.runs {
            for _ in 0..<run.records {
                let end = item + run.itemsPerRecord
                let own = refusals.prefix { $0.item < end }
                refusals = refusals.dropFirst(own.count)
                self.add(own, itemsPerRecord: run.itemsPerRecord)
                item = end
            }
        }
    }

    private mutating func add(_ refusals: ArraySlice<ItemRefusal>, itemsPerRecord: Int) {
        self.acceptedItems += itemsPerRecord - refusals.count
        let retries = refusals.filter { $0.verdict == .retry }
        guard retries.isEmpty else {
            self.retryItems += retries.map(\.item)
            self.retryLayout.append(itemsPerRecord: retries.count)
            return
        }
        for refusal in refusals {
            if case .drop(let reason) = refusal.verdict {
                self.droppedRecords[reason, default: 0] += 1
                return
            }
        }
        self.exportedRecords += 1
    }
}

extension Payload {
    /// Whether the payload can be divided: it holds several records, or something beside its one.
    package var isDivisible: Bool {
        self.recordCount > 1 || self.recordCount == 1 && self.leadingItems > 0
    }

    /// The items and layouts of the two halves of the payload; `nil` if it cannot be divided.
    ///
    /// Leading items are in neither; if there is but one record, it is the only half.
    package var halves: [(items: [Int], layout: RecordLayout)]? {
        guard self.isDivisible else { return nil }
        guard self.recordCount > 1 else {
            let end = self.leadingItems + self.itemCount
            return [(items: Array(self.leadingItems..<end), layout: self.layout)]
        }
        let firstHalf = self.recordCount / 2
        var halves = [
            (items: [Int](), layout: RecordLayout()), (items: [], layout: RecordLayout()),
        ]
        var item = self.leadingItems
        var record = 0
        for run in self.layout.runs {
            for _ in 0..<run.records {
                let half = record < firstHalf ? 0 : 1
                halves[half].items += item..<(item + run.itemsPerRecord)
                halves[half].layout.append(itemsPerRecord: run.itemsPerRecord)
                item += run.itemsPerRecord
                record += 1
            }
        }
        return halves
    }
}
