public import Instrumentation
public import TelemetryModel

/// The span that a context belongs to.
///
/// Small enough to fit into the context's dictionary without a box, and with one reference to
/// count: contexts are copied often.
enum TracePosition: Sendable {
    /// A span of this process that is or was recorded.
    case recorded(SpanRecording)

    /// A span that is not recorded, or not of this process.
    case unrecorded(TraceIdentity, SpanID)

    var trace: TraceIdentity {
        switch self {
        case .recorded(let recording): recording.trace
        case .unrecorded(let trace, _): trace
        }
    }

    var spanID: SpanID {
        switch self {
        case .recorded(let recording): recording.spanID
        case .unrecorded(_, let spanID): spanID
        }
    }

    var recording: SpanRecording? {
        switch self {
        case .recorded(let recording): recording
        case .unrecorded: nil
        }
    }
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
        let trace = TraceIdentity(
            traceID: parent.traceID,
            flags: parent.traceFlags,
            state: parent.traceState,
            core: nil
        )
        self[TracePositionKey.self] = .unrecorded(trace, parent.spanID)
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
    /// The span, if it is of this process and recorded.
    package var recording: SpanRecording?

    /// The request of this process, if there is one and it is recorded.
    package var localRoot: (any LocalRoot)? { self.recording?.localRoot }
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
            recording: position.recording
        )
    }
}
