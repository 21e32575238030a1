/// What identifies a span to others: its ids, flags and vendor state.
///
/// - SeeAlso: [OpenTelemetry 1.50, SpanContext](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/trace/api.md#spancontext)
public struct SpanContext: Hashable, Sendable {
    /// The trace that the span belongs to.
    public var traceID: TraceID

    /// The span itself.
    public var spanID: SpanID

    /// Whether the trace is sampled, and whether its id is random.
    public var traceFlags: TraceFlags

    /// The vendors' state, kept as it arrived.
    public var traceState: TraceState

    /// Whether the span lives in another process.
    public var isRemote: Bool

    /// Creates a context.
    public init(
        traceID: TraceID,
        spanID: SpanID,
        traceFlags: TraceFlags = [],
        traceState: TraceState = TraceState(),
        isRemote: Bool = false
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.traceFlags = traceFlags
        self.traceState = traceState
        self.isRemote = isRemote
    }

    /// Whether both ids are valid.
    public var isValid: Bool { self.traceID.isValid && self.spanID.isValid }

    /// Whether the sampled flag is set.
    public var isSampled: Bool { self.traceFlags.contains(.sampled) }
}
