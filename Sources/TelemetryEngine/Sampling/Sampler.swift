public import TelemetryModel
public import Tracing

/// Decides which spans are recorded, and which of those are exported.
public protocol Sampler: Sendable {
    /// Decides about a span that is about to start, on the path of whoever starts it.
    func shouldSample(_ parameters: SamplingParameters) -> SamplingResult
}

/// What a sampler knows about a span.
///
/// The tracing API names attributes and links only after the start, so a sampler sees none.
public struct SamplingParameters: Sendable {
    /// The span that it is started under, in this process or another; `nil` at the root of a trace.
    public var parent: SpanContext?
    /// The sample rate of the parent's trace, in percent, if the parent lives in this process.
    public var parentSampleRate: Double?
    /// Whether the parent lives in this process and is recorded.
    public var isParentRecording: Bool
    /// The trace, new or the parent's.
    public var traceID: TraceID
    /// The name of the span.
    public var name: String
    /// The kind of the span.
    public var kind: SpanKind

    /// Creates parameters.
    public init(
        parent: SpanContext?,
        parentSampleRate: Double? = nil,
        isParentRecording: Bool = false,
        traceID: TraceID,
        name: String,
        kind: SpanKind
    ) {
        self.parent = parent
        self.parentSampleRate = parentSampleRate
        self.isParentRecording = isParentRecording
        self.traceID = traceID
        self.name = name
        self.kind = kind
    }
}

/// What a sampler decided.
public struct SamplingResult: Sendable {
    /// What happens to the span.
    public enum Decision: Sendable, Hashable {
        /// It is not recorded; it propagates.
        case drop
        /// It is recorded for measuring, and not exported.
        case recordOnly
        /// It is recorded and exported.
        case recordAndSample
    }

    /// What happens to the span.
    public var decision: Decision
    /// The percentage of traces that are kept when this one is; `nil` if that is all of them, or
    /// not known.
    public var sampleRate: Double?
    /// What the sampler wants to say on the span.
    public var attributes: Attributes
    /// The vendors' state from here on; `nil` leaves the parent's.
    public var traceState: TraceState?

    /// Creates a result.
    public init(
        _ decision: Decision,
        sampleRate: Double? = nil,
        attributes: Attributes = [:],
        traceState: TraceState? = nil
    ) {
        self.decision = decision
        self.sampleRate = sampleRate
        self.attributes = attributes
        self.traceState = traceState
    }
}
