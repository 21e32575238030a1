import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing

struct PartialDeliveryTests {
    /// One leading item; records of 1, 1, 3 and 2 items at 1, 2, 3–5 and 6–7.
    private let payload = Payload(
        signal: .traces,
        body: [],
        mediaType: "application/json",
        isCompressed: false,
        layout: RecordLayout(runs: [
            .init(itemsPerRecord: 1, records: 2), .init(itemsPerRecord: 3, records: 1),
            .init(itemsPerRecord: 2, records: 1),
        ]),
        leadingItems: 1
    )

    private func partial(_ refusals: [(Int, ItemRefusal.Verdict)]) -> PartialDelivery {
        PartialDelivery(
            of: self.payload,
            refusals: refusals.map { ItemRefusal(item: $0.0, verdict: $0.1) }
        )
    }

    @Test func withoutRefusalsAllIsExported() {
        let partial = self.partial([])
        #expect(partial.exportedRecords == 4)
        #expect(partial.acceptedItems == 7)
        #expect(partial.droppedRecords.isEmpty)
        #expect(partial.retryItems.isEmpty)
    }

    @Test func recordIsLostWithAnyOfItsItems() {
        let partial = self.partial([(1, .drop(.rejected)), (4, .drop(.tooLarge))])
        #expect(partial.exportedRecords == 2)
        #expect(partial.acceptedItems == 5)
        #expect(partial.droppedRecords == [.rejected: 1, .tooLarge: 1])
    }

    @Test func recordGoesWithTheItemThatIsTriedAgain() {
        let partial = self.partial([(3, .drop(.rejected)), (5, .retry), (6, .retry), (7, .retry)])
        #expect(partial.exportedRecords == 2)
        #expect(partial.droppedRecords.isEmpty)
        #expect(partial.retryItems == [5, 6, 7])
        #expect(
            partial.retryLayout.runs == [
                .init(itemsPerRecord: 1, records: 1), .init(itemsPerRecord: 2, records: 1),
            ]
        )
    }

    @Test func leadingItemsAreInNoAccount() {
        let partial = self.partial([(0, .drop(.rejected))])
        #expect(partial.exportedRecords == 4)
        #expect(partial.acceptedItems == 7)
    }

    @Test func everyRecordIsSettledOrTriedAgain() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<1_000 {
            let refusals = (0..<8).compactMap { item -> (Int, ItemRefusal.Verdict)? in
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: (item, .retry)
                case 1: (item, .drop(.rejected))
                default: nil
                }
            }
            let partial = self.partial(refusals)
            let dropped = partial.droppedRecords.values.reduce(0, +)
            #expect(
                partial.exportedRecords + dropped + partial.retryLayout.recordCount
                    == self.payload.recordCount
            )
            #expect(partial.retryItems.count == partial.retryLayout.itemCount)
        }
    }

    @Test func halvesHoldEveryRecordOnce() throws {
        let halves = try #require(self.payload.halves)
        #expect(halves.map(\.items) == [[1, 2], [3, 4, 5, 6, 7]])
        #expect(halves.map(\.layout.recordCount) == [2, 2])
        #expect(halves.map(\.layout.itemCount) == [2, 5])
    }

    @Test func oneRecordHasNoHalves() {
        var payload = self.payload
        payload.layout = RecordLayout(runs: [.init(itemsPerRecord: 9, records: 1)])
        payload.leadingItems = 0
        #expect(payload.halves == nil)
        #expect(!payload.isDivisible)
    }

    @Test func oneRecordIsSeparatedFromWhatLeadsIt() throws {
        var payload = self.payload
        payload.layout = RecordLayout(runs: [.init(itemsPerRecord: 2, records: 1)])
        payload.leadingItems = 1
        let halves = try #require(payload.halves)
        #expect(halves.map(\.items) == [[1, 2]])
        #expect(halves.map(\.layout) == [payload.layout])
    }
}
