public import ServiceContextModule
public import TelemetryModel
public import Tracing

/// A span under way.
///
/// A handle: copies are the same span. It may be used from any number of tasks at once. After its
/// end nothing changes it; ending it again is counted and has no effect.
public struct TracedSpan: Tracing.Span {
    let recording: SpanRecording?

    /// The context in which the span is the current one.
    public let context: ServiceContext

    init(recording: SpanRecording?, context: ServiceContext) {
        self.recording = recording
        self.context = context
    }

    /// The ids, flags and state of the span.
    public var spanContext: SpanContext? { self.context.spanContext }

    /// Whether the span takes what it is told; not when it is not sampled, and not after its end.
    public var isRecording: Bool { self.recording?.isRecording ?? false }

    /// The name; empty if the span is not recorded.
    public var operationName: String {
        get { self.recording?.name ?? "" }
        nonmutating set { self.recording?.name = newValue }
    }

    /// The attributes, changed in place: `span.attributes["key"] = value` copies nothing.
    ///
    /// Empty if the span is not recorded. What is written after the end is forgotten.
    public var attributes: SpanAttributes {
        get { self.recording?.attributes ?? SpanAttributes([:]) }
        nonmutating _modify {
            guard let recording = self.recording else {
                var forgotten = SpanAttributes([:])
                yield &forgotten
                return
            }
            var (attributes, access) = recording.beginAccess()
            // A caller that throws in the middle must not lose what was there.
            defer { recording.endAccess(access, attributes) }
            yield &attributes
        }
    }

    /// Says whether the work succeeded.
    ///
    /// By OpenTelemetry's rules: once declared a success, a span stays one; a message counts with
    /// an error only.
    public func setStatus(_ status: SpanStatus) {
        self.recording?.setStatus(status)
    }

    /// Adds something that happened.
    public func addEvent(_ event: SpanEvent) {
        self.recording?.add(event)
    }

    /// Adds an event `exception` with the error's type and description.
    ///
    /// Attributes of the caller win over those.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error,
        attributes: SpanAttributes,
        at instant: @autoclosure () -> Instant
    ) {
        guard let recording = self.recording else { return }
        var all: SpanAttributes = [
            "exception.type": .string(String(reflecting: type(of: error))),
            "exception.message": .string(String(describing: error)),
        ]
        all.merge(attributes)
        recording.add(SpanEvent(name: "exception", at: instant(), attributes: all))
    }

    /// Adds a reference to another span; one without a span in its context is ignored.
    public func addLink(_ link: SpanLink) {
        guard let recording = self.recording, let context = link.context.spanContext else {
            return
        }
        // Never the link itself: its context holds the other span, and two that link to each other
        // would never be freed.
        recording.addLink(to: context, attributes: link.attributes)
    }

    /// Ends the span.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let recording = self.recording else { return }
        recording.end(at: instant().nanosecondsSinceEpoch)
    }
}
