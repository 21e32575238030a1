import TelemetryEngine
import TelemetryModel
import TelemetryTransport
import Testing

@testable import AzureMonitorExporter

@Suite struct PayloadBodyTests {
    private func payload(_ text: String, isCompressed: Bool = true, leading: Int = 0) -> Payload {
        let bytes = Array(text.utf8)
        return Payload(
            signal: .logs,
            body: isCompressed ? Gzip.compress(bytes) : bytes,
            mediaType: "application/json",
            isCompressed: isCompressed,
            layout: RecordLayout(records: max(1, text.split(separator: "\n").count - leading)),
            leadingItems: leading
        )
    }

    private func text(_ payload: Payload?) throws -> String {
        let payload = try #require(payload)
        let bytes =
            payload.isCompressed
            ? try Gzip.decompress(payload.body, maximumSize: 1 << 20) : payload.body
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ([0, 2], "[{\"a\":1},\n{\"c\":\"\\n\"}]"), ([1], "[{\"b\":[2]}]"),
        ([0, 1, 2], "[{\"a\":1},\n{\"b\":[2]},\n{\"c\":\"\\n\"}]"), ([], "[]"),
    ])
    func theChosenItemsAreKeptAsTheyWere(items: [Int], expected: String) throws {
        for isCompressed in [true, false] {
            let whole = self.payload(
                "[{\"a\":1},\n{\"b\":[2]},\n{\"c\":\"\\n\"}]",
                isCompressed: isCompressed
            )
            let layout = RecordLayout(records: items.count)
            let part = PayloadBody.payload(of: whole, keeping: items, layout: layout)
            #expect(try self.text(part) == expected)
            #expect(part?.isCompressed == isCompressed)
            #expect(part?.layout == layout)
            #expect(part?.signal == .logs)
        }
    }

    @Test func leadingItemsAreCountedApart() throws {
        let whole = self.payload("[{},\n{\"a\":1},\n{\"b\":2}]", leading: 1)
        let both = PayloadBody.payload(
            of: whole,
            keeping: [0, 2],
            layout: RecordLayout(records: 1)
        )
        #expect(both?.leadingItems == 1)
        let one = PayloadBody.payload(of: whole, keeping: [2], layout: RecordLayout(records: 1))
        #expect(one?.leadingItems == 0)
        #expect(try self.text(one) == "[{\"b\":2}]")
    }

    @Test func whatDoesNotFitIsRefused() {
        let whole = self.payload("[{},\n{}]")
        let one = RecordLayout(records: 1)
        #expect(PayloadBody.payload(of: whole, keeping: [2], layout: one) == nil)
        #expect(PayloadBody.payload(of: whole, keeping: [-1], layout: one) == nil)
        #expect(PayloadBody.payload(of: whole, keeping: [0, 1], layout: one) == nil)
    }

    @Test(arguments: ["", "[", "]", "{}", "[{}\n{}]", "[{},\n", "[\n]", "[,\n]", "[{},\n\n{}]"])
    func aBodyThatIsNoneIsRefused(text: String) {
        let payload = self.payload(text, isCompressed: false)
        #expect(
            PayloadBody.payload(of: payload, keeping: [1], layout: RecordLayout(records: 1)) == nil
        )
    }

    @Test func aDamagedBodyIsRefused() {
        var payload = self.payload("[{},\n{}]")
        payload.body.removeLast(4)
        #expect(
            PayloadBody.payload(of: payload, keeping: [0], layout: RecordLayout(records: 1)) == nil
        )
        payload.body = Array("[{}]".utf8)
        #expect(
            PayloadBody.payload(of: payload, keeping: [0], layout: RecordLayout(records: 1)) == nil
        )
    }

    @Test func aRefusalOfAnOversizeItemIsCalledSo() {
        let large = "[{\"a\":\"\(String(repeating: "x", count: 70_000))\"}]"
        let refused = DeliveryOutcome.refused(.rejected, explanation: "e")
        guard
            case .refused(.tooLarge, _) = PayloadBody.namingOversize(
                refused,
                of: self.payload(large)
            ),
            case .refused(.rejected, _) = PayloadBody.namingOversize(
                refused,
                of: self.payload("[{}]")
            )
        else {
            Issue.record("wrong reason")
            return
        }
        let partial = DeliveryOutcome.partiallyAccepted([
            ItemRefusal(item: 0, verdict: .drop(.rejected))
        ])
        #expect(
            PayloadBody.namingOversize(partial, of: self.payload(large))
                == .partiallyAccepted([ItemRefusal(item: 0, verdict: .drop(.tooLarge))])
        )
        #expect(PayloadBody.namingOversize(partial, of: self.payload("[{}]")) == partial)
        #expect(PayloadBody.namingOversize(.accepted, of: self.payload(large)) == .accepted)
    }
}
