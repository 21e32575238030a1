public import TelemetryModel

/// Sees spans when they start and when they end, and may change or drop them.
public protocol SpanProcessor: Sendable {
    /// Sees a span that was just started, on the path of whoever started it.
    ///
    /// Must be quick. The span may be written to. Spans that are not recorded are not shown.
    func onStart(_ span: TracedSpan)

    /// Sees a span that has ended, off the path of whoever ended it.
    func onEnd(_ span: inout EndedSpan) -> ProcessorVerdict
}

extension SpanProcessor {
    /// Does nothing.
    public func onStart(_ span: TracedSpan) {}
}
