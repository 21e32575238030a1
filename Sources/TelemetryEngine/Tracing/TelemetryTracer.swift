public import Instrumentation
public import ServiceContextModule
import TelemetryModel
public import Tracing

/// Starts the spans of a ``Telemetry``.
///
/// A value of one word, so that looking it up costs little. A span that is not sampled keeps every
/// value of its context, has an id of its own and propagates; it records nothing.
public struct TelemetryTracer: Tracer {
    /// The spans it starts.
    public typealias Span = TracedSpan

    private let core: TracerCore

    init(core: TracerCore) {
        self.core = core
    }

    /// Starts a span below the one in the context, or a new trace.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> TracedSpan {
        let start = StartTime(
            instant().nanosecondsSinceEpoch, by: self.core.time, offset: self.core.clockOffset)
        return self.core.startSpan(
            operationName, in: context(), kind: kind, start: start, fileID: fileID)
    }

    /// Starts a span; the form for those who know only that there is a tracer.
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
            operationName, context: context(), ofKind: kind, at: instant(), function: function,
            file: fileID, line: line)
    }

    /// The span of a context, if it is recorded in this process.
    public func activeSpan(identifiedBy context: ServiceContext) -> TracedSpan? {
        guard let recording = context[CurrentSpanKey.self]?.recording else { return nil }
        return TracedSpan(recording: recording, context: context)
    }

    /// Hands what waits to the exporters without waiting for them; this call cannot wait.
    ///
    /// ``Telemetry/forceFlush(_:)`` waits, and says what became of it.
    public func forceFlush() {
        self.core.channel.flush()
    }

    /// Writes the context into a carrier, by all propagators.
    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        for propagator in self.core.propagators {
            propagator.inject(context, into: &carrier, using: injector)
        }
    }

    /// Reads the context from a carrier, by all propagators; what is malformed is ignored.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        for propagator in self.core.propagators {
            propagator.extract(carrier, into: &context, using: extractor)
        }
    }
}

/// When a span started, by both clocks.
struct StartTime: Sendable {
    var wall: UInt64
    var monotonic: UInt64

    /// Reads the monotonic clock for a moment that the caller gave.
    ///
    /// The API gives a moment whether the caller named one or not. One that is not the present
    /// moves the monotonic start by as much, so that an end at present is right, too.
    ///
    /// - Parameter offset: wall clock minus monotonic clock when the tracer was made; a moment
    ///   that fits it is the present, and spares a look at the wall clock.
    init(_ instant: UInt64, by time: TimeSource, offset: UInt64) {
        let tolerance: UInt64 = 1_000_000
        self.wall = instant
        self.monotonic = time.monotonicNow()
        let drift = Int64(bitPattern: instant &- self.monotonic &- offset)
        guard drift.magnitude > tolerance else { return }
        let ahead = Int64(bitPattern: instant &- time.wallNow().nanosecondsSinceEpoch)
        guard ahead.magnitude > tolerance else { return }
        self.monotonic = self.monotonic &+ UInt64(bitPattern: ahead)
    }
}
