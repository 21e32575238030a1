import ServiceContextModule
import TelemetryModel
import Tracing

/// What all copies of a tracer and all its recordings share.
final class TracerCore: Sendable {
    let channel: RecordChannel<SpanRecording>
    let limits: SpanLimits
    let propagators: [any Propagator]
    let counters: TracingCounters
    let time: TimeSource
    /// Wall clock minus monotonic clock when the tracer was made.
    let clockOffset: UInt64
    private let sampler: any Sampler
    /// The default sampler is known by name: it decides without being asked.
    private let keepsAll: Bool
    private let processors: [any SpanProcessor]
    private let ids: IDGenerator

    init(
        channel: RecordChannel<SpanRecording>,
        sampler: any Sampler,
        limits: SpanLimits,
        propagators: [any Propagator],
        processors: [any SpanProcessor],
        counters: TracingCounters,
        time: TimeSource,
        ids: IDGenerator = IDGenerator()
    ) {
        self.channel = channel
        self.sampler = sampler
        self.keepsAll = (sampler as? ParentBasedSampler)?.isParentBasedAlwaysOn ?? false
        self.limits = limits
        self.propagators = propagators
        self.processors = processors
        self.counters = counters
        self.time = time
        self.clockOffset =
            time.wallNow().nanosecondsSinceEpoch &- time.monotonicNow()
        self.ids = ids
    }

    /// Who a span is started under.
    private struct Parent {
        var traceID: TraceID
        var spanID: SpanID
        var flags: TraceFlags
        var state: TraceState
        var sampleRate: Double?
        /// What the parent's trace is in this process; `nil` for a parent in another.
        var trace: Trace?
        var isRecording: Bool

        var isRemote: Bool { self.trace == nil }

        var context: SpanContext {
            SpanContext(
                traceID: self.traceID, spanID: self.spanID, traceFlags: self.flags,
                traceState: self.state, isRemote: self.isRemote)
        }
    }

    func startSpan(
        _ name: String,
        in context: ServiceContext,
        kind: SpanKind,
        start: StartTime,
        fileID: String
    ) -> TracedSpan {
        let parent = Self.parent(in: context)
        let traceID = parent?.traceID ?? self.ids.traceID()
        let decision = self.sample(parent, traceID: traceID, name: name, kind: kind)
        let spanID = self.ids.spanID()
        guard decision.isRecorded else {
            return self.unrecordedSpan(
                spanID, of: parent, traceID: traceID, decision: decision, context: context)
        }
        let recording = SpanRecording(
            birth: SpanRecording.Birth(
                traceID: traceID,
                spanID: spanID,
                parentSpanID: parent?.spanID,
                hasRemoteParent: parent?.isRemote ?? false,
                traceFlags: decision.flags,
                traceState: decision.traceState,
                sampleRate: decision.sampleRate,
                kind: kind,
                wallStart: start.wall,
                monotonicStart: start.monotonic,
                fileID: fileID
            ),
            name: name,
            outerRoot: parent?.trace?.localRoot,
            core: self
        )
        let trace: Trace
        if let known = parent?.trace, known.flags == decision.flags,
            known.sampleRate == decision.sampleRate, known.state == decision.traceState,
            known.localRoot != nil || recording.localRoot == nil
        {
            trace = known
        } else {
            trace = Trace(
                traceID: traceID, flags: decision.flags, state: decision.traceState,
                sampleRate: decision.sampleRate, localRoot: recording.localRoot)
        }
        var context = context
        context[CurrentSpanKey.self] = CurrentSpan(
            trace: trace, spanID: spanID, recording: recording)
        let span = TracedSpan(recording: recording, context: context)
        if let attributes = decision.attributes {
            for attribute in attributes {
                span.attributes[attribute.key] = attribute.value.spanAttribute
            }
        }
        for processor in self.processors { processor.onStart(span) }
        return span
    }

    /// A span that records nothing, but is somebody: it has an id, and what it calls belongs to it.
    private func unrecordedSpan(
        _ spanID: SpanID,
        of parent: Parent?,
        traceID: TraceID,
        decision: Decision,
        context: ServiceContext
    ) -> TracedSpan {
        let trace: Trace
        if let known = parent?.trace, known.flags == decision.flags,
            known.state == decision.traceState
        {
            trace = known
        } else {
            trace = Trace(
                traceID: traceID, flags: decision.flags, state: decision.traceState,
                sampleRate: nil, localRoot: parent?.trace?.localRoot)
        }
        var context = context
        context[CurrentSpanKey.self] = CurrentSpan(trace: trace, spanID: spanID, recording: nil)
        return TracedSpan(recording: nil, context: context)
    }

    private static func parent(in context: ServiceContext) -> Parent? {
        guard !context.isEmpty, let current = context[CurrentSpanKey.self] else { return nil }
        let trace = current.trace
        return Parent(
            traceID: trace.traceID, spanID: current.spanID, flags: trace.flags,
            state: trace.state, sampleRate: trace.sampleRate,
            trace: trace.isRemote ? nil : trace, isRecording: current.recording != nil)
    }

    // MARK: Sampling

    /// What the sampler said, in the form that spans need.
    private struct Decision {
        var isRecorded: Bool
        var flags: TraceFlags
        var traceState: TraceState
        var sampleRate: Double?
        var attributes: Attributes?
    }

    private func sample(
        _ parent: Parent?,
        traceID: TraceID,
        name: String,
        kind: SpanKind
    ) -> Decision {
        if self.keepsAll {
            guard let parent else {
                return Decision(
                    isRecorded: true, flags: [.sampled, .random], traceState: TraceState())
            }
            return Decision(
                isRecorded: parent.flags.contains(.sampled), flags: parent.flags,
                traceState: parent.state, sampleRate: parent.sampleRate)
        }
        let result = self.sampler.shouldSample(
            SamplingParameters(
                parent: parent?.context,
                parentSampleRate: parent?.sampleRate,
                isParentRecording: parent?.isRecording ?? false,
                traceID: traceID,
                name: name,
                kind: kind
            ))
        var flags = parent?.flags ?? .random
        if result.decision == .recordAndSample {
            flags.insert(.sampled)
        } else {
            flags.remove(.sampled)
        }
        return Decision(
            isRecorded: result.decision != .drop,
            flags: flags,
            traceState: result.traceState ?? parent?.state ?? TraceState(),
            sampleRate: result.sampleRate,
            attributes: result.attributes.isEmpty ? nil : result.attributes
        )
    }
}

extension AttributeValue {
    /// The value as the tracing API has it; maps and bytes have no form there.
    fileprivate var spanAttribute: SpanAttribute? {
        switch self {
        case .string(let text): .string(text)
        case .bool(let flag): .bool(flag)
        case .int(let number): .int64(number)
        case .double(let number): .double(number)
        case .bytes, .array, .map, .null: nil
        }
    }
}
