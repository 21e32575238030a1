private import Instrumentation

extension LoggedSpan {
    /// The span that is current in this task, if any.
    package static var current: LoggedSpan? {
        guard let span = ServiceContext.current?.activeSpan else { return nil }
        return LoggedSpan(
            traceID: span.traceID,
            spanID: span.spanID,
            traceFlags: span.traceFlags,
            sampleRate: span.sampleRate,
            localRoot: span.localRoot
        )
    }
}
