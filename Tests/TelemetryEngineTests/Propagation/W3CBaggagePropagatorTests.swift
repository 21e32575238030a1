import Instrumentation
import TelemetryModel
import Testing
import Tracing

@testable import TelemetryEngine

@Suite("W3C Baggage")
struct W3CBaggagePropagatorTests {
    private func names(_ header: String) -> [String: String] {
        let baggage = W3CBaggagePropagator.parse(header)
        return Dictionary(uniqueKeysWithValues: baggage.names.map { ($0, baggage[$0] ?? "") })
    }

    @Test(
        "Members are read",
        arguments: [
            ("a=1", ["a": "1"]), ("a=1,b=2", ["a": "1", "b": "2"]),
            (" a = 1 ,\tb\t=\t2 ", ["a": "1", "b": "2"]), ("a=", ["a": ""]),
            ("a=1=2", ["a": "1=2"]), ("a=1,a=2", ["a": "2"]), ("A=1,a=2", ["A": "1", "a": "2"]),
            ("a=%20x%2C%3B%25", ["a": " x,;%"]), ("a=%C3%A4%c3%b6", ["a": "äö"]),
            ("a=%F0%9F%98%80", ["a": "😀"]), ("a=%FF", ["a": "\u{FFFD}"]),
            ("a=100%", ["a": "100%"]), ("a=%zz%4", ["a": "%zz%4"]), ("a=%+1", ["a": "%+1"]),
            ("a=1;p;q=2", ["a": "1"]), ("!#$%&'*+-.^_`|~=1", ["!#$%&'*+-.^_`|~": "1"]),
        ]
    )
    func reading(_ header: String, expected: [String: String]) {
        #expect(self.names(header) == expected)
    }

    @Test(
        "Malformed members are left out, the others kept",
        arguments: [
            "a", "=1", "ä=1", "a b=1", "a=x y", "a=\"quoted\"", "a=back\\slash", "a=ü", "a=\u{7F}",
            "a=\u{0}", "a=1;\u{0}", "a=1;ü", "", " ", ";p=1", "(a)=1",
        ]
    )
    func malformedMembers(_ member: String) {
        #expect(self.names("x=1,\(member),y=2") == ["x": "1", "y": "2"])
    }

    @Test("No text harms", arguments: hostileTexts)
    func hostileHeaders(_ header: String) {
        let baggage = W3CBaggagePropagator.parse(header)
        #expect(baggage.count <= 64)
        var context = ServiceContext.topLevel
        context.baggage = ["kept": "1"]
        W3CBaggagePropagator().extract(
            ["baggage": header],
            into: &context,
            using: HeaderAccess()
        )
        #expect(context.baggage?["kept"] == (baggage.isEmpty ? "1" : nil))
    }

    @Test(
        "Any value travels there and back",
        arguments: hostileTexts.filter { $0.utf8.count < 1_000 }
    )
    func roundTrip(_ value: String) {
        let baggage: Baggage = ["name": value]
        let header = W3CBaggagePropagator.format(baggage) ?? ""
        #expect(header.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") })
        #expect(W3CBaggagePropagator.parse(header) == baggage)
    }

    @Test("Names and metadata that cannot travel do not break the header")
    func unsendable() {
        var baggage: Baggage = ["bad name": "1", "ü": "2", "": "3", "a,b": "4", "good": "5"]
        baggage[entry: "smuggler"] = .init(value: "6", metadata: "p=1,evil=1")
        baggage[entry: "liner"] = .init(value: "7", metadata: "p\r\nq")
        baggage[entry: "proper"] = .init(value: "8", metadata: " ttl=60; internal ")
        #expect(
            W3CBaggagePropagator.format(baggage)
                == "good=5,smuggler=6,liner=7,proper=8;ttl=60; internal"
        )
    }

    @Test("Metadata is kept")
    func metadata() {
        let baggage = W3CBaggagePropagator.parse("a=1 ; ttl=60;internal ,b=2")
        #expect(baggage[entry: "a"] == .init(value: "1", metadata: "ttl=60;internal"))
        #expect(W3CBaggagePropagator.format(baggage) == "a=1;ttl=60;internal,b=2")
    }

    @Test("At most 64 members and 8,192 bytes are read and sent")
    func limits() {
        let many = (1...100).map { "k\($0)=v" }.joined(separator: ",")
        let read = W3CBaggagePropagator.parse(many)
        #expect(read.names == (1...64).map { "k\($0)" })

        let long = (1...10).map { "k\($0)=\(String(repeating: "v", count: 996))" }
        #expect(W3CBaggagePropagator.parse(long.joined(separator: ",")).count == 8)

        var baggage = Baggage()
        for index in 1...100 { baggage["k\(index)"] = "v" }
        let header = W3CBaggagePropagator.format(baggage) ?? ""
        #expect(header.split(separator: ",").count == 64)
        baggage = ["huge": String(repeating: "ü", count: 2_000), "small": "1"]
        #expect(W3CBaggagePropagator.format(baggage) == "small=1")
        baggage = ["exact": String(repeating: "v", count: 8_186)]
        #expect(W3CBaggagePropagator.format(baggage)?.utf8.count == 8_192)
    }

    @Test("Baggage is a value in the context, which spans leave alone")
    func baggageInContexts() {
        var context = ServiceContext.topLevel
        #expect(context.baggage == nil)
        context.baggage = [:]
        #expect(context.baggage == nil && context.isEmpty)
        context.baggage = ["a": "1"]
        context.baggage?["b"] = "2"
        context.baggage?["a"] = nil
        let span = TracingHarness().tracer.startSpan("operation", context: context)
        #expect(span.context.baggage == ["b": "2"])
        #expect(span.context.baggage?.names == ["b"])
    }
}
