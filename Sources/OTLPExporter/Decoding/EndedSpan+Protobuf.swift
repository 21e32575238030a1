import TelemetryModel

extension EndedSpan {
    /// Reads a `Span`, with the same meaning of what is absent as the reader of JSON.
    ///
    /// - SeeAlso: [trace.proto 1.8](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/opentelemetry/proto/trace/v1/trace.proto)
    init(protobuf reader: ProtobufReader, scope: InstrumentationScope) throws(UnreadableItem) {
        var ids = Identity()
        var span = EndedSpan(
            context: SpanContext(traceID: .invalid, spanID: .invalid),
            name: "",
            scope: scope
        )
        var attributes = UniqueAttributes()
        var status = StatusFields()
        try reader.forEachField { (field) throws(UnreadableItem) in
            switch (field.number, field.value) {
            case (1, .bytes(let id)): try ids.readTraceID(id)
            case (2, .bytes(let id)): try ids.readSpanID(id)
            case (3, .bytes(let text)): ids.state = text.text
            case (4, .bytes(let id)):
                span.parentSpanID = try at("parentSpanId") { () throws(UnreadableItem) in
                    try id.spanID()
                }
            case (5, .bytes(let text)): span.name = text.text
            case (6, .varint(let kind)): span.kind = Kind(protobuf: kind)
            case (7, .fixed64(let time)): span.startTime = Timestamp(protobuf: time)
            case (8, .fixed64(let time)): span.endTime = Timestamp(protobuf: time)
            case (9, .bytes(let pair)): try attributes.append(protobuf: pair)
            case (10, .varint(let count)): span.droppedAttributesCount = Int(protobufCount: count)
            case (11, .bytes(let message)):
                let event = try at("events[\(span.events.count)]") { () throws(UnreadableItem) in
                    try Event(protobuf: message)
                }
                span.events.append(event)
            case (12, .varint(let count)): span.droppedEventsCount = Int(protobufCount: count)
            case (13, .bytes(let message)):
                let link = try at("links[\(span.links.count)]") { () throws(UnreadableItem) in
                    try Link(protobuf: message)
                }
                span.links.append(link)
            case (14, .varint(let count)): span.droppedLinksCount = Int(protobufCount: count)
            case (15, .bytes(let message)):
                try at("status") { () throws(UnreadableItem) in try status.read(message) }
            case (16, .fixed32(let flags)): ids.flags = flags
            default: break
            }
        }
        span.context = try ids.requiredContext()
        span.hasRemoteParent = ids.isRemote
        span.attributes = attributes.attributes
        span.status = status.status
        self = span
    }
}

extension EndedSpan.Kind {
    /// The kind of a number; internal if there is none.
    fileprivate init(protobuf number: UInt64) {
        switch number {
        case 2: self = .server
        case 3: self = .client
        case 4: self = .producer
        case 5: self = .consumer
        default: self = .internal
        }
    }
}

extension EndedSpan.Event {
    fileprivate init(protobuf reader: ProtobufReader) throws(UnreadableItem) {
        var event = EndedSpan.Event(name: "", time: .epoch)
        var attributes = UniqueAttributes()
        try reader.forEachField { (field) throws(UnreadableItem) in
            switch (field.number, field.value) {
            case (1, .fixed64(let time)): event.time = Timestamp(protobuf: time)
            case (2, .bytes(let text)): event.name = text.text
            case (3, .bytes(let pair)): try attributes.append(protobuf: pair)
            case (4, .varint(let count)): event.droppedAttributesCount = Int(protobufCount: count)
            default: break
            }
        }
        event.attributes = attributes.attributes
        self = event
    }
}

extension EndedSpan.Link {
    fileprivate init(protobuf reader: ProtobufReader) throws(UnreadableItem) {
        var ids = Identity()
        var attributes = UniqueAttributes()
        var droppedAttributesCount = 0
        try reader.forEachField { (field) throws(UnreadableItem) in
            switch (field.number, field.value) {
            case (1, .bytes(let id)): try ids.readTraceID(id)
            case (2, .bytes(let id)): try ids.readSpanID(id)
            case (3, .bytes(let text)): ids.state = text.text
            case (4, .bytes(let pair)): try attributes.append(protobuf: pair)
            case (5, .varint(let count)): droppedAttributesCount = Int(protobufCount: count)
            case (6, .fixed32(let flags)): ids.flags = flags
            default: break
            }
        }
        var context = ids.context
        context.isRemote = ids.isRemote
        self.init(
            context: context,
            attributes: attributes.attributes,
            droppedAttributesCount: droppedAttributesCount
        )
    }
}

/// The fields of spans and links that make their context.
private struct Identity {
    var traceID: TraceID?
    var spanID: SpanID?
    var state = ""
    var flags: UInt32 = 0

    /// Bit 8 says whether bit 9 says anything.
    var isRemote: Bool { self.flags & 0x300 == 0x300 }

    var context: SpanContext {
        SpanContext(
            traceID: self.traceID ?? .invalid,
            spanID: self.spanID ?? .invalid,
            traceFlags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: self.flags)),
            traceState: TraceState(otlpText: self.state)
        )
    }

    mutating func readTraceID(_ reader: ProtobufReader) throws(UnreadableItem) {
        self.traceID = try at("traceId") { () throws(UnreadableItem) in try reader.traceID() }
    }

    mutating func readSpanID(_ reader: ProtobufReader) throws(UnreadableItem) {
        self.spanID = try at("spanId") { () throws(UnreadableItem) in try reader.spanID() }
    }

    func requiredContext() throws(UnreadableItem) -> SpanContext {
        guard self.traceID != nil else {
            throw UnreadableItem(path: "traceId", reason: "expected 16 bytes, not all zeros")
        }
        guard self.spanID != nil else {
            throw UnreadableItem(path: "spanId", reason: "expected 8 bytes, not all zeros")
        }
        return self.context
    }
}

/// The fields of a `Status`, of which there may be parts.
private struct StatusFields {
    private var code: UInt64 = 0
    private var message = ""

    mutating func read(_ reader: ProtobufReader) throws(UnreadableItem) {
        var (code, message) = (self.code, self.message)
        try reader.forEachField { (field) throws(UnreadableItem) in
            switch (field.number, field.value) {
            case (2, .bytes(let text)): message = text.text
            case (3, .varint(let value)): code = value
            default: break
            }
        }
        (self.code, self.message) = (code, message)
    }

    var status: EndedSpan.Status {
        switch self.code {
        case 1: .ok
        case 2: .error(message: self.message)
        default: .unset
        }
    }
}
