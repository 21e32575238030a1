import AzureMonitorExporter
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing

@Suite struct SamplerTests {
    static func parameters(
        _ traceID: TraceID,
        parent: SpanContext? = nil,
        parentRate: Double? = nil
    ) -> SamplingParameters {
        SamplingParameters(
            parent: parent,
            parentSampleRate: parentRate,
            traceID: traceID,
            name: "op"
        )
    }

    static func parent(isSampled: Bool, isRemote: Bool) -> SpanContext {
        SpanContext(
            traceID: Mapped.trace,
            spanID: SpanID(rawValue: 1),
            traceFlags: isSampled ? .sampled : [],
            isRemote: isRemote
        )
    }

    // MARK: ApplicationInsightsSampler

    @Test func fixedShareIsDecidedByTheScoreAlone() throws {
        // The score of this trace is 0.528.
        let sampler = ApplicationInsightsSampler(ratio: 0.6)
        for isSampled in [true, false] {
            for isRemote in [true, false] {
                let result = sampler.shouldSample(
                    Self.parameters(
                        Mapped.trace,
                        parent: Self.parent(isSampled: isSampled, isRemote: isRemote)
                    )
                )
                #expect(result.decision == .recordAndSample)
                #expect(result.sampleRate == 60)
            }
        }
        let narrow = ApplicationInsightsSampler(ratio: 0.5)
        #expect(narrow.shouldSample(Self.parameters(Mapped.trace)).decision == .drop)
    }

    @Test func fixedShareKeepsAllOrNothingAtItsEnds() {
        let all = ApplicationInsightsSampler()
        let nothing = ApplicationInsightsSampler(ratio: -1)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<1000 {
            let traceID = TraceID(high: random.next(), low: random.next())
            let kept = all.shouldSample(Self.parameters(traceID))
            #expect(kept.decision == .recordAndSample && kept.sampleRate == 100)
            #expect(nothing.shouldSample(Self.parameters(traceID)).decision == .drop)
        }
        #expect(ApplicationInsightsSampler(ratio: .nan).ratio == 1)
        #expect(ApplicationInsightsSampler(ratio: 7).ratio == 1)
        #expect(
            ApplicationInsightsSampler(ratio: 0.333).description
                == "ApplicationInsightsSampler{0.333}"
        )
    }

    // MARK: RateLimitedSampler

    @Test func firstTraceIsKeptWhole() {
        let sampler = RateLimitedSampler(time: ManualTime().source)
        let result = sampler.shouldSample(Self.parameters(Mapped.trace))
        #expect(result.decision == .recordAndSample)
        #expect(result.sampleRate == nil)
    }

    @Test func childrenDoAsTheirParentDoesAndAreNotCounted() {
        let sampler = RateLimitedSampler(tracesPerSecond: 1, time: ManualTime().source)
        for rate in [nil, 20.0] {
            for _ in 0..<100 {
                let kept = sampler.shouldSample(
                    Self.parameters(
                        Mapped.trace,
                        parent: Self.parent(isSampled: true, isRemote: false),
                        parentRate: rate
                    )
                )
                #expect(kept == SamplingResult(.recordAndSample, sampleRate: rate))
                let dropped = sampler.shouldSample(
                    Self.parameters(
                        Mapped.trace,
                        parent: Self.parent(isSampled: false, isRemote: false)
                    )
                )
                #expect(dropped.decision == .drop)
            }
        }
        // Still the first that is counted.
        #expect(sampler.shouldSample(Self.parameters(Mapped.trace)).sampleRate == nil)
    }

    @Test func parentsInOtherProcessesAreNotAsked() {
        let sampler = RateLimitedSampler(time: ManualTime().source)
        let remote = Self.parent(isSampled: false, isRemote: true)
        let result = sampler.shouldSample(Self.parameters(Mapped.trace, parent: remote))
        #expect(result.decision == .recordAndSample)
    }

    @Test func aboutTheLimitIsKeptAndRatesMakeUpForTheRest() {
        let time = ManualTime()
        let sampler = RateLimitedSampler(tracesPerSecond: 10, time: time.source)
        var random = SeededGenerator(seed: 9)
        var kept = 0
        var represented = 0.0
        // 200 traces a second for 100 seconds.
        for _ in 0..<20_000 {
            time.advance(by: .milliseconds(5))
            let result = sampler.shouldSample(
                Self.parameters(TraceID(high: random.next(), low: random.next()))
            )
            guard result.decision == .recordAndSample else { continue }
            kept += 1
            represented += 100 / (result.sampleRate ?? 100)
        }
        #expect((850...1150).contains(kept))
        #expect((17_000...23_000).contains(represented))
    }

    @Test func limitOfZeroKeepsNothing() {
        for limit in [0, -1, .nan] {
            let sampler = RateLimitedSampler(tracesPerSecond: limit, time: ManualTime().source)
            #expect(sampler.shouldSample(Self.parameters(Mapped.trace)).decision == .drop)
            #expect(sampler.description == "RateLimitedSampler{0.0}")
        }
    }
}
