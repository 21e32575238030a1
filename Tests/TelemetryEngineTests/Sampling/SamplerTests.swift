import Instrumentation
import Logging
import TelemetryModel
import Testing
import Tracing

@testable import TelemetryEngine

/// Answers as it was told.
struct FixedSampler: Sampler {
    var result: SamplingResult
    func shouldSample(_ parameters: SamplingParameters) -> SamplingResult { self.result }
}

@Suite("Samplers")
struct SamplerTests {
    private func parameters(
        low: UInt64 = 1,
        parent: SpanContext? = nil,
        rate: Double? = nil
    ) -> SamplingParameters {
        SamplingParameters(
            parent: parent,
            parentSampleRate: rate,
            traceID: TraceID(high: 7, low: low),
            name: "operation"
        )
    }

    @Test(
        "The ratio sampler compares the last 64 bits, shifted by one, with the ratio",
        arguments: [
            (0.0, UInt64.min, false), (1.0, .max, true), (1.0, .min, true),
            (0.5, 0x7FFF_FFFF_FFFF_FFFF, true), (0.5, 0x8000_0000_0000_0000, false),
            (0.25, 0x3FFF_FFFF_FFFF_FFFF, true), (0.25, 0x4000_0000_0000_0000, false),
            (0.25, 0xC000_0000_0000_0000, false),
            // OpenTelemetry for Go and for Python decide alike for these.
            (0.1, 0x1999_9999_9999_99FF, true), (0.1, 0x1999_9999_9999_9A00, false),
            (-1, .min, false), (7, .max, true), (.nan, .max, true), (.infinity, .max, true),
            (.leastNonzeroMagnitude, .min, false),
        ]
    )
    func ratio(_ ratio: Double, low: UInt64, isKept: Bool) {
        let result = TraceIDRatioSampler(ratio: ratio).shouldSample(self.parameters(low: low))
        #expect((result.decision == .recordAndSample) == isKept)
        #expect(isKept || result.decision == .drop)
    }

    @Test("The ratio sampler keeps its share of our own ids, and stamps the rate")
    func ratioOfOwnIDs() {
        let sampler = TraceIDRatioSampler(ratio: 0.3)
        let ids = RandomIDGenerator()
        let results = (0..<20_000).map { _ in
            sampler.shouldSample(SamplingParameters(traceID: ids.nextTraceID(), name: ""))
        }
        let kept = results.filter { $0.decision == .recordAndSample }
        #expect((5_500...6_500).contains(kept.count))
        #expect(kept.allSatisfy { $0.sampleRate == 30 })
    }

    @Test(
        "A parent-based sampler asks the delegate for this kind of parent",
        arguments: [
            (nil, nil, "root"), (true, true, "remote sampled"), (true, false, "remote not sampled"),
            (false, true, "local sampled"), (false, false, "local not sampled"),
        ] as [(Bool?, Bool?, String)]
    )
    func delegates(isRemote: Bool?, isSampled: Bool?, name: String) {
        func named(_ name: String) -> FixedSampler {
            FixedSampler(result: SamplingResult(.recordOnly, attributes: ["by": .string(name)]))
        }
        let sampler = ParentBasedSampler(
            root: named("root"),
            remoteParentSampled: named("remote sampled"),
            remoteParentNotSampled: named("remote not sampled"),
            localParentSampled: named("local sampled"),
            localParentNotSampled: named("local not sampled")
        )
        var parent: SpanContext?
        if let isRemote, let isSampled {
            parent = SpanContext(
                traceID: TraceID(high: 1, low: 1),
                spanID: SpanID(rawValue: 1),
                traceFlags: isSampled ? .sampled : [],
                isRemote: isRemote
            )
        }
        let result = sampler.shouldSample(self.parameters(parent: parent))
        #expect(result.attributes["by"] == .string(name))
    }

    @Test("By default children follow their parents and keep their rate")
    func ratesAreInherited() async throws {
        let harness = TracingHarness(
            sampler: ParentBasedSampler(
                root: FixedSampler(
                    result: SamplingResult(
                        .recordAndSample,
                        attributes: ["rule": "a", "shared": 1],
                        traceState: TraceState([.init(key: "s", value: "1")]),
                        sampleRate: 12.5
                    )
                )
            )
        )
        let root = harness.tracer.startSpan("root", context: .topLevel)
        root.attributes["shared"] = 2
        let child = harness.tracer.startSpan("child", context: root.context)
        child.end()
        root.end()
        let spans = await harness.endedSpans()
        #expect(spans.map(\.sampleRate) == [12.5, 12.5])
        #expect(spans.map(\.context.traceState.description) == ["s=1", "s=1"])
        #expect(spans[0].attributes.isEmpty)
        #expect(spans[1].attributes.count == 2)
        #expect(spans[1].attributes["rule"] == "a")
        #expect(spans[1].attributes["shared"] == 2)
        // The trace is shared as long as the decision is.
        #expect(child.recording?.trace.details === root.recording?.trace.details)
    }

    @Test("A record-only span is delivered, is not sampled, and propagates as not sampled")
    func recordOnly() async throws {
        let harness = TracingHarness(
            sampler: FixedSampler(result: SamplingResult(.recordOnly, sampleRate: 5))
        )
        let span = harness.tracer.startSpan("operation", context: .topLevel)
        #expect(span.isRecording)
        #expect(!span.spanContext.isSampled)
        span.end()
        let recording = try await harness.recordings().only
        #expect(!recording.isSampled)
        #expect(harness.counters.values.recordOnly == 1)
        #expect(harness.counters.values.started == 1)
    }

    static let allSamplers: [any Sampler] = [
        AlwaysOffSampler(), AlwaysOnSampler(), TraceIDRatioSampler(ratio: 0),
        TraceIDRatioSampler(ratio: 0.5), ParentBasedSampler(root: AlwaysOnSampler()),
        ParentBasedSampler(root: AlwaysOffSampler()),
        ParentBasedSampler(root: TraceIDRatioSampler(ratio: 0.5)),
        ParentBasedSampler(root: AlwaysOnSampler(), localParentSampled: AlwaysOffSampler()),
        FixedSampler(result: SamplingResult(.recordOnly)),
    ]

    private enum FirstKey: ServiceContextKey { typealias Value = String }
    private enum SecondKey: ServiceContextKey { typealias Value = [Int] }

    @Test(
        "Whatever the sampler says, a span has a fresh id, the trace and all values of its context",
        arguments: allSamplers.indices
    )
    func contextsAreKept(index: Int) {
        let harness = TracingHarness(sampler: Self.allSamplers[index])
        var generator = SystemRandomNumberGenerator()
        var ids: Set<SpanID> = []
        var count = 0
        for _ in 0..<50 {
            var context = ServiceContext.topLevel
            context[FirstKey.self] = "\(UInt64.random(in: 0 ... .max, using: &generator))"
            context[SecondKey.self] = [1, 2, 3]
            context.baggage = ["a": "1"]
            let isRemote = Bool.random()
            if isRemote {
                context.setRemoteParent(
                    SpanContext(
                        traceID: TraceID(high: 1, low: .random(in: 1 ... .max)),
                        spanID: SpanID(rawValue: .random(in: 1 ... .max)),
                        traceFlags: Bool.random() ? .sampled : [],
                        traceState: TraceState([.init(key: "k", value: "v")])
                    )
                )
            }
            var parent = context
            for depth in 0..<4 {
                let span = harness.tracer.startSpan("depth \(depth)", context: parent)
                #expect(span.context[FirstKey.self] == context[FirstKey.self])
                #expect(span.context[SecondKey.self] == [1, 2, 3])
                #expect(span.context.baggage == ["a": "1"])
                #expect(span.context.count == 4)
                #expect(span.spanContext.isValid)
                #expect(!span.spanContext.isRemote)
                if let before = parent.spanContext {
                    #expect(span.spanContext.traceID == before.traceID)
                    #expect(span.spanContext.traceState == before.traceState)
                }
                #expect(span.isRecording || !span.spanContext.isSampled)
                var headers: [String: String] = [:]
                harness.tracer.inject(span.context, into: &headers, using: HeaderAccess())
                let flag = span.spanContext.isSampled
                #expect(
                    headers["traceparent"].flatMap { $0.last?.hexDigitValue }.map { $0 & 1 == 1 }
                        == flag
                )
                ids.insert(span.spanContext.spanID)
                count += 1
                if Bool.random() { span.end() }
                parent = span.context
            }
        }
        #expect(ids.count == count)
        #expect(harness.counters.values.started == UInt64(count))
    }

    @Test("Other log handlers learn ids and flags of the current span")
    func metadataProvider() {
        let span = TracingHarness().tracer.startSpan("operation", context: .topLevel)
        #expect(Logger.MetadataProvider.traceContext.get().isEmpty)
        let metadata = ServiceContext.withValue(span.context) {
            Logger.MetadataProvider.traceContext.get()
        }
        #expect(
            metadata == [
                "trace_id": "\(span.spanContext.traceID)",
                "span_id": "\(span.spanContext.spanID)", "trace_flags": "03",
            ]
        )
    }
}
