public import Instrumentation
public import TelemetryModel

/// The span that a context belongs to.
///
/// Three words, so that it fits into the context's dictionary without a box.
struct TracePosition: Sendable {
    let trace: TraceIdentity
    let spanID: SpanID

    /// The span, if it is one of this process and recorded.
    let recording: SpanRecording?
}

enum TracePositionKey: ServiceContextKey {
    typealias Value = TracePosition
}

extension ServiceContext {
    /// The ids, flags and state of the span that this context belongs to.
    ///
    /// `nil` if there is none. The span may be of another process, sampled or not, under way or
    /// ended.
    public var spanContext: SpanContext? {
        guard let position = self[TracePositionKey.self] else { return nil }
        return position.trace.spanContext(of: position.spanID)
    }

    /// Makes a span of another process the parent of the spans started with this context.
    ///
    /// For propagators. An invalid `parent` changes nothing.
    ///
    /// - Parameter parent: what arrived; it is remote, whatever ``SpanContext/isRemote`` says.
    public mutating func setRemoteParent(_ parent: SpanContext) {
        guard parent.isValid else { return }
        self[TracePositionKey.self] = TracePosition(
            trace: TraceIdentity(
                traceID: parent.traceID,
                flags: parent.traceFlags,
                state: parent.traceState,
                core: nil
            ),
            spanID: parent.spanID,
            recording: nil
        )
    }
}

/// The span that a log record belongs to.
package struct ActiveSpan: Sendable {
    /// The trace.
    package var traceID: TraceID
    /// The span; of another process if none was started here yet.
    package var spanID: SpanID
    /// The flags of the trace.
    package var traceFlags: TraceFlags
    /// The percentage of traces that the sampler kept when it kept this one, if it said so.
    package var sampleRate: Double?
    /// The request of this process, if there is one and it is recorded.
    package var localRoot: (any LocalRoot)?
}

extension ServiceContext {
    /// What a log record needs to know of the span that this context belongs to.
    package var activeSpan: ActiveSpan? {
        guard let position = self[TracePositionKey.self] else { return nil }
        return ActiveSpan(
            traceID: position.trace.traceID,
            spanID: position.spanID,
            traceFlags: position.trace.flags,
            sampleRate: position.trace.sampleRate,
            localRoot: position.recording?.localRoot
        )
    }
}
