public import TelemetryModel

/// Sees spans when they start and when they have ended, and may change or drop them.
///
/// What belongs to a request inherits its user, session and client address only after the request
/// was processed, if there is a processor of your own: it might mask them. For simple cases there
/// are closures that cost nothing of that kind: ``TelemetryConfiguration/Traces/modify(_:)``,
/// ``TelemetryConfiguration/Traces/modifyAtStart(_:)``, ``TelemetryConfiguration/Traces/drop(where:)``.
public protocol SpanProcessor: Sendable {
    /// Sees a recorded span at its start, on the path of whoever started it; must be quick.
    ///
    /// Does nothing by default.
    func onStart(_ span: TracedSpan)

    /// Sees a span after its end, off the path of whoever ended it.
    func onEnd(_ span: inout EndedSpan) -> ProcessorVerdict
}

extension SpanProcessor {
    /// Does nothing.
    public func onStart(_ span: TracedSpan) {}
}
