public import TelemetryModel

extension TelemetryConfiguration.Traces {
    /// Changes every span after its end, off the path of whoever ended it.
    ///
    /// ```swift
    /// configuration.traces.modify { span in
    ///     span.attributes["shop.region"] = "eu"      // a custom dimension
    ///     span.attributes["card.number"] = nil       // nobody's business
    ///     if span.name.hasPrefix("GET /orders/") { span.name = "GET /orders/{id}" }
    /// }
    /// ```
    ///
    /// What belongs to a request inherits its name, user, session and client address as this leaves
    /// them. A request may be shown to it more than once therefore: while it is under way, with what
    /// is known by then, to see what those inherit that are sent before its end.
    ///
    /// - Parameter change: sees spans after the processors that are there, and may be called by
    ///   several tasks at once.
    public mutating func modify(_ change: @escaping @Sendable (inout EndedSpan) -> Void) {
        self.processors.append(SpanChange(change: change))
    }

    /// Changes every recorded span at its start, on the path of whoever started it.
    ///
    /// For what is known there only, such as a task-local value:
    ///
    /// ```swift
    /// configuration.traces.modifyAtStart { span in
    ///     span.attributes["enduser.id"] = Visitor.current?.account
    /// }
    /// ```
    ///
    /// Attributes that are set on the span later win.
    ///
    /// - Parameter change: must be quick, and may be called by many tasks at once.
    public mutating func modifyAtStart(_ change: @escaping @Sendable (TracedSpan) -> Void) {
        self.processors.append(SpanStartChange(change: change))
    }

    /// Drops spans after their end.
    ///
    /// ```swift
    /// configuration.traces.drop { $0.name == "GET /health" && $0.status == .unset }
    /// ```
    ///
    /// They are counted in ``TelemetryHealth/filtered``, and are in no account. What was recorded
    /// below them stays; to leave out whole traces, use a ``Sampler``.
    ///
    /// - Parameter isUnwanted: sees what the processors that are there left of a span.
    public mutating func drop(where isUnwanted: @escaping @Sendable (EndedSpan) -> Bool) {
        self.processors.append(SpanFilter(isUnwanted: isUnwanted))
    }
}

extension TelemetryConfiguration.Logs {
    /// Changes every log record, off the path of whoever logged it.
    ///
    /// ```swift
    /// configuration.logs.modify { record in
    ///     record.attributes["shop.region"] = "eu"
    ///     if record.attributes["password"] != nil { record.attributes["password"] = "***" }
    /// }
    /// ```
    ///
    /// An error that was logged is in the attributes `exception.type` and `exception.message`.
    ///
    /// - Parameter change: sees the records one after the other, after the processors that are there.
    public mutating func modify(_ change: @escaping @Sendable (inout LogRecord) -> Void) {
        self.processors.append(LogRecordChange(change: change))
    }

    /// Drops log records.
    ///
    /// ```swift
    /// configuration.logs.drop { $0.scope.name == "talkative" && $0.severity < .warning }
    /// ```
    ///
    /// They are counted in ``TelemetryHealth/filtered``, and are in no account. Levels that nobody
    /// wants cost less if the logger does not let them pass: ``TelemetryConfiguration/Logs/levels``.
    ///
    /// - Parameter isUnwanted: sees what the processors that are there left of a record.
    public mutating func drop(where isUnwanted: @escaping @Sendable (LogRecord) -> Bool) {
        self.processors.append(LogRecordFilter(isUnwanted: isUnwanted))
    }
}

/// A span processor that changes ended spans and does nothing else.
struct SpanChange: SpanProcessor {
    fileprivate let change: @Sendable (inout EndedSpan) -> Void

    func onEnd(_ span: inout EndedSpan) -> ProcessorVerdict {
        self.change(&span)
        return .keep
    }
}

private struct SpanStartChange: LeavesSpansAlone {
    let change: @Sendable (TracedSpan) -> Void

    func onStart(_ span: TracedSpan) { self.change(span) }

    func onEnd(_ span: inout EndedSpan) -> ProcessorVerdict { .keep }
}

private struct SpanFilter: LeavesSpansAlone {
    let isUnwanted: @Sendable (EndedSpan) -> Bool

    func onEnd(_ span: inout EndedSpan) -> ProcessorVerdict {
        self.isUnwanted(span) ? .drop : .keep
    }
}

private struct LogRecordChange: LogRecordProcessor {
    let change: @Sendable (inout LogRecord) -> Void

    func onEnd(_ record: inout LogRecord) -> ProcessorVerdict {
        self.change(&record)
        return .keep
    }
}

private struct LogRecordFilter: LogRecordProcessor {
    let isUnwanted: @Sendable (LogRecord) -> Bool

    func onEnd(_ record: inout LogRecord) -> ProcessorVerdict {
        self.isUnwanted(record) ? .drop : .keep
    }
}
