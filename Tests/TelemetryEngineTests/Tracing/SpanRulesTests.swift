import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

@testable import TelemetryEngine

@Suite("Limits of a span")
struct SpanLimitsTests {
    @Test("The defaults are OpenTelemetry's")
    func defaults() {
        let limits = SpanLimits()
        #expect(limits.attributes == 128)
        #expect(limits.events == 128)
        #expect(limits.links == 128)
        #expect(limits.attributesPerEvent == 128)
        #expect(limits.attributesPerLink == 128)
        #expect(limits.attributeValueLength == nil)
    }

    @Test("The first attributes stay, and can still be changed at the limit")
    func attributeLimit() async throws {
        let span = try await TracingHarness().span { span in
            for index in 0..<200 {
                span.attributes["key\(index)"] = index
            }
            span.attributes["key0"] = "changed"
        }
        #expect(span.attributes.count == 128)
        #expect(span.droppedAttributesCount == 72)
        #expect(span.attributes["key0"] == "changed")
        #expect(span.attributes["key127"] == 127)
        #expect(span.attributes["key128"] == nil)
    }

    @Test("Room made by removing an attribute can be used")
    func removingAtTheLimit() async throws {
        let span = try await TracingHarness(limits: SpanLimits(attributes: 2)).span { span in
            span.attributes = ["a": 1, "b": 2]
            span.attributes["c"] = 3
            span.attributes["a"] = nil
            span.attributes["d"] = 4
        }
        #expect(span.attributes.count == 2)
        #expect(span.attributes["b"] == 2)
        #expect(span.attributes["d"] == 4)
        #expect(span.droppedAttributesCount == 1)
    }

    @Test("Replacing at the limit keeps what was there, then the smallest keys")
    func assigningBeyondTheLimit() async throws {
        let span = try await TracingHarness(limits: SpanLimits(attributes: 3)).span { span in
            span.attributes = ["z": 1]
            span.updateAttributes {
                for key in ["d", "c", "b", "a"] { $0[key] = 2 }
            }
        }
        #expect(Set(span.attributes.map(\.key)) == ["z", "a", "b"])
        #expect(span.droppedAttributesCount == 2)
    }

    @Test("A limit of zero or less keeps nothing")
    func limitOfZero() async throws {
        var limits = SpanLimits(attributes: -1)
        limits.events = 0
        limits.links = -5
        let span = try await TracingHarness(limits: limits).span { span in
            span.attributes["a"] = 1
            span.addEvent("event")
            span.addLink(SpanLink(context: span.context, attributes: [:]))
        }
        #expect(span.attributes.isEmpty)
        #expect(span.droppedAttributesCount == 1)
        #expect(span.events.isEmpty)
        #expect(span.droppedEventsCount == 1)
        #expect(span.links.isEmpty)
        #expect(span.droppedLinksCount == 1)
    }

    @Test("The first events and links stay, in their order")
    func eventAndLinkLimits() async throws {
        let harness = TracingHarness()
        let targets = (0..<200).map { _ in harness.tracer.startSpan("target", context: .topLevel) }
        let span = try await harness.span { span in
            for index in 0..<200 {
                span.addEvent(SpanEvent(name: "event \(index)"))
                span.addLink(SpanLink(context: targets[index].context, attributes: ["n": .int(1)]))
            }
        }
        #expect(span.events.map(\.name) == (0..<128).map { "event \($0)" })
        #expect(span.droppedEventsCount == 72)
        #expect(span.links.map(\.context) == targets.prefix(128).map(\.spanContext))
        #expect(span.links.allSatisfy { $0.attributes == ["n": 1] })
        #expect(span.droppedLinksCount == 72)
    }

    @Test("Events and links have attribute limits of their own")
    func nestedLimits() async throws {
        var limits = SpanLimits()
        limits.attributesPerEvent = 1
        limits.attributesPerLink = 2
        let many: SpanAttributes = ["a": 1, "b": 2, "c": 3]
        let span = try await TracingHarness(limits: limits).span { span in
            span.addEvent(SpanEvent(name: "event", attributes: many))
            span.addLink(SpanLink(context: span.context, attributes: many))
        }
        #expect(span.events[0].attributes == ["a": 1])
        #expect(span.events[0].droppedAttributesCount == 2)
        #expect(span.links[0].attributes.count == 2)
        #expect(span.links[0].droppedAttributesCount == 1)
    }

    @Test("Texts are cut by Unicode scalars, in arrays and events as well")
    func valueLength() async throws {
        var limits = SpanLimits()
        limits.attributeValueLength = 3
        let span = try await TracingHarness(limits: limits).span { span in
            span.attributes["short"] = "äöü"
            span.attributes["long"] = "äöüß"
            span.attributes["emoji"] = "👩‍👩‍👧 family"
            span.attributes["texts"] = ["abcdef", "ab"]
            span.attributes["number"] = 123_456
            span.attributes.set("described", value: .stringConvertible(OutOfPaperError()))
            span.recordError(OutOfPaperError())
        }
        #expect(span.attributes["short"] == "äöü")
        #expect(span.attributes["long"] == "äöü")
        #expect(span.attributes["emoji"] == "👩\u{200D}👩")
        #expect(span.attributes["texts"] == ["abc", "ab"])
        #expect(span.attributes["number"] == 123_456)
        #expect(span.attributes["described"] == "The")
        #expect(span.events[0].attributes["exception.message"] == "The")
        #expect(span.droppedAttributesCount == 0)
    }

    @Test("A link to no span is ignored, one to a span of another process is kept")
    func linkTargets() async throws {
        var remote = ServiceContext.topLevel
        let target = SpanContext(
            traceID: TraceID(high: 1, low: 2),
            spanID: SpanID(rawValue: 3),
            traceFlags: .sampled
        )
        remote.setRemoteParent(target)
        let span = try await TracingHarness().span { span in
            span.addLink(SpanLink(context: .topLevel, attributes: [:]))
            span.addLink(SpanLink(context: remote, attributes: [:]))
        }
        let link = try span.links.only
        #expect(link.context.spanID == target.spanID)
        #expect(link.context.isRemote)
    }
}

@Suite("Status of a span")
struct SpanStatusTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var set: [SpanStatus]
        var expected: EndedSpan.Status
        var testDescription: String { "\(self.set.map { "\($0.code) \($0.message ?? "")" })" }
    }

    static let ok = SpanStatus(code: .ok)
    static func error(_ message: String?) -> SpanStatus {
        SpanStatus(code: .error, message: message)
    }

    static let cases: [Case] = [
        Case(set: [], expected: .unset),
        Case(set: [ok], expected: .ok),
        Case(set: [SpanStatus(code: .ok, message: "why")], expected: .ok),
        Case(set: [error(nil)], expected: .error(message: "")),
        Case(set: [error("a")], expected: .error(message: "a")),
        Case(set: [error("a"), error("b")], expected: .error(message: "b")),
        Case(set: [error("a"), error(nil)], expected: .error(message: "a")),
        Case(set: [error("a"), ok], expected: .ok),
        Case(set: [ok, error("a")], expected: .ok),
        Case(set: [error("a"), ok, error("b")], expected: .ok),
    ]

    @Test("The status follows OpenTelemetry's rules", arguments: cases)
    func rules(of example: Case) {
        var state = SpanRecording.State(name: "operation")
        for status in example.set {
            state.setStatus(status)
        }
        #expect((state.rare?.status ?? .unset) == example.expected)
    }
}

@Suite("The end of a span")
struct SpanEndTests {
    @Test("Nothing changes a span after its end, and a second end is counted")
    func nothingChangesAfterTheEnd() async throws {
        let harness = TracingHarness()
        let span = harness.tracer.startSpan("operation", context: .topLevel)
        #expect(span.isRecording)
        span.end()
        harness.time.advance(by: .seconds(1))
        span.operationName = "late"
        span.attributes["late"] = true
        span.addEvent("late")
        span.addLink(SpanLink(context: span.context, attributes: [:]))
        span.recordError(OutOfPaperError())
        span.setStatus(SpanStatus(code: .error))
        span.end()
        span.end()
        #expect(!span.isRecording)
        #expect(span.operationName == "operation")
        let ended = try await harness.endedSpans().only
        #expect(ended.name == "operation")
        #expect(ended.attributes.isEmpty && ended.events.isEmpty && ended.links.isEmpty)
        #expect(ended.status == .unset)
        #expect(ended.startTime == ended.endTime)
        #expect(harness.counters.values.endedTwice == 2)
    }

    @Test("Without anything rare, nothing is allocated for it")
    func rareStateIsLazy() {
        var state = SpanRecording.State(name: "operation")
        var access = state.beginAccess(limit: 128)
        access.attributes["a"] = 1
        #expect(state.finishAccess(&access, dropped: 0) == .none)
        #expect(state.end(at: 5) == .deliver)
        #expect(state.end(at: 6) == .countSecondEnd)
        #expect(state.endTime == 5)
        #expect(state.rare == nil)
    }

    @Test("What a span is charged for grows with what it holds")
    func charge() {
        let harness = TracingHarness()
        let span = harness.tracer.startSpan("operation", context: .topLevel)
        let recording = span.recording
        let empty = (recording?.estimatedCharge ?? .max, recording?.measuredCharge() ?? .max)
        span.attributes["text"] = String(repeating: "x", count: 10_000)
        span.addEvent(SpanEvent(name: "event", attributes: ["texts": .stringArray(["abc"])]))
        span.end()
        #expect((recording?.estimatedCharge ?? 0) > empty.0)
        #expect((recording?.measuredCharge() ?? 0) > empty.1 + 10_000)
    }

    // MARK: Times

    @Test("A stepped wall clock does not change a duration", arguments: [-3_600.0, 3_600.0])
    func steppedClock(seconds: Double) async throws {
        let harness = TracingHarness()
        let start = harness.time.wall
        let span = harness.tracer.startSpan("operation", context: .topLevel)
        harness.time.advance(by: .seconds(2))
        let stepped = Double(harness.time.wall.nanosecondsSinceEpoch) / 1e9 + seconds
        harness.time.wall = Timestamp(nanosecondsSinceEpoch: UInt64(stepped * 1e9))
        span.addEvent(SpanEvent(name: "now", at: DefaultTracerClock.Timestamp.seconds(stepped)))
        span.end(at: DefaultTracerClock.Timestamp.seconds(stepped))
        let ended = try await harness.endedSpans().only
        #expect(ended.startTime == start)
        let end = start.nanosecondsSinceEpoch + 2_000_000_000
        #expect(ended.endTime.nanosecondsSinceEpoch == end)
        #expect(ended.events[0].time.nanosecondsSinceEpoch == end)
    }

    @Test("Chosen instants stay, and a duration counts from a chosen start")
    func chosenInstants() async throws {
        let harness = TracingHarness()
        let now = Double(harness.time.wall.nanosecondsSinceEpoch) / 1e9
        let early = harness.tracer.startSpan(
            "early start",
            context: .topLevel,
            at: DefaultTracerClock.Timestamp.seconds(now - 5)
        )
        let chosen = harness.tracer.startSpan("chosen end", context: .topLevel)
        harness.time.advance(by: .seconds(10))
        early.addEvent(
            SpanEvent(name: "past", at: DefaultTracerClock.Timestamp.seconds(now - 4))
        )
        early.end()
        chosen.end(at: DefaultTracerClock.Timestamp.seconds(now + 3))
        let spans = await harness.endedSpans()
        func seconds(_ time: Timestamp) -> Double {
            (Double(time.nanosecondsSinceEpoch) / 1e9 - now).rounded()
        }
        #expect(seconds(spans[0].startTime) == -5)
        #expect(seconds(spans[0].events[0].time) == -4)
        #expect(seconds(spans[0].endTime) == 10)
        #expect(seconds(spans[1].endTime) == 3)
    }

    @Test("No span ends before it starts")
    func endBeforeTheStart() async throws {
        let harness = TracingHarness()
        let now = Double(harness.time.wall.nanosecondsSinceEpoch) / 1e9
        let spans = (0..<3).map { _ in harness.tracer.startSpan("operation", context: .topLevel) }
        let future = harness.tracer.startSpan(
            "future",
            context: .topLevel,
            at: DefaultTracerClock.Timestamp.seconds(now + 60)
        )
        spans[0].end(at: DefaultTracerClock.Timestamp.seconds(now - 5))
        spans[1].end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: 0))
        spans[2].end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: .max))
        future.end()
        for span in await harness.endedSpans() {
            #expect(span.endTime >= span.startTime)
        }
    }

    @Test("By the machine's clocks a span lasts as long as it lasts")
    func systemTime() async throws {
        let channel = RecordChannel<SpanRecording>(configuration: ChannelConfiguration())
        let tracer = TelemetryTracer(channel: channel)
        let before = TimeSource.system.wallNow()
        let span = tracer.startSpan("operation", context: .topLevel)
        span.end()
        let after = TimeSource.system.wallNow()
        channel.seal()
        var caches = SpanConversionCaches()
        for await chunk in channel.chunks {
            let ended = try chunk.records.only.makeEndedSpan(using: &caches)
            #expect(ended.startTime >= before)
            #expect(ended.endTime >= ended.startTime)
            #expect(ended.endTime.nanosecondsSinceEpoch <= after.nanosecondsSinceEpoch + 2_000_000)
        }
    }
}

@Suite("Backtraces")
struct BacktraceTests {
    @Test("A recorded error says where it was recorded, if that is asked for")
    func backtrace() async throws {
        let span = try await TracingHarness(recordsBacktraces: true).span { span in
            recordOutOfPaper(in: span)
        }
        let stacktrace = try span.events.only.attributes["exception.stacktrace"]
        #if canImport(Runtime) && os(Linux)
            guard case .string(let text) = stacktrace else {
                Issue.record("No backtrace: \(String(describing: stacktrace))")
                return
            }
            #expect(text.contains("recordOutOfPaper"))
        #else
            #expect(stacktrace == nil)
        #endif
    }

    @Test("A backtrace that the caller brings wins")
    func backtraceOfTheCaller() async throws {
        let span = try await TracingHarness(recordsBacktraces: true).span { span in
            span.recordError(OutOfPaperError(), attributes: ["exception.stacktrace": "mine"])
        }
        #expect(try span.events.only.attributes["exception.stacktrace"] == "mine")
    }
}

@inline(never)
private func recordOutOfPaper(in span: TracedSpan) {
    span.recordError(OutOfPaperError())
}

@Suite("Instrumentation scopes")
struct ScopeCacheTests {
    @Test(
        "A scope is the module of a file",
        arguments: [
            ("Shop/Cart.swift", "Shop"), ("Shop/Sub/Cart.swift", "Shop"), ("Shop", "Shop"),
            ("", ""), ("/Cart.swift", ""),
        ]
    )
    func module(of fileID: String, is name: String) {
        var cache = ScopeCache()
        #expect(cache.scope(forFileID: fileID).name == name)
        #expect(cache.scope(forFileID: fileID).name == name)
    }

    @Test("File names made up at run time do not fill the memory, and are right all the same")
    func manyFiles() {
        var cache = ScopeCache()
        for index in 0..<3_000 {
            #expect(cache.scope(forFileID: "M\(index)/F.swift").name == "M\(index)")
        }
    }
}
