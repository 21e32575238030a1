internal import Instrumentation
internal import TelemetryModel
internal import Tracing

/// What all copies of a ``TelemetryTracer`` share.
final class TracerCore: Sendable {
    /// The samplers that need no call, and the others.
    private enum Sampling: Sendable {
        /// As the parent says, and always the same at the root.
        case parentBased(rootIsSampled: Bool)
        case other(any Sampler)

        init(_ sampler: any Sampler) {
            if let isSampled = (sampler as? ParentBasedSampler)?.constantDecisionAtTheRoot {
                self = .parentBased(rootIsSampled: isSampled)
            } else {
                self = .other(sampler)
            }
        }
    }

    /// What was decided about a span before it exists.
    private struct Plan {
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

    /// Starts a span inside that of `context`, if it has one.
    ///
    /// - Parameters:
    ///   - reference: the core that starts it.
    ///   - instant: when it starts; asked only if the span is recorded.
    static func startSpan(
        _ name: String,
        kind: SpanKind,
        fileID: String,
        in context: ServiceContext,
        by reference: TracerCoreReference,
        at instant: () -> UInt64
    ) -> TracedSpan {
        reference.withCore { core in
            let plan = core.plan(name: name, kind: kind, parent: context.position)
            guard plan.isRecorded else {
                core.counters.countNotSampled()
                let position = TracePosition(
                    trace: plan.trace,
                    spanID: plan.spanID,
                    isRemote: false
                )
                return TracedSpan(unrecorded: position, in: context)
            }
            let recording = core.recording(
                plan,
                name: name,
                kind: EndedSpan.Kind(kind),
                start: core.clock.start(at: instant()),
                fileID: fileID,
                by: reference
            )
            let span = TracedSpan(recording, in: context)
            if !core.processors.isEmpty {
                for processor in core.processors { processor.onStart(span) }
            }
            return span
        }
    }

    /// Decides about a span.
    @inline(__always)
    private func plan(name: String, kind: SpanKind, parent: TracePosition?) -> Plan {
        switch self.sampling {
        case .parentBased(let rootIsSampled):
            guard let parent else {
                let ids = self.ids.nextRoot()
                return Plan(
                    trace: TraceIdentity(
                        traceID: ids.traceID,
                        flags: rootIsSampled ? [.sampled, .random] : [.random]
                    ),
                    spanID: ids.spanID,
                    parent: nil,
                    isRecorded: rootIsSampled
                )
            }
            return Plan(
                trace: parent.trace,
                spanID: self.ids.nextSpanID(),
                parent: parent,
                isRecorded: parent.trace.isSampled
            )
        case .other(let sampler):
            return self.plan(name: name, kind: kind, parent: parent, by: sampler)
        }
    }

    private func plan(
        name: String,
        kind: SpanKind,
        parent: TracePosition?,
        by sampler: any Sampler
    ) -> Plan {
        let traceID: TraceID
        let spanID: SpanID
        if let parent {
            (traceID, spanID) = (parent.trace.traceID, self.ids.nextSpanID())
        } else {
            (traceID, spanID) = self.ids.nextRoot()
        }
        let result = sampler.shouldSample(
            SamplingParameters(
                parent: parent?.spanContext,
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
        if let shared = parent?.trace, shared.flags == flags,
            shared.sampleRate == result.sampleRate,
            result.traceState == nil || result.traceState == shared.state
        {
            trace = shared
        } else {
            trace = TraceIdentity(
                traceID: traceID,
                flags: flags,
                state: result.traceState ?? parent?.trace.state ?? TraceState(),
                sampleRate: result.sampleRate
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

    @inline(__always)
    private func recording(
        _ plan: borrowing Plan,
        name: String,
        kind: EndedSpan.Kind,
        start: SpanStart,
        fileID: String,
        by reference: TracerCoreReference
    ) -> SpanRecording {
        var origin = SpanRecording.Origin(kind: kind, fileID: fileID, start: start)
        origin.initialAttributes = plan.initialAttributes
        if let parent = plan.parent {
            origin.parentSpanID = parent.spanID
            origin.hasRemoteParent = parent.isRemote
            if let recording = parent.recording {
                origin.localRoot = recording.localRoot
                origin.localRoot?.noteFollower()
                self.hand(down: recording, to: &origin.initialAttributes)
            }
        }
        origin.isLocalRoot = origin.localRoot == nil && (kind == .server || kind == .consumer)
        let recording = SpanRecording(
            core: reference,
            trace: plan.trace,
            spanID: plan.spanID,
            origin: origin,
            name: name
        )
        self.counters.countRecorded(isSampled: plan.trace.isSampled)
        return recording
    }

    /// Adds what a span hands down to what the sampler gave one inside it.
    private func hand(down parent: SpanRecording, to attributes: inout Attributes?) {
        guard let inherited = self.inheritance?.attributes(from: parent) else { return }
        if attributes == nil {
            attributes = inherited
        } else {
            attributes?.merge(inherited)
        }
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
