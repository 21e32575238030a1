internal import Instrumentation
internal import TelemetryModel
internal import Tracing

/// What all copies of a ``TelemetryTracer`` share.
final class TracerCore: Sendable {
    /// The samplers that need no call, and the others.
    enum Sampling: Sendable {
        /// Sampled at the root, and as the parent says below.
        case parentBasedAlwaysOn
        case other(any Sampler)

        init(_ sampler: any Sampler) {
            if let parentBased = sampler as? ParentBasedSampler, parentBased.isAlwaysOnAtTheRoot {
                self = .parentBasedAlwaysOn
            } else {
                self = .other(sampler)
            }
        }
    }

    /// What was decided about a span before it exists.
    struct Plan {
        var trace: TraceIdentity
        var spanID: SpanID
        var parent: TracePosition?
        var isRecorded: Bool
        var initialAttributes: Attributes?
    }

    let channel: RecordChannel<SpanRecording>
    let limits: SpanLimits
    let clock: TracerClock
    let counters: TracingCounters
    let propagators: [any Propagator]
    let recordsBacktraces: Bool
    let flush: @Sendable () -> Void

    /// What the processors are going to do to a span that is under way.
    let foresight: ProcessorForesight

    /// What spans hand down to those inside them.
    let inheritance: AttributeInheritance?

    private let sampling: Sampling
    private let ids: RandomIDGenerator
    private let processors: [any SpanProcessor]

    init(
        channel: RecordChannel<SpanRecording>,
        sampler: any Sampler,
        limits: SpanLimits,
        time: TimeSource,
        ids: RandomIDGenerator,
        propagators: [any Propagator],
        processors: [any SpanProcessor],
        inheritance: AttributeInheritance?,
        counters: TracingCounters,
        recordsBacktraces: Bool,
        flush: @escaping @Sendable () -> Void
    ) {
        self.channel = channel
        self.sampling = Sampling(sampler)
        self.limits = limits.withoutNegatives
        self.clock = TracerClock(time: time)
        self.ids = ids
        self.propagators = propagators
        self.processors = processors
        self.inheritance = inheritance
        self.foresight = ProcessorForesight(processors)
        self.counters = counters
        self.recordsBacktraces = recordsBacktraces
        self.flush = flush
    }

    /// Decides about a span.
    func plan(name: String, kind: SpanKind, parent: TracePosition?) -> Plan {
        let spanID = self.ids.nextSpanID()
        switch self.sampling {
        case .parentBasedAlwaysOn:
            guard let parent else {
                let trace = TraceIdentity(
                    traceID: self.ids.nextTraceID(),
                    flags: [.sampled, .random],
                    core: self
                )
                return Plan(trace: trace, spanID: spanID, parent: nil, isRecorded: true)
            }
            let trace = parent.trace
            return Plan(
                trace: trace.core === self ? trace : self.adopt(trace),
                spanID: spanID,
                parent: parent,
                isRecorded: trace.isSampled
            )
        case .other(let sampler):
            return self.plan(spanID: spanID, name: name, kind: kind, parent: parent, by: sampler)
        }
    }

    private func plan(
        spanID: SpanID,
        name: String,
        kind: SpanKind,
        parent: TracePosition?,
        by sampler: any Sampler
    ) -> Plan {
        let traceID = parent?.trace.traceID ?? self.ids.nextTraceID()
        let result = sampler.shouldSample(
            SamplingParameters(
                parent: parent.map { $0.trace.spanContext(of: $0.spanID) },
                parentSampleRate: parent?.trace.sampleRate,
                traceID: traceID,
                name: name,
                kind: EndedSpan.Kind(kind)
            )
        )
        var flags = parent?.trace.flags ?? [.random]
        if result.decision == .recordAndSample {
            flags.insert(.sampled)
        } else {
            flags.remove(.sampled)
        }
        let trace: TraceIdentity
        if let shared = parent?.trace, shared.core === self, shared.flags == flags,
            shared.sampleRate == result.sampleRate,
            result.traceState == nil || result.traceState == shared.state
        {
            trace = shared
        } else {
            trace = TraceIdentity(
                traceID: traceID,
                flags: flags,
                state: result.traceState ?? parent?.trace.state ?? TraceState(),
                sampleRate: result.sampleRate,
                core: self
            )
        }
        return Plan(
            trace: trace,
            spanID: spanID,
            parent: parent,
            isRecorded: result.decision != .drop,
            initialAttributes: result.attributes
        )
    }

    /// The same trace, as that of this tracer's own spans.
    private func adopt(_ trace: TraceIdentity) -> TraceIdentity {
        TraceIdentity(
            traceID: trace.traceID,
            flags: trace.flags,
            state: trace.state,
            sampleRate: trace.sampleRate,
            core: self
        )
    }

    /// Starts a span that is not recorded.
    func startUnrecorded(_ plan: Plan, in context: consuming ServiceContext) -> TracedSpan {
        self.counters.countNotSampled()
        var context = context
        context[TracePositionKey.self] = .unrecorded(plan.trace, plan.spanID)
        return TracedSpan(recording: nil, context: context)
    }

    /// Starts a span that is recorded.
    func startRecorded(
        _ plan: Plan,
        name: String,
        kind: SpanKind,
        instant: UInt64,
        fileID: String,
        in context: consuming ServiceContext
    ) -> TracedSpan {
        let kind = EndedSpan.Kind(kind)
        let parent = plan.parent
        let hasRemoteParent = parent?.trace.isRemote ?? false
        let inheritedRoot = parent?.recording?.localRoot
        let recording = SpanRecording(
            core: self,
            trace: plan.trace,
            spanID: plan.spanID,
            origin: SpanRecording.Origin(
                parentSpanID: parent?.spanID,
                hasRemoteParent: hasRemoteParent,
                kind: kind,
                fileID: fileID,
                start: self.clock.start(at: instant),
                isLocalRoot: inheritedRoot == nil && (kind == .server || kind == .consumer),
                localRoot: inheritedRoot
            ),
            name: name,
            initialAttributes: self.initialAttributes(of: plan)
        )
        self.counters.countRecorded(isSampled: plan.trace.isSampled)
        var context = context
        context[TracePositionKey.self] = .recorded(recording)
        let span = TracedSpan(recording: recording, context: context)
        for processor in self.processors {
            processor.onStart(span)
        }
        return span
    }

    /// What the sampler gave the span, and what its parent hands down to it.
    private func initialAttributes(of plan: Plan) -> Attributes? {
        guard let parent = plan.parent?.recording,
            let inherited = self.inheritance?.attributes(from: parent)
        else { return plan.initialAttributes }
        var attributes = plan.initialAttributes ?? [:]
        attributes.merge(inherited)
        return attributes
    }
}

extension SpanLimits {
    fileprivate var withoutNegatives: SpanLimits {
        var limits = self
        limits.attributes = max(0, self.attributes)
        limits.events = max(0, self.events)
        limits.links = max(0, self.links)
        limits.attributesPerEvent = max(0, self.attributesPerEvent)
        limits.attributesPerLink = max(0, self.attributesPerLink)
        limits.attributeValueLength = self.attributeValueLength.map { max(0, $0) }
        return limits
    }
}

extension EndedSpan.Kind {
    init(_ kind: SpanKind) {
        switch kind {
        case .internal: self = .internal
        case .server: self = .server
        case .client: self = .client
        case .producer: self = .producer
        case .consumer: self = .consumer
        }
    }
}
