internal import TelemetryModel

/// What all spans of a trace share as long as the sampler decides alike for them.
///
/// Never refers to a recording: recordings refer to it.
final class TraceIdentity: Sendable {
    let traceID: TraceID
    let flags: TraceFlags
    let state: TraceState

    /// The percentage of traces that the sampler kept when it kept this one.
    let sampleRate: Double?

    /// Who starts the spans of this process; `nil` for what arrived from another process.
    let core: TracerCore?

    init(
        traceID: TraceID,
        flags: TraceFlags,
        state: TraceState = TraceState(),
        sampleRate: Double? = nil,
        core: TracerCore?
    ) {
        self.traceID = traceID
        self.flags = flags
        self.state = state
        self.sampleRate = sampleRate
        self.core = core
    }

    var isSampled: Bool { self.flags.contains(.sampled) }
    var isRemote: Bool { self.core == nil }

    func spanContext(of spanID: SpanID) -> SpanContext {
        SpanContext(
            traceID: self.traceID,
            spanID: spanID,
            traceFlags: self.flags,
            traceState: self.state,
            isRemote: self.isRemote
        )
    }
}
