internal import Instrumentation
internal import Tracing

/// Runs a body in a client span of the current tracer and records what it throws.
func withClientSpan<Result>(
    _ name: String,
    function: String,
    file fileID: String,
    line: UInt,
    describe: (inout SpanAttributes) -> Void,
    _ body: (any Tracing.Span) async throws -> Result
) async rethrows -> Result {
    let span = startClientSpan(name, function: function, file: fileID, line: line)
    defer { span.end() }
    if span.isRecording {
        describe(&span.attributes)
    }
    return try await ServiceContext.$current.withValue(span.context) {
        do {
            return try await body(span)
        } catch {
            fail(span, with: error)
            throw error
        }
    }
}

/// Runs a synchronous body in a client span of the current tracer and records what it throws.
func withClientSpan<Result>(
    _ name: String,
    function: String,
    file fileID: String,
    line: UInt,
    describe: (inout SpanAttributes) -> Void,
    _ body: (any Tracing.Span) throws -> Result
) rethrows -> Result {
    let span = startClientSpan(name, function: function, file: fileID, line: line)
    defer { span.end() }
    if span.isRecording {
        describe(&span.attributes)
    }
    return try ServiceContext.$current.withValue(span.context) {
        do {
            return try body(span)
        } catch {
            fail(span, with: error)
            throw error
        }
    }
}

private func startClientSpan(
    _ name: String,
    function: String,
    file fileID: String,
    line: UInt
) -> any Tracing.Span {
    func start(_ tracer: some Tracer) -> any Tracing.Span {
        tracer.startSpan(
            name,
            context: .current ?? .topLevel,
            ofKind: .client,
            at: DefaultTracerClock.now,
            function: function,
            file: fileID,
            line: line
        )
    }
    return start(InstrumentationSystem.tracer)
}

private func fail(_ span: any Tracing.Span, with error: any Error) {
    if span.attributes.get("error.type") == nil {
        span.attributes["error.type"] = String(reflecting: type(of: error))
    }
    span.recordError(error)
    span.setStatus(SpanStatus(code: .error))
}
