import TelemetryModel
import TelemetryTransport

extension JSONRequestWriter {
    /// Writes a `Span`.
    mutating func write(_ span: EndedSpan) {
        self.bytes.append("{")
        self.id(#""traceId":"#, span.context.traceID)
        self.id(#""spanId":"#, span.context.spanID)
        self.state(span.context.traceState)
        if let parent = span.parentSpanID { self.id(#""parentSpanId":"#, parent) }
        self.number(#""flags":"#, Int64(span.otlpFlags))
        self.text(#""name":"#, span.name)
        self.number(#""kind":"#, Int64(span.kind.otlpNumber))
        self.time(#""startTimeUnixNano":"#, span.startTime)
        self.time(#""endTimeUnixNano":"#, span.endTime)
        self.attributes(span.attributes)
        self.count(#""droppedAttributesCount":"#, span.droppedAttributesCount)
        self.write(span.events)
        self.count(#""droppedEventsCount":"#, span.droppedEventsCount)
        self.write(span.links)
        self.count(#""droppedLinksCount":"#, span.droppedLinksCount)
        self.write(span.status)
        self.bytes.append("}")
    }

    private mutating func write(_ events: [EndedSpan.Event]) {
        guard !events.isEmpty else { return }
        self.key(#""events":["#)
        for event in events {
            self.separate()
            self.bytes.append("{")
            self.time(#""timeUnixNano":"#, event.time)
            self.text(#""name":"#, event.name)
            self.attributes(event.attributes)
            self.count(#""droppedAttributesCount":"#, event.droppedAttributesCount)
            self.bytes.append("}")
        }
        self.bytes.append("]")
    }

    private mutating func write(_ links: [EndedSpan.Link]) {
        guard !links.isEmpty else { return }
        self.key(#""links":["#)
        for link in links {
            self.separate()
            self.bytes.append("{")
            self.id(#""traceId":"#, link.context.traceID)
            self.id(#""spanId":"#, link.context.spanID)
            self.state(link.context.traceState)
            self.attributes(link.attributes)
            self.count(#""droppedAttributesCount":"#, link.droppedAttributesCount)
            self.number(#""flags":"#, Int64(link.otlpFlags))
            self.bytes.append("}")
        }
        self.bytes.append("]")
    }

    private mutating func write(_ status: EndedSpan.Status) {
        switch status {
        case .unset: break
        case .ok: self.key(#""status":{"code":1}"#)
        case .error(let message):
            self.key(#""status":{"#)
            self.text(#""message":"#, message)
            self.number(#""code":"#, 2)
            self.bytes.append("}")
        }
    }
}
