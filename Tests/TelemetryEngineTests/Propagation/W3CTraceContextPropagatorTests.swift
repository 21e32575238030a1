import Instrumentation
import TelemetryModel
import Testing
import Tracing

@testable import TelemetryEngine

/// Headers of a message, with names of either case, as HTTP has them.
struct HeaderAccess: Extractor, Injector {
    func extract(key: String, from carrier: [String: String]) -> String? {
        carrier.first { $0.key.lowercased() == key }?.value
    }

    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
        carrier[key] = value
    }
}

/// Text that nobody should send.
let hostileTexts: [String] = [
    "", " ", "\t", ",", ",,,,", "=", "=,=", ";", "-", "---", "%", "%%%", "%zz", "\0",
    "\u{1}\u{2}\u{3}", "\r\nX-Evil: 1", "\u{FEFF}", "é=é", "😀=😀", "a=😀,b=1",
    String(decoding: [0xFF, 0xFE, 0x80, 0x3D, 0xC0], as: UTF8.self),
    String(decoding: [0x61, 0x3D, 0xED, 0xA0, 0x80], as: UTF8.self),
    String(repeating: "a", count: 1 << 20), String(repeating: ",", count: 1 << 20),
    String(repeating: "a=b,", count: 1 << 18), String(repeating: "\u{301}", count: 1 << 16),
    "00-" + String(repeating: "0", count: 1 << 20), "a=" + String(repeating: "%F0", count: 1 << 16),
]

@Suite("W3C Trace Context")
struct W3CTraceContextPropagatorTests {
    static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    static let spanID = "00f067aa0ba902b7"
    static let parent = "00-\(traceID)-\(spanID)-01"

    private let propagator = W3CTraceContextPropagator()

    private func extract(_ headers: [String: String]) -> SpanContext? {
        var context = ServiceContext.topLevel
        self.propagator.extract(headers, into: &context, using: HeaderAccess())
        return context.spanContext
    }

    private func inject(_ span: SpanContext) -> [String: String] {
        var context = ServiceContext.topLevel
        context.setRemoteParent(span)
        var headers: [String: String] = [:]
        self.propagator.inject(context, into: &headers, using: HeaderAccess())
        return headers
    }

    @Test(
        "A well-formed traceparent is read",
        arguments: [
            (parent, 0x01), ("00-\(traceID)-\(spanID)-00", 0x00),
            ("00-\(traceID)-\(spanID)-02", 0x02), ("00-\(traceID)-\(spanID)-03", 0x03),
            ("00-\(traceID)-\(spanID)-ff", 0x03), ("00-\(traceID)-\(spanID)-09", 0x01),
            (" \t\(parent)\t ", 0x01),
            ("01-\(traceID)-\(spanID)-01", 0x01), ("01-\(traceID)-\(spanID)-01-", 0x01),
            ("cc-\(traceID)-\(spanID)-01-what-the-future-brings", 0x01),
            ("fe-\(traceID)-\(spanID)-01-\u{7F}", 0x01),
        ]
    )
    func reading(_ header: String, flags: Int) throws {
        let context = try #require(self.extract(["traceparent": header]))
        #expect(context.traceID.description == Self.traceID)
        #expect(context.spanID.description == Self.spanID)
        #expect(context.traceFlags.rawValue == UInt8(flags))
        #expect(context.isRemote)
    }

    @Test(
        "A malformed traceparent is ignored, and its tracestate too",
        arguments: [
            "ff-\(traceID)-\(spanID)-01", "\(parent)-", "\(parent)-more", "\(parent)x",
            "01-\(traceID)-\(spanID)-01x", "01-\(traceID)-\(spanID)-01.x",
            "0-\(traceID)-\(spanID)-01", "000-\(traceID)-\(spanID)-01",
            "0x-\(traceID)-\(spanID)-01", "CC-\(traceID)-\(spanID)-01",
            "00-\(traceID.uppercased())-\(spanID)-01", "00-\(traceID)-\(spanID.uppercased())-01",
            "00-\(traceID)-\(spanID)-0A", "00-\(traceID)-\(spanID)-1", "00-\(traceID)-\(spanID)-",
            "00-\(traceID)-\(spanID)", "00-\(traceID)--01", "00_\(traceID)_\(spanID)_01",
            "00-00000000000000000000000000000000-\(spanID)-01",
            "00-\(traceID)-0000000000000000-01", "00-\(traceID.dropLast())-\(spanID)-01",
            "00-\(traceID.dropLast())g-\(spanID)-01", "00-\(traceID)-\(spanID.dropLast())-01",
            "00 -\(traceID)-\(spanID)-01", "\(parent),\(parent)", "٠٠-\(traceID)-\(spanID)-01",
            "00-\(traceID)-+0f067aa0ba902b7-01", "\u{0}\(parent)",
        ] + hostileTexts
    )
    func malformedParent(_ header: String) {
        #expect(self.extract(["traceparent": header, "tracestate": "a=1"]) == nil)
        var context = ServiceContext.topLevel
        context.setRemoteParent(
            SpanContext(traceID: TraceID(high: 0, low: 1), spanID: SpanID(rawValue: 2))
        )
        let before = context.spanContext
        self.propagator.extract(["traceparent": header], into: &context, using: HeaderAccess())
        #expect(context.spanContext == before)
    }

    @Test(
        "A well-formed tracestate is kept in its order",
        arguments: [
            ("rojo=00f067,congo=t61", ["rojo", "congo"]), (" a=1 ,\tb=2\t", ["a", "b"]),
            ("a=1,,b=2,", ["a", "b"]), ("", []), (",", []),
            ("tenant@system=1,1st=2,a_-*/@=3", ["tenant@system", "1st", "a_-*/@"]),
            ("a= inner  space", ["a"]), ("a=!~:;<>?", ["a"]),
            ("\(String(repeating: "k", count: 256))=1", [String(repeating: "k", count: 256)]),
            ("a=\(String(repeating: "v", count: 256))", ["a"]),
            ((1...32).map { "k\($0)=v" }.joined(separator: ","), (1...32).map { "k\($0)" }),
        ]
    )
    func readingState(_ header: String, keys: [String]) throws {
        let context = try #require(
            self.extract(["traceparent": Self.parent, "tracestate": header])
        )
        #expect(context.traceState.entries.map(\.key) == keys)
    }

    @Test(
        "A malformed tracestate is discarded, the traceparent kept",
        arguments: [
            "a", "a=1,b", "=1", "a=", "a=1,a=2", "A=1", "a b=1", "a=1=2", "a=ü", "ä=1",
            "a=\u{7F}", "a=\u{0}", "a=1\nb=2", "-a=1", "@a=1", "a=1;b=2,c", "a =1",
            "\(String(repeating: "k", count: 257))=1", "a=\(String(repeating: "v", count: 257))",
            (1...33).map { "k\($0)=v" }.joined(separator: ","),
        ] + hostileTexts.filter { !$0.allSatisfy { ", \t".contains($0) } }
    )
    func malformedState(_ header: String) throws {
        let context = try #require(
            self.extract(["traceparent": Self.parent, "tracestate": header])
        )
        #expect(context.traceState.isEmpty)
        #expect(context.spanID.description == Self.spanID)
    }

    @Test("What was read is written again, but for what version 00 does not know")
    func roundTrip() throws {
        let headers = [
            "Traceparent": "00-\(Self.traceID)-\(Self.spanID)-ff", "TraceState": "a=1,b=2",
        ]
        let context = try #require(self.extract(headers))
        #expect(
            self.inject(context)
                == [
                    "traceparent": "00-\(Self.traceID)-\(Self.spanID)-03", "tracestate": "a=1,b=2",
                ]
        )
    }

    @Test("Without a span nothing is written")
    func nothingToWrite() {
        var headers: [String: String] = [:]
        self.propagator.inject(.topLevel, into: &headers, using: HeaderAccess())
        #expect(headers.isEmpty)
    }

    @Test("Of a long tracestate large members go first, then the last ones")
    func longState() {
        let large = TraceState.Entry(key: "large", value: String(repeating: "x", count: 200))
        let small = (0..<20).map {
            TraceState.Entry(key: "k\($0 + 10)", value: String(repeating: "y", count: 20))
        }
        let fits = W3CTraceContextPropagator.format(TraceState([large] + small.prefix(5)))
        #expect(fits?.hasPrefix("large=") == true)
        let header = W3CTraceContextPropagator.format(TraceState([large] + small)) ?? ""
        #expect(header.utf8.count <= 512)
        #expect(header.hasPrefix("k10=") && !header.contains("large"))
        // 24 characters a member, and a comma.
        #expect(header.split(separator: ",").count == 20)
        let more = (0..<30).map {
            TraceState.Entry(key: "k\($0 + 10)", value: String(repeating: "y", count: 20))
        }
        let cut = W3CTraceContextPropagator.format(TraceState(more)) ?? ""
        #expect(cut.utf8.count <= 512)
        #expect(cut.split(separator: ",").count == 20)
    }

    @Test("A state that a program made up cannot break the header", arguments: hostileTexts)
    func madeUpState(text: String) {
        let state = TraceState([
            .init(key: text, value: "1"), .init(key: "a", value: text), .init(key: "b", value: "2"),
        ])
        let header = W3CTraceContextPropagator.format(state) ?? ""
        #expect(header.hasSuffix("b=2"))
        #expect(W3CTraceContextPropagator.parseState(header)?["b"] == "2")
    }

    @Test(
        "A child of a remote span continues its trace, state and sampling",
        arguments: [0, 1, 2, 3]
    )
    func remoteParent(flags: Int) async throws {
        let harness = TracingHarness()
        var context = ServiceContext.topLevel
        context.baggage = ["user": "me"]
        harness.tracer.extract(
            ["traceparent": "00-\(Self.traceID)-\(Self.spanID)-0\(flags)", "tracestate": "a=1"],
            into: &context,
            using: HeaderAccess()
        )
        let span = harness.tracer.startSpan("GET", context: context, ofKind: .server)
        #expect(span.isRecording == (flags & 1 == 1))
        #expect(span.context.baggage == ["user": "me"])
        var headers: [String: String] = [:]
        harness.tracer.inject(span.context, into: &headers, using: HeaderAccess())
        let own = span.spanContext.spanID
        #expect(own.description != Self.spanID)
        #expect(
            headers == [
                "traceparent": "00-\(Self.traceID)-\(own)-0\(flags)", "tracestate": "a=1",
                "baggage": "user=me",
            ]
        )
        span.end()
        if flags & 1 == 1 {
            let ended = try await harness.endedSpans().only
            #expect(ended.hasRemoteParent)
            #expect(ended.parentSpanID?.description == Self.spanID)
            #expect(!ended.context.isRemote)
            #expect(span.recording?.localRoot === span.recording)
            #expect(ended.localRoot == nil)
        } else {
            #expect(harness.deliveredCount == 0)
        }
    }
}
