public import Instrumentation
public import Tracing

/// The engine's tracer: what one bootstraps swift-distributed-tracing with.
///
/// Spans that are recorded go into a bounded channel at their end, from where the span processor's
/// actor takes them. Nothing here suspends.
public struct TelemetryTracer: Tracer {
    private let core: TracerCoreReference

    private init(core: TracerCoreReference) {
        self.core = core
    }

    /// Creates a tracer.
    ///
    /// - Parameters:
    ///   - channel: where recorded spans go at their end.
    ///   - processors: those whose `onStart` is called; nothing else of them is used here.
    ///   - inheritance: what spans hand down to those inside them.
    ///   - recordsBacktraces: whether `recordError` records where it was called (Linux only). That
    ///     costs 10 µs there, and 1 ms to half a second, depending on the size of the program, for
    ///     names that the span processor's actor looks up for the first time; so it is off.
    ///   - flush: what ``forceFlush()`` triggers; must return at once.
    package init(
        channel: RecordChannel<SpanRecording>,
        sampler: any Sampler = ParentBasedSampler(root: AlwaysOnSampler()),
        limits: SpanLimits = SpanLimits(),
        time: TimeSource = .system,
        ids: RandomIDGenerator = RandomIDGenerator(),
        propagators: [any Propagator] = [W3CTraceContextPropagator(), W3CBaggagePropagator()],
        processors: [any SpanProcessor] = [],
        inheritance: AttributeInheritance? = nil,
        counters: TracingCounters = TracingCounters(),
        recordsBacktraces: Bool = false,
        flush: @escaping @Sendable () -> Void = {}
    ) {
        self.core = TracerCoreReference(
            TracerCore(
                channel: channel,
                sampler: sampler,
                limits: limits,
                time: time,
                ids: ids,
                propagators: propagators,
                processors: processors,
                inheritance: inheritance,
                counters: counters,
                recordsBacktraces: recordsBacktraces,
                flush: flush
            )
        )
    }

    /// The same tracer, kept for as long as the process lives.
    ///
    /// For `InstrumentationSystem.bootstrap`, which keeps it as long: the copies that are made to
    /// find it count no references then, and threads that start spans do not meet there.
    public func immortal() -> TelemetryTracer {
        TelemetryTracer(core: self.core.immortal())
    }

    /// Starts a span inside the span of `context`, if it has one.
    ///
    /// - Parameter fileID: names the instrumentation scope: its module.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> TracedSpan {
        TracerCore.startSpan(
            operationName,
            kind: kind,
            fileID: fileID,
            in: context(),
            by: self.core
        ) {
            instant().nanosecondsSinceEpoch
        }
    }

    /// Starts a span inside the span of `context`, if it has one.
    public func startAnySpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> any Tracing.Span {
        self.startSpan(
            operationName,
            context: context(),
            ofKind: kind,
            at: instant(),
            function: function,
            file: fileID,
            line: line
        )
    }

    /// The span of `context`, if it was started in this process, is recorded and has not ended.
    public func activeSpan(identifiedBy context: ServiceContext) -> TracedSpan? {
        guard let recording = context.position?.recording, recording.isRecording
        else { return nil }
        return TracedSpan(recording, in: context)
    }

    /// Asks for what has ended to be exported soon, and returns at once.
    public func forceFlush() {
        self.core.withCore { $0.flush }()
    }

    /// Reads the headers that all propagators understand.
    public func extract<Carrier, Extract>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract: Extractor, Extract.Carrier == Carrier {
        for propagator in self.core.withCore({ $0.propagators }) {
            propagator.extract(carrier, into: &context, using: extractor)
        }
    }

    /// Writes the headers of all propagators.
    public func inject<Carrier, Inject>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject: Injector, Inject.Carrier == Carrier {
        for propagator in self.core.withCore({ $0.propagators }) {
            propagator.inject(context, into: &carrier, using: injector)
        }
    }
}
