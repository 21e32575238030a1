import Instrumentation
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

@testable import TelemetryEngine

@Suite("The tracer")
struct TelemetryTracerTests {
    @Test("A span keeps what was recorded")
    func everythingIsKept() async throws {
        let harness = TracingHarness()
        let span = harness.tracer.startSpan(
            "load",
            context: .topLevel,
            ofKind: .client,
            file: "Shop/Cart.swift"
        )
        span.attributes["text"] = "a"
        span.attributes["flag"] = true
        span.attributes["int"] = 7
        span.attributes["int32"] = Int32(8)
        span.attributes["double"] = 1.5
        span.attributes["texts"] = ["a", "b"]
        span.attributes["ints"] = [1, 2]
        span.attributes["int32s"] = [Int32(3)]
        span.attributes["doubles"] = [0.5]
        span.attributes["flags"] = [true, false]
        span.attributes.set("convertible", value: .stringConvertible(OutOfPaperError()))
        span.attributes.set("convertibles", value: .stringConvertibleArray([1, OutOfPaperError()]))
        span.addEvent(SpanEvent(name: "first"))
        span.addEvent(SpanEvent(name: "second", attributes: ["n": 2]))
        span.operationName = "load cart"
        span.setStatus(SpanStatus(code: .ok))
        harness.time.advance(by: .milliseconds(250))
        span.end()

        let ended = try await harness.endedSpans().only
        #expect(ended.name == "load cart")
        #expect(ended.kind == .client)
        #expect(ended.scope == InstrumentationScope(name: "Shop"))
        #expect(ended.context == span.spanContext)
        #expect(ended.context.traceFlags == [.sampled, .random])
        #expect(ended.parentSpanID == nil)
        #expect(ended.status == .ok)
        #expect(ended.events.map(\.name) == ["first", "second"])
        #expect(ended.events.last?.attributes == ["n": 2])
        #expect(
            ended.endTime.nanosecondsSinceEpoch - ended.startTime.nanosecondsSinceEpoch
                == 250_000_000
        )
        let values = Dictionary(uniqueKeysWithValues: ended.attributes.map { ($0.key, $0.value) })
        #expect(
            values == [
                "text": "a", "flag": true, "int": 7, "int32": 8, "double": 1.5,
                "texts": ["a", "b"], "ints": [1, 2], "int32s": [3], "doubles": [0.5],
                "flags": [true, false], "convertible": "The printer is out of paper.",
                "convertibles": ["1", "The printer is out of paper."],
            ]
        )
    }

    @Test("Children share the trace, have ids of their own, and name their parent")
    func childrenBelongToTheirParents() async throws {
        let harness = TracingHarness()
        withTracer(harness.tracer) {
            withSpan("outer") { outer in
                withSpan("inner") { inner in
                    #expect(
                        inner.context.spanContext?.traceID == outer.context.spanContext?.traceID
                    )
                }
            }
        }
        let spans = await harness.endedSpans()
        #expect(spans.map(\.name) == ["inner", "outer"])
        #expect(spans[0].parentSpanID == spans[1].context.spanID)
        #expect(spans[0].context.spanID != spans[1].context.spanID)
        #expect(!spans[0].hasRemoteParent)
        #expect(harness.counters.values.recorded == 2)
    }

    @Test("A task-local tracer takes every form of starting a span, asynchronous ones included")
    func allFormsOfStartingASpan() async throws {
        let harness = TracingHarness()
        await withTracer(harness.tracer) {
            await withSpan("async") { _ in await Task.yield() }
            withSpan("sync") { _ in }
            startSpan("started").end()
            InstrumentationSystem.tracer.startSpan("through the system").end()
            withSpan("at", at: DefaultTracerClock.now) { span in
                #expect(ServiceContext.current?.spanContext == span.context.spanContext)
            }
        }
        let names = await harness.endedSpans().map(\.name)
        #expect(names == ["async", "sync", "started", "through the system", "at"])
    }

    @Test("An error thrown out of a span is recorded and makes it fail")
    func thrownErrorsAreRecorded() async throws {
        let harness = TracingHarness()
        let error = withTracer(harness.tracer) {
            #expect(throws: OutOfPaperError.self) {
                try withSpan("print") { _ in throw OutOfPaperError() }
            }
        }
        #expect(error != nil)
        let span = try await harness.endedSpans().only
        #expect(span.status == .error(message: ""))
        let event = try span.events.only
        #expect(event.name == "exception")
        #expect(event.attributes["exception.type"] == "TelemetryEngineTests.OutOfPaperError")
        #expect(event.attributes["exception.message"] == "The printer is out of paper.")
        #expect(event.attributes["exception.stacktrace"] == nil)
    }

    @Test("What the caller says about an error wins")
    func attributesOfErrorsWin() async throws {
        let span = try await TracingHarness().span {
            $0.recordError(OutOfPaperError(), attributes: ["exception.type": "paper", "tray": 2])
        }
        let event = try span.events.only
        #expect(event.attributes["exception.type"] == "paper")
        #expect(event.attributes["tray"] == 2)
        #expect(span.status == .unset)
    }

    @Test("The active span is found by its context while it is recorded")
    func activeSpan() {
        let harness = TracingHarness()
        let span = harness.tracer.startSpan("operation", context: .topLevel)
        let found = harness.tracer.activeSpan(identifiedBy: span.context)
        found?.attributes["found"] = true
        #expect(span.attributes.get("found") == .bool(true))
        #expect(found?.spanContext == span.spanContext)
        span.end()
        #expect(harness.tracer.activeSpan(identifiedBy: span.context) == nil)
        #expect(harness.tracer.activeSpan(identifiedBy: .topLevel) == nil)
    }

    @Test("Flushing triggers and returns")
    func forceFlush() {
        let counters = TracingCounters()
        let harness = TracingHarness(flush: { counters.countEndedTwice() })
        harness.tracer.forceFlush()
        #expect(counters.values.endedTwice == 1)
    }

    @Test("Processors see recorded spans at their start")
    func processorsSeeStarts() async throws {
        struct Stamp: SpanProcessor {
            func onStart(_ span: TracedSpan) {
                span.attributes["stamped"] = span.operationName
            }
            func onEnd(_ span: inout EndedSpan) -> ProcessorVerdict { .keep }
        }
        let span = try await TracingHarness(processors: [Stamp()]).span { _ in }
        #expect(span.attributes == ["stamped": "operation"])
    }

    @Test("The local root is the server or consumer span that all others below it share")
    func localRoots() async throws {
        let harness = TracingHarness()
        let server = harness.tracer.startSpan("GET", context: .topLevel, ofKind: .server)
        let child = harness.tracer.startSpan("child", context: server.context)
        let grandchild = harness.tracer.startSpan(
            "grandchild",
            context: child.context,
            ofKind: .consumer
        )
        #expect(child.recording?.localRoot === server.recording)
        #expect(grandchild.recording?.localRoot === server.recording)
        #expect(server.recording?.localRoot === server.recording)
        #expect(grandchild.context.activeSpan?.localRoot === server.recording)
        let job = harness.tracer.startSpan("job", context: .topLevel)
        #expect(job.recording?.localRoot == nil)

        server.operationName = "GET /carts"
        #expect(server.recording?.snapshot.name == "GET /carts")
        #expect(server.recording?.snapshot.hasEnded == false)
        server.end()
        server.recording?.settle(name: "GET /carts/{id}", attributes: ["a": 1])
        let snapshot = try #require(child.recording?.localRoot?.snapshot)
        #expect(snapshot.hasEnded)
        #expect(snapshot.name == "GET /carts/{id}")
        #expect(snapshot.attributes == ["a": 1])
        #expect(snapshot.kind == .server)
        #expect(snapshot.spanID == server.spanContext.spanID)
    }

    /// A request that has ended and that the span processor's actor has not seen yet.
    private func unprocessedRequest(
        _ change: (inout TelemetryConfiguration.Traces) -> Void = { _ in }
    ) throws -> (harness: TracingHarness, root: SpanRecording) {
        var configuration = TelemetryConfiguration()
        change(&configuration.traces)
        let harness = TracingHarness(processors: configuration.traces.processors)
        let server = harness.tracer.startSpan("GET", context: .topLevel, ofKind: .server)
        let child = harness.tracer.startSpan("child", context: server.context)
        let root = try #require(child.recording?.localRoot)
        server.attributes["enduser.id"] = "ann"
        server.operationName = "GET /carts/{id}"
        server.setStatus(.init(code: .error, message: "gone"))
        #expect(!root.snapshot.hasEnded)
        server.end()
        return (harness, root)
    }

    @Test("A request that has ended and was not processed yet has ended, under its last name")
    func requestBeforeItIsProcessed() throws {
        let (_, root) = try self.unprocessedRequest()
        #expect(root.snapshot.hasEnded)
        #expect(root.snapshot.name == "GET /carts/{id}")
        #expect(root.snapshot.attributes == ["enduser.id": "ann"])
    }

    @Test("A request that was not processed yet is called what the processors are going to call it")
    func requestBeforeItIsRenamed() async throws {
        let (harness, root) = try self.unprocessedRequest { traces in
            traces.modify { span in
                // All is known by now, not the name alone.
                if span.status != .unset, span.endTime >= span.startTime {
                    span.name = "failed \(span.name)"
                }
                span.attributes["enduser.id"] = "***"
            }
        }
        #expect(root.snapshot.hasEnded)
        #expect(root.snapshot.name == "failed GET /carts/{id}")
        #expect(root.snapshot.attributes == ["enduser.id": "***"])
        // As it is afterwards.
        let before = root.snapshot
        var configuration = TelemetryConfiguration()
        configuration.traces.modify { span in
            span.name = "failed \(span.name)"
            span.attributes["enduser.id"] = "***"
        }
        var finisher = SpanFinisher(processors: configuration.traces.processors)
        _ = finisher.finish(await harness.recordings())
        #expect(root.snapshot.name == before.name)
        #expect(root.snapshot.attributes == before.attributes)
    }

    @Test("A request not processed yet is under way if nobody knows what it is going to be called")
    func requestBeforeItIsChangedByOthers() throws {
        struct Renaming: SpanProcessor {
            func onEnd(_ span: inout EndedSpan) -> ProcessorVerdict {
                span.name = "***"
                return .keep
            }
        }
        let (_, root) = try self.unprocessedRequest { $0.processors.append(Renaming()) }
        #expect(!root.snapshot.hasEnded)
        #expect(root.snapshot.attributes.isEmpty)
    }

    @Test("A request whose end waits for a change of its attributes is under way")
    func requestThatIsEnding() throws {
        let harness = TracingHarness()
        let server = harness.tracer.startSpan("GET", context: .topLevel, ofKind: .server)
        let recording = try #require(server.recording)
        var access = recording.beginAccess()
        access.attributes["late"] = true
        server.end()
        #expect(!recording.snapshot.hasEnded)
        recording.finishAccess(&access)
        #expect(recording.snapshot.hasEnded)
        #expect(recording.snapshot.attributes == ["late": true])
    }

    @Test("Who comes after a request was processed sees what it was called, whoever came before")
    func lateFollowers() async throws {
        for isFollowed in [false, true] {
            let harness = TracingHarness()
            let server = harness.tracer.startSpan("GET", context: .topLevel, ofKind: .server)
            if isFollowed { #expect(server.context.activeSpan != nil) }
            server.attributes["enduser.id"] = "ann"
            server.operationName = "GET /carts"
            server.end()
            var finisher = SpanFinisher(processors: [])
            let ended = try finisher.finish(await harness.recordings()).only
            // The request belongs to itself; it need not be told.
            #expect(ended.localRoot == nil)
            let late = harness.tracer.startSpan("late", context: server.context)
            let root = try #require(late.recording?.localRoot?.snapshot)
            #expect(root.hasEnded)
            #expect(root.name == "GET /carts")
            #expect(root.attributes == ["enduser.id": "ann"])
        }
    }

    /// Something that lives as long as a tracer's core.
    private final class Witness: Sendable {
        let counters: TracingCounters
        init(_ counters: TracingCounters) { self.counters = counters }
        deinit { self.counters.countEndedTwice() }
    }

    private func witnessedTracer(
        _ counters: TracingCounters,
        _ channel: RecordChannel<SpanRecording>
    ) -> TelemetryTracer {
        let witness = Witness(counters)
        return TelemetryTracer(channel: channel, flush: { _ = witness.counters })
    }

    @Test("A tracer lives as long as somebody has it, or one of its spans")
    func mortalTracer() {
        let counters = TracingCounters()
        let channel = RecordChannel<SpanRecording>(configuration: ChannelConfiguration())
        do {
            let span = self.witnessedTracer(counters, channel).startSpan(
                "operation",
                context: .topLevel
            )
            #expect(counters.values.endedTwice == 0)
            span.attributes["late"] = true
            span.end()
        }
        #expect(counters.values.endedTwice == 0)
        channel.seal()
        #expect(channel.abandon(.shutdown) == 1)
        #expect(counters.values.endedTwice == 1)
    }

    @Test("An immortal tracer is the same tracer, and outlives those who had it")
    func immortalTracer() {
        let counters = TracingCounters()
        let channel = RecordChannel<SpanRecording>(configuration: ChannelConfiguration())
        let immortal = self.witnessedTracer(counters, channel).immortal()
        for _ in 0..<3 { immortal.startSpan("operation", context: .topLevel).end() }
        #expect(channel.counts.offered == 3)
        channel.seal()
        #expect(channel.abandon(.shutdown) == 3)
        #expect(counters.values.endedTwice == 0)
    }

    @Test("A log inside a span learns its ids, flags and sample rate")
    func activeSpanOfAContext() throws {
        let harness = TracingHarness(
            sampler: ParentBasedSampler(root: TraceIDRatioSampler(ratio: 1))
        )
        let span = harness.tracer.startSpan("operation", context: .topLevel)
        let child = harness.tracer.startSpan("child", context: span.context)
        let active = try #require(child.context.activeSpan)
        #expect(active.traceID == span.spanContext.traceID)
        #expect(active.spanID == child.spanContext.spanID)
        #expect(active.traceFlags == [.sampled, .random])
        #expect(active.sampleRate == 100)
        #expect(active.localRoot == nil)
        #expect(ServiceContext.topLevel.activeSpan == nil)
    }

    @Test("Twenty thousand spans, each started inside the one before, are freed")
    func chainsAreFreed() async throws {
        final class Witness: CustomStringConvertible, Sendable {
            let counters: TracingCounters
            init(_ counters: TracingCounters) { self.counters = counters }
            deinit { self.counters.countEndedTwice() }
            var description: String { "" }
        }
        let count: UInt64 = 20_000
        let gone = TracingCounters()
        let harness = TracingHarness()
        weak var first: SpanRecording?
        do {
            var span = harness.tracer.startSpan("first", context: .topLevel, ofKind: .producer)
            first = span.recording
            for _ in 0..<count {
                let next = harness.tracer.startSpan("next", context: span.context)
                next.attributes.set("witness", value: .stringConvertible(Witness(gone)))
                next.addLink(SpanLink(context: span.context, attributes: [:]))
                span.addLink(SpanLink(context: next.context, attributes: [:]))
                span.end()
                span = next
            }
            span.end()
        }
        let delivered = await harness.recordings().count
        #expect(delivered == 20_001)
        #expect(gone.values.endedTwice == count)
        #expect(first == nil)
    }

    @Test("Two tracers do not mix up their spans")
    func spansGoToTheirOwnTracer() async throws {
        let (one, two) = (TracingHarness(), TracingHarness())
        let outer = one.tracer.startSpan("outer", context: .topLevel)
        let inner = two.tracer.startSpan("inner", context: outer.context)
        inner.end()
        outer.end()
        let span = try await two.endedSpans().only
        #expect(span.context.traceID == outer.spanContext.traceID)
        #expect(span.parentSpanID == outer.spanContext.spanID)
        #expect(!span.hasRemoteParent)
        #expect(try await one.endedSpans().only.name == "outer")
    }

    @Test("Ids do not come twice, and two processes have different ones")
    func idsAreUnique() {
        let (one, two) = (RandomIDGenerator(), RandomIDGenerator())
        var spans: Set<SpanID> = []
        var traces: Set<TraceID> = []
        for _ in 0..<50_000 {
            spans.insert(one.nextSpanID())
            spans.insert(two.nextSpanID())
            traces.insert(one.nextTraceID())
            traces.insert(two.nextTraceID())
        }
        #expect(spans.count == 100_000)
        #expect(traces.count == 100_000)
        #expect(!spans.contains(.invalid))
    }

    @Test("The bits of trace ids are evenly set")
    func idsAreRandom() {
        let generator = RandomIDGenerator()
        var ones = Array(repeating: 0, count: 128)
        for _ in 0..<10_000 {
            let id = generator.nextTraceID()
            for bit in 0..<64 {
                ones[bit] += Int(id.low >> bit & 1)
                ones[bit + 64] += Int(id.high >> bit & 1)
            }
        }
        // Ten standard deviations of 50 each.
        #expect(ones.allSatisfy { (4_500...5_500).contains($0) })
    }
}
