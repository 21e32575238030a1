public import TelemetryModel

/// Decides which spans are recorded and which are exported.
///
/// Called on the path of whoever starts a span: an implementation must be quick and must not block.
///
/// - SeeAlso: [OpenTelemetry 1.50, Sampler](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/trace/sdk.md#sampler)
public protocol Sampler: Sendable {
    /// Decides about a span that is about to start.
    func shouldSample(_ parameters: SamplingParameters) -> SamplingResult
}

/// What a sampler knows about a span that is about to start.
public struct SamplingParameters: Sendable {
    /// The span that the new one is started under; `nil` for the root of a trace.
    public var parent: SpanContext?

    /// The sample rate stamped on the parent, if it is of this process and has one.
    public var parentSampleRate: Double?

    /// The trace that the span will belong to.
    public var traceID: TraceID

    /// The span's name at its start.
    public var name: String

    /// How the span relates to its callers and callees.
    public var kind: EndedSpan.Kind

    /// The attributes at the start; none, as long as the tracing API has none there.
    public var attributes: Attributes

    /// The links at the start; none, as long as the tracing API has none there.
    public var links: [EndedSpan.Link]

    /// Creates parameters.
    public init(
        parent: SpanContext? = nil,
        parentSampleRate: Double? = nil,
        traceID: TraceID,
        name: String,
        kind: EndedSpan.Kind = .internal,
        attributes: Attributes = [:],
        links: [EndedSpan.Link] = []
    ) {
        self.parent = parent
        self.parentSampleRate = parentSampleRate
        self.traceID = traceID
        self.name = name
        self.kind = kind
        self.attributes = attributes
        self.links = links
    }
}

/// What a sampler decided.
public struct SamplingResult: Hashable, Sendable {
    /// What becomes of the span.
    public enum Decision: Hashable, Sendable {
        /// It is not recorded; its context propagates.
        case drop
        /// Processors see it, exporters do not; it propagates as not sampled.
        case recordOnly
        /// It is recorded and exported.
        case recordAndSample
    }

    /// What becomes of the span.
    public var decision: Decision

    /// Attributes for the span, if it is recorded; values set on the span win over them.
    public var attributes: Attributes

    /// The trace state from this span on; `nil` keeps the parent's.
    public var traceState: TraceState?

    /// The percentage of traces that are kept when this one is, above 0 and at most 100.
    ///
    /// Stamped on the span, on those below it, and on the log records inside them; `nil` if the
    /// sampler cannot tell.
    public var sampleRate: Double?

    /// Creates a result.
    public init(
        _ decision: Decision,
        attributes: Attributes = [:],
        traceState: TraceState? = nil,
        sampleRate: Double? = nil
    ) {
        self.decision = decision
        self.attributes = attributes
        self.traceState = traceState
        self.sampleRate = sampleRate
    }
}
