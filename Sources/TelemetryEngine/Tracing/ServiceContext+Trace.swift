public import Instrumentation
public import TelemetryModel

/// The span that a context belongs to: a recording, or all there is of a span that is not recorded
/// or not of this process.
///
/// A single reference, because contexts are copied often: their dictionary holds it without a box,
/// and there is one count to keep.
package class TracePosition: @unchecked Sendable {
    // Unchecked because a class with a subclass cannot be checked: here every property is a
    // constant, and in the subclass, too, or an atomic or a locked value.

    /// The trace that the span belongs to.
    final let trace: TraceIdentity

    /// The span's own id.
    package final let spanID: SpanID

    /// Whether the span is of another process.
    final let isRemote: Bool

    init(trace: TraceIdentity, spanID: SpanID, isRemote: Bool) {
        self.trace = trace
        self.spanID = spanID
        self.isRemote = isRemote
    }

    /// The span itself, if it is or was recorded.
    var recording: SpanRecording? { nil }

    final var spanContext: SpanContext {
        SpanContext(
            traceID: self.trace.traceID,
            spanID: self.spanID,
            traceFlags: self.trace.flags,
            traceState: self.trace.state,
            isRemote: self.isRemote
        )
    }
}

enum TracePositionKey: ServiceContextKey {
    typealias Value = TracePosition
}

extension ServiceContext {
    /// The span that the context belongs to, if there is one.
    var position: TracePosition? {
        // Most requests start in an empty one, where to look up a key costs as much as elsewhere.
        self.isEmpty ? nil : self[TracePositionKey.self]
    }

    /// The ids, flags and state of the span that this context belongs to.
    ///
    /// `nil` if there is none. The span may be of another process, sampled or not, under way or
    /// ended.
    public var spanContext: SpanContext? {
        self.position?.spanContext
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
            state: parent.traceState
        )
        self[TracePositionKey.self] = TracePosition(
            trace: trace,
            spanID: parent.spanID,
            isRemote: true
        )
    }
}

/// The span that a log record belongs to.
package struct ActiveSpan: Sendable {
    private let position: TracePosition

    fileprivate init(_ position: TracePosition) {
        self.position = position
    }

    /// The trace.
    package var traceID: TraceID { self.position.trace.traceID }
    /// The span; of another process if none was started here yet.
    package var spanID: SpanID { self.position.spanID }
    /// The flags of the trace.
    package var traceFlags: TraceFlags { self.position.trace.flags }
    /// The percentage of traces that the sampler kept when it kept this one, if it said so.
    package var sampleRate: Double? { self.position.trace.sampleRate }
    /// The span, if it is of this process and recorded.
    package var recording: SpanRecording? { self.position.recording }
    /// The request of this process, if there is one and it is recorded.
    package var localRoot: (any LocalRoot)? { self.recording?.localRoot }
}

extension ServiceContext {
    /// What a log record needs to know of the span that this context belongs to.
    package var activeSpan: ActiveSpan? {
        guard let position = self.position else { return nil }
        position.recording?.localRoot?.noteFollower()
        return ActiveSpan(position)
    }
}
