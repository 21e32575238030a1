import TelemetryModel

extension EnvelopeWriter {
    /// Writes a span and its events.
    ///
    /// | Kind                       | Item       |
    /// | -------------------------- | ---------- |
    /// | server, consumer           | request    |
    /// | client, producer, internal | dependency |
    ///
    /// | Property                  | From                              | Unless                           |
    /// | ------------------------- | --------------------------------- | -------------------------------- |
    /// | the attribute's key       | every attribute that was not consumed |                              |
    /// | `otel.status_description` | the status' message, if not empty | there is an attribute of that name |
    /// | `_MS.links`               | the first 102 links, as JSON      | there are no links               |
    ///
    /// `_MS.sampleRate` becomes the envelope's rate if the span names none itself, and never a
    /// property.
    ///
    /// - Returns: how many items were written.
    mutating func write(_ span: BatchSpan) -> Int {
        self.beginRecord()
        self.attributes.load(span.attributes)
        let sampleRate = self.consumeSampleRate(span)
        var tags = ItemTags(span: &self.attributes)
        var measurements = Measurements(&self.attributes)
        let isEntry = span.parentSpanID == nil || span.hasRemoteParent
        // The tags of the request itself are not those it has to give.
        let inherited =
            isEntry && span.kind.isRequest
            ? nil : self.inheritedTags(from: span.localRoot, for: span.spanID)

        switch span.kind {
        case .server, .consumer:
            let data = RequestData(
                serverSpan: span,
                attributes: &self.attributes,
                tags: &tags,
                redactsQueries: self.redactsQueries
            )
            if let wait = data.timeSinceEnqueued { measurements.set("timeSinceEnqueued", wait) }
            self.beginSpan(.request, span, inherited, &tags, sampleRate)
            data.write(to: &self.json)
        case .client:
            let data = RemoteDependencyData(
                clientSpan: span,
                attributes: &self.attributes,
                tags: &tags,
                redactsQueries: self.redactsQueries
            )
            self.beginSpan(.dependency, span, inherited, &tags, sampleRate)
            data.write(to: &self.json)
        case .producer:
            let data = RemoteDependencyData(
                producerSpan: span,
                attributes: &self.attributes,
                tags: &tags
            )
            self.beginSpan(.dependency, span, inherited, &tags, sampleRate)
            data.write(to: &self.json)
        case .internal:
            let data = RemoteDependencyData(
                internalSpan: span,
                attributes: &self.attributes,
                tags: &tags
            )
            self.beginSpan(.dependency, span, inherited, &tags, sampleRate)
            data.write(to: &self.json)
        }
        self.spanProperties(span)
        measurements.write(to: &self.json)
        self.end()

        // Events are told apart from their span by their client alone.
        tags.userAgent = nil
        for event in span.events {
            self.separate()
            self.write(event, of: span, tags: tags, sampleRate: sampleRate)
        }
        return 1 + span.events.count
    }

    private mutating func beginSpan(
        _ kind: ItemKind,
        _ span: BatchSpan,
        _ inherited: ItemTags?,
        _ tags: inout ItemTags,
        _ sampleRate: Double?
    ) {
        if let inherited { tags.inherit(inherited) }
        self.begin(kind, at: span.startTime, sampleRate: sampleRate)
        self.operation(span.traceID, parent: span.parentSpanID)
        tags.write(to: &self.json)
        self.json.raw(kind.data)
        self.json.raw(#","id":""#)
        self.json.hex(span.spanID)
        self.json.raw(#"","duration":"#)
        self.json.duration(from: span.startTime, to: span.endTime)
    }

    private mutating func consumeSampleRate(_ span: BatchSpan) -> Double? {
        let own = Self.usable(span.sampleRate)
        guard let attribute = self.attributes.value(.msSampleRate) else { return own }
        self.attributes.consume(.msSampleRate)
        if let own { return own }
        return switch attribute {
        case .int(let rate): Self.usable(Double(rate))
        case .double(let rate): Self.usable(rate)
        default: nil
        }
    }

    private mutating func spanProperties(_ span: BatchSpan) {
        if !span.links.isEmpty { self.attributes.consume(.msLinks) }
        self.beginProperties()
        self.remainingProperties()
        if case .error(let message) = span.status, !message.isEmpty,
            !self.attributes.has(.otelStatusDescription)
        {
            self.property("otel.status_description", message)
        }
        if !span.links.isEmpty { self.property("_MS.links", Self.text(of: span.links)) }
        self.endProperties()
    }

    /// The links as JSON, as many as the service takes.
    private static func text(of links: [EndedSpan.Link]) -> String {
        var json = JSONWriter()
        json.raw("[")
        for (index, link) in links.prefix(102).enumerated() {
            if index > 0 { json.raw(",") }
            json.raw(#"{"operation_Id":""#)
            json.hex(link.context.traceID)
            json.raw(#"","id":""#)
            json.hex(link.context.spanID)
            json.raw(#""}"#)
        }
        json.raw("]")
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Writes an event of a span: an exception if it is called so, else a message.
    ///
    /// It bears the tags of its span, and has the span for parent. Its attributes become
    /// properties unless an exception consumed them.
    private mutating func write(
        _ event: EndedSpan.Event,
        of span: BatchSpan,
        tags: ItemTags,
        sampleRate: Double?
    ) {
        self.attributes.load(event.attributes)
        let measurements = Measurements(&self.attributes)
        let isException = event.name == ExceptionData.eventName
        let kind: ItemKind = isException ? .exception : .message
        self.begin(kind, at: event.time, sampleRate: sampleRate)
        self.operation(span.traceID, parent: span.spanID)
        tags.write(to: &self.json)
        self.json.raw(kind.data)
        if isException {
            ExceptionData(spanEvent: &self.attributes).write(to: &self.json)
        } else {
            MessageData(spanEvent: event).write(to: &self.json)
        }
        self.beginProperties()
        self.remainingProperties()
        self.endProperties()
        measurements.write(to: &self.json)
        self.end()
    }
}

extension EndedSpan.Kind {
    /// Whether spans of the kind become requests.
    var isRequest: Bool { self == .server || self == .consumer }
}
