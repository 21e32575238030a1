import LocalInsights
import Testing

@Suite struct TrackBodyTests {
    private let good = Items.item()
    private let bad = Items.item(envelope: ["time": "1"])

    @Test func `an array, one object and lines hold the same items`() {
        #expect(TrackBody("[\(self.good),\(self.good)]").reply.itemsAccepted == 2)
        #expect(TrackBody(self.good).reply.itemsAccepted == 1)
        #expect(TrackBody("\(self.good)\n\(self.good)").reply.itemsAccepted == 2)
        #expect(TrackBody("\n\(self.good)\r\n\r\n \(self.good)\n\n").reply.itemsAccepted == 2)
        #expect(TrackBody("\u{FEFF}[\(self.good)]").reply.itemsAccepted == 1)
    }

    @Test func `an object may take many lines`() {
        let pretty = self.good.replacing(",", with: ",\n  ")
        #expect(TrackBody(pretty).reply.itemsReceived == 1)
        #expect(TrackBody(pretty).reply.status == 200)
    }

    @Test func `some bad items make a 206 that names them`() {
        let reply = TrackBody("[\(self.good),\(self.bad),1,\(self.good),null]").reply
        #expect(reply.status == 206)
        #expect(reply.itemsReceived == 5)
        #expect(reply.itemsAccepted == 2)
        #expect(reply.errors.map(\.index) == [1, 2, 4])
        #expect(TrackBody("[\(self.good),\(self.bad),1,\(self.good),null]").batch.count == 2)
    }

    @Test func `a broken line is one bad item`() {
        let reply = TrackBody("\(self.good)\n{\"broken\n\(self.good)\nhello\n\(self.good) {}").reply
        #expect(reply.status == 206)
        #expect(reply.itemsReceived == 5)
        #expect(reply.errors.map(\.index) == [1, 3, 4])
    }

    @Test(arguments: [
        "", "  \n ", "hello", "[", "[}", "]", "\u{0}", "{]".replacing("{", with: "("),
    ])
    func `what is not JSON at all holds no items`(text: String) {
        let reply = TrackBody(text).reply
        #expect(reply.status == 400)
        #expect(reply.itemsReceived == 0)
        #expect(reply.itemsAccepted == 0)
        #expect(reply.errors.count == 1)
    }

    @Test func `an array that is broken anywhere is refused as a whole`() {
        let body = TrackBody("[\(self.good),{\"a\":}]")
        #expect(body.reply.status == 400)
        #expect(body.reply.itemsReceived == 0)
        #expect(body.batch.count == 0)
    }

    @Test func `an empty array has nothing wrong with it`() {
        #expect(TrackBody("[]").reply.status == 200)
        #expect(
            String(decoding: TrackBody("[]").reply.json, as: UTF8.self)
                == #"{"itemsReceived":0,"itemsAccepted":0,"errors":[]}"#
        )
    }

    @Test func `the reply is JSON whatever the item holds`() throws {
        let reply = TrackBody(
            "[" + Items.item(with: ["properties": #"{"a\"\u0001\ud800":1}"#]) + "]"
        ).reply
        var tape = JSONTape(reply.json)
        #expect(try tape.readValue(at: 0, upTo: reply.json.count).end == reply.json.count)
    }
}
