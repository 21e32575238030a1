internal import TelemetryModel

/// What all spans of a trace share as long as the sampler decides alike for them.
///
/// A value: spans that have nothing but ids and flags need no object for it.
struct TraceIdentity: Sendable {
    /// What few traces have.
    final class Details: Sendable {
        let state: TraceState
        let sampleRate: Double?

        init(state: TraceState, sampleRate: Double?) {
            self.state = state
            self.sampleRate = sampleRate
        }
    }

    let traceID: TraceID
    let flags: TraceFlags

    /// Shared by all spans of the trace; `nil` if there are none.
    let details: Details?

    init(
        traceID: TraceID,
        flags: TraceFlags,
        state: TraceState = TraceState(),
        sampleRate: Double? = nil
    ) {
        self.traceID = traceID
        self.flags = flags
        self.details =
            state.isEmpty && sampleRate == nil
            ? nil : Details(state: state, sampleRate: sampleRate)
    }

    /// The vendors' state.
    var state: TraceState { self.details?.state ?? TraceState() }

    /// The percentage of traces that the sampler kept when it kept this one.
    var sampleRate: Double? { self.details?.sampleRate }

    var isSampled: Bool { self.flags.contains(.sampled) }
}
