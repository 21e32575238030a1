public import Instrumentation
public import TelemetryModel
public import Tracing

/// A span started by ``TelemetryTracer``.
///
/// The value is a handle: copies refer to the same span. A span that is not recorded has a context
/// of its own and forgets everything else. After its end nothing changes a span any more.
public struct TracedSpan: Tracing.Span {
    let recording: SpanRecording?

    /// What there is of a span that is not recorded.
    private let unrecorded: TracePosition?

    /// The context that the span was started in.
    private let surroundings: ServiceContext

    init(_ recording: SpanRecording, in surroundings: ServiceContext) {
        self.recording = recording
        self.unrecorded = nil
        self.surroundings = surroundings
    }

    init(unrecorded: TracePosition, in surroundings: ServiceContext) {
        self.recording = nil
        self.unrecorded = unrecorded
        self.surroundings = surroundings
    }

    /// The context for everything that happens inside the span.
    ///
    /// Made anew each time: a context is a dictionary, and many spans are never asked for theirs.
    public var context: ServiceContext {
        var context = self.surroundings
        context[TracePositionKey.self] = self.recording ?? self.unrecorded
        return context
    }

    /// The span's ids, flags and state.
    public var spanContext: SpanContext {
        (self.recording ?? self.unrecorded)?.spanContext
            ?? SpanContext(traceID: .invalid, spanID: .invalid)
    }

    /// Whether the span is recorded and has not ended.
    public var isRecording: Bool { self.recording?.isRecording ?? false }

    /// The name of the operation; empty if the span is not recorded.
    public var operationName: String {
        get { self.recording?.name ?? "" }
        nonmutating set { self.recording?.name = newValue }
    }

    /// What describes the span.
    ///
    /// Changing an attribute in place copies nothing. When several tasks change attributes at once
    /// none is lost, but a task that reads while another is writing may miss what was set before.
    public var attributes: SpanAttributes {
        get { self.recording?.attributes ?? [:] }
        nonmutating set { self.recording?.replaceAttributes(with: newValue) }
        // Inlined into the witness of the protocol, which would have a frame of its own otherwise.
        @inline(__always) nonmutating _modify {
            let recording = self.recording
            var access = recording?.beginAccess() ?? AttributeAccess(role: .forgotten)
            // Whoever changes the attributes may throw, and then nothing after the yield runs.
            defer { recording?.finishAccess(&access) }
            yield &access.attributes
        }
    }

    /// Sets the status.
    ///
    /// As OpenTelemetry has it: `ok` is final and has no message; an error may replace an error. An
    /// error without a message keeps the message of the error before.
    public func setStatus(_ status: SpanStatus) {
        self.recording?.setStatus(status)
    }

    /// Adds an event after those that are there.
    public func addEvent(_ event: SpanEvent) {
        guard let recording = self.recording else { return }
        recording.add(
            RecordedEvent(
                name: event.name,
                time: recording.time(of: event.nanosecondsSinceEpoch),
                attributes: event.attributes
            )
        )
    }

    /// Adds an event `exception`.
    ///
    /// It has `exception.type` and `exception.message`, and `exception.stacktrace` if the tracer was
    /// told to record backtraces; `attributes` win over these. The status stays as it is.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error,
        attributes: SpanAttributes,
        at instant: @autoclosure () -> Instant
    ) {
        guard let recording = self.recording, recording.isRecording else { return }
        recording.add(
            .exception(
                error,
                attributes: attributes,
                time: recording.time(of: instant().nanosecondsSinceEpoch),
                backtrace: recording.recordsBacktraces ? .capture() : nil
            )
        )
    }

    /// Adds a link after those that are there; ignored if its context belongs to no span.
    public func addLink(_ link: SpanLink) {
        guard let recording = self.recording, let target = link.context.spanContext else { return }
        recording.addLink(to: target, attributes: link.attributes)
    }

    /// Ends the span; a second call changes nothing and is counted.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        self.recording?.end(at: instant().nanosecondsSinceEpoch)
    }
}
