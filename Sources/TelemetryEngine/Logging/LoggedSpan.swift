package import TelemetryModel

/// The span that is current where somebody logs.
package struct LoggedSpan: Sendable {
    /// The trace.
    package var traceID: TraceID
    /// The span.
    package var spanID: SpanID
    /// The flags of the trace.
    package var traceFlags: TraceFlags
    /// The percentage of traces that the sampler kept when it kept this one; `nil` if it kept all.
    package var sampleRate: Double?
    /// The request of this process that is current.
    package var localRoot: (any LocalRoot)?

    package init(
        traceID: TraceID,
        spanID: SpanID,
        traceFlags: TraceFlags,
        sampleRate: Double? = nil,
        localRoot: (any LocalRoot)? = nil
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.traceFlags = traceFlags
        self.sampleRate = sampleRate
        self.localRoot = localRoot
    }

    /// Finds the current span; `nil` outside any, and as long as nobody traces.
    ///
    /// The tracer, which knows, is the other side of this seam.
    package typealias Lookup = @Sendable () -> LoggedSpan?
}
