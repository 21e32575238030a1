import TelemetryModel

extension ProtobufRequestWriter {
    /// Writes a `Span`.
    mutating func write(_ span: EndedSpan) {
        let start = self.open(2, reserving: 2)
        self.id(1, span.context.traceID)
        self.id(2, span.context.spanID)
        self.state(3, span.context.traceState)
        if let parent = span.parentSpanID { self.id(4, parent) }
        self.text(5, span.name)
        self.member(6, varint: UInt64(span.kind.otlpNumber))
        self.time(7, span.startTime)
        self.time(8, span.endTime)
        self.attributes(9, span.attributes)
        self.count(10, span.droppedAttributesCount)
        for event in span.events { self.write(event) }
        self.count(12, span.droppedEventsCount)
        for link in span.links { self.write(link) }
        self.count(14, span.droppedLinksCount)
        self.write(span.status)
        self.fixed32(16, span.otlpFlags)
        self.close(start, reserved: 2)
    }

    private mutating func write(_ event: EndedSpan.Event) {
        let start = self.open(11, reserving: 1)
        self.time(1, event.time)
        self.text(2, event.name)
        self.attributes(3, event.attributes)
        self.count(4, event.droppedAttributesCount)
        self.close(start, reserved: 1)
    }

    private mutating func write(_ link: EndedSpan.Link) {
        let start = self.open(13, reserving: 1)
        self.id(1, link.context.traceID)
        self.id(2, link.context.spanID)
        self.state(3, link.context.traceState)
        self.attributes(4, link.attributes)
        self.count(5, link.droppedAttributesCount)
        self.fixed32(6, link.otlpFlags)
        self.close(start, reserved: 1)
    }

    private mutating func write(_ status: EndedSpan.Status) {
        switch status {
        case .unset: break
        case .ok:
            self.begin(15, length: 2)
            self.member(3, varint: 1)
        case .error(let message):
            let start = self.open(15, reserving: 1)
            self.text(2, message)
            self.member(3, varint: 2)
            self.close(start, reserved: 1)
        }
    }
}
