public import Instrumentation
public import TelemetryModel
public import Tracing

/// A span started by ``TelemetryTracer``.
///
/// The value is a handle: copies refer to the same span. A span that is not recorded has a context
/// of its own and forgets everything else. After its end nothing changes a span any more.
public struct TracedSpan: Tracing.Span {
    let recording: SpanRecording?

    /// The context for everything that happens inside the span.
    public let context: ServiceContext

    init(recording: SpanRecording?, context: ServiceContext) {
        self.recording = recording
        self.context = context
    }

    /// The span's ids, flags and state.
    public var spanContext: SpanContext {
        self.context.spanContext ?? SpanContext(traceID: .invalid, spanID: .invalid)
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
        nonmutating _modify {
            guard let recording = self.recording else {
                var forgotten: SpanAttributes = [:]
                yield &forgotten
                return
            }
            var access = recording.beginAccess()
            // Whoever changes the attributes may throw, and then nothing after the yield runs.
            defer { recording.finishAccess(&access) }
            if access.attributes.isEmpty {
                access.attributes.reserveCapacity(Self.usualAttributeCount)
            }
            yield &access.attributes
        }
    }

    private static let usualAttributeCount = 6

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
                time: recording.core.clock.time(
                    of: event.nanosecondsSinceEpoch,
                    since: recording.origin.start
                ),
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
                time: recording.core.clock.time(
                    of: instant().nanosecondsSinceEpoch,
                    since: recording.origin.start
                ),
                backtrace: recording.core.recordsBacktraces ? .capture() : nil
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
