import TelemetryModel

/// A span where it lies in its batch.
///
/// A span refers to a dozen other things, all of which are counted when it is copied. To read it in
/// its place counts what is asked for, and nothing else.
struct BatchSpan {
    private let spans: [EndedSpan]
    private let index: Int

    /// Refers to one of `spans`.
    @inline(__always)
    init(_ spans: [EndedSpan], at index: Int) {
        self.spans = spans
        self.index = index
    }

    /// The trace that the span belongs to.
    var traceID: TraceID { self.spans[self.index].context.traceID }
    /// The span's own id.
    var spanID: SpanID { self.spans[self.index].context.spanID }
    /// The span that this one was started under.
    var parentSpanID: SpanID? { self.spans[self.index].parentSpanID }
    /// Whether the parent lives in another process.
    var hasRemoteParent: Bool { self.spans[self.index].hasRemoteParent }
    /// The name of the operation.
    var name: String { self.spans[self.index].name }
    /// How the span relates to its callers and callees.
    var kind: EndedSpan.Kind { self.spans[self.index].kind }
    /// When it started.
    var startTime: Timestamp { self.spans[self.index].startTime }
    /// When it ended.
    var endTime: Timestamp { self.spans[self.index].endTime }
    /// What is known about it.
    var attributes: Attributes { self.spans[self.index].attributes }
    /// What happened during the span.
    var events: [EndedSpan.Event] { self.spans[self.index].events }
    /// References to other spans.
    var links: [EndedSpan.Link] { self.spans[self.index].links }
    /// Whether the work succeeded.
    var status: EndedSpan.Status { self.spans[self.index].status }
    /// The percentage of traces that the sampler kept.
    var sampleRate: Double? { self.spans[self.index].sampleRate }
    /// The request in this process that the span belongs to.
    var localRoot: (any LocalRoot)? { self.spans[self.index].localRoot }
}
