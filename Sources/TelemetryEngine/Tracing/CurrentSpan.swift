public import Logging
public import ServiceContextModule
public import TelemetryModel

/// What all spans of a trace share in this process.
///
/// Holds no recording but that of the request it belongs to.
final class Trace: Sendable {
    let traceID: TraceID
    let flags: TraceFlags
    let state: TraceState
    let sampleRate: Double?
    /// Whether the span of the context lives in another process: a propagator read it.
    let isRemote: Bool
    let localRoot: SpanRecording?

    init(
        traceID: TraceID,
        flags: TraceFlags,
        state: TraceState,
        sampleRate: Double? = nil,
        isRemote: Bool = false,
        localRoot: SpanRecording? = nil
    ) {
        self.traceID = traceID
        self.flags = flags
        self.state = state
        self.sampleRate = sampleRate
        self.isRemote = isRemote
        self.localRoot = localRoot
    }
}

/// The span of a context: three words, so that no box is needed to keep it.
struct CurrentSpan: Sendable {
    let trace: Trace
    let spanID: SpanID
    /// The recording; `nil` if the span is not recorded or lives in another process.
    let recording: SpanRecording?
}

enum CurrentSpanKey: ServiceContextKey {
    typealias Value = CurrentSpan
    static var nameOverride: String? { "span" }
}

/// What a log record wants to know of the current span.
package struct ActiveSpan: Sendable {
    package var traceID: TraceID
    package var spanID: SpanID
    package var traceFlags: TraceFlags
    package var sampleRate: Double?
    package var localRoot: (any LocalRoot)?
}

extension ServiceContext {
    /// The ids, flags and state of the span in this context; `nil` if there is none.
    ///
    /// A span that is not sampled has them, too.
    public var spanContext: SpanContext? {
        guard let current = self[CurrentSpanKey.self] else { return nil }
        return SpanContext(
            traceID: current.trace.traceID,
            spanID: current.spanID,
            traceFlags: current.trace.flags,
            traceState: current.trace.state,
            isRemote: current.trace.isRemote
        )
    }

    /// Makes a span of another process the current one, whatever was current before.
    mutating func setRemoteSpan(_ span: SpanContext) {
        let trace = Trace(
            traceID: span.traceID, flags: span.traceFlags, state: span.traceState, isRemote: true)
        self[CurrentSpanKey.self] = CurrentSpan(
            trace: trace, spanID: span.spanID, recording: nil)
    }

    /// The span in this context as log records see it.
    package var activeSpan: ActiveSpan? {
        guard let current = self[CurrentSpanKey.self] else { return nil }
        return ActiveSpan(
            traceID: current.trace.traceID,
            spanID: current.spanID,
            traceFlags: current.trace.flags,
            sampleRate: current.trace.sampleRate,
            localRoot: current.trace.localRoot
        )
    }
}

extension Logger.MetadataProvider {
    /// Adds `trace_id`, `span_id` and `trace_flags` of the current span to the records of any log
    /// handler.
    ///
    /// The log handlers of this package need it not: they have ids of their own.
    public static let traceContext = Logger.MetadataProvider {
        guard let context = ServiceContext.current?.spanContext else { return [:] }
        let flags = context.traceFlags.rawValue
        return [
            "trace_id": "\(context.traceID)",
            "span_id": "\(context.spanID)",
            "trace_flags": .string((flags < 16 ? "0" : "") + String(flags, radix: 16)),
        ]
    }
}
