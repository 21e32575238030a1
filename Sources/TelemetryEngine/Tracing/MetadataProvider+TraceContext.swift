internal import Instrumentation
public import Logging
internal import TelemetryModel

extension Logger.MetadataProvider {
    /// Adds `trace_id`, `span_id` and `trace_flags` of the current span to log lines.
    ///
    /// For log handlers that are not of this package, such as a console's. Adds nothing where no
    /// span is current. The values are hexadecimal, as in `traceparent`.
    public static let traceContext = Logger.MetadataProvider {
        guard let context = ServiceContext.current?.spanContext else { return [:] }
        return [
            "trace_id": "\(context.traceID)",
            "span_id": "\(context.spanID)",
            "trace_flags": .string(W3CTraceContextPropagator.hex(of: context.traceFlags)),
        ]
    }
}
