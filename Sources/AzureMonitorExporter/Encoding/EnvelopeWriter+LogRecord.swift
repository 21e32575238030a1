import TelemetryModel

extension EnvelopeWriter {
    /// Writes a log record.
    ///
    /// | First of these that holds                                                       | Item         |
    /// | ------------------------------------------------------------------------------- | ------------ |
    /// | `exception.type` or `exception.message` present                                 | exception    |
    /// | `microsoft.custom_event.name` not empty                                         | event        |
    /// | `microsoft.availability.id`, `.name`, `.duration`, `.success` not empty         | availability |
    /// | any record                                                                      | message      |
    ///
    /// What was tracked as an event or availability result is not asked for what comes before that:
    /// its properties may have any names.
    ///
    /// | Property          | From                                                    | Unless an attribute has that name |
    /// | ----------------- | ------------------------------------------------------- | -- |
    /// | the attribute's key | every attribute that was not consumed                 |    |
    /// | `logger_name`     | the scope's name, unless the record was tracked         | x  |
    /// | `severity_text`   | the severity's text, if it says more than the level     | x  |
    /// | `otel.event_name` | the event's name, if not empty                          | x  |
    /// | `otel.body`       | see ``ExceptionData``                                   | x  |
    ///
    /// The time is the record's, else the observed time.
    ///
    /// - Returns: how many items were written.
    mutating func write(_ record: LogRecord) -> Int {
        self.beginRecord()
        self.attributes.load(record.attributes)
        var tags = ItemTags(logRecord: &self.attributes)
        if let inherited = self.inheritedTags(from: record.localRoot, for: nil) {
            tags.inherit(inherited)
        }
        let measurements = Measurements(&self.attributes)
        let body = record.body?.mappedText ?? ""

        var spareBody: String?
        if record.mayBeException, self.attributes.has(.exceptionType, or: .exceptionMessage) {
            let data = ExceptionData(
                logRecord: record,
                body: body,
                attributes: &self.attributes
            )
            self.beginRecord(.exception, record, tags)
            data.write(to: &self.json)
            if !body.isEmpty, data.message != body { spareBody = body }
        } else if record.mayBeEvent, let data = EventData(attributes: &self.attributes) {
            self.beginRecord(.event, record, tags)
            data.write(to: &self.json)
        } else if let data = AvailabilityData(body: body, attributes: &self.attributes) {
            self.beginRecord(.availability, record, tags)
            data.write(to: &self.json)
        } else {
            let data = MessageData(
                logRecord: record,
                body: body,
                cutTexts: &self.json.cutTexts
            )
            self.beginRecord(.message, record, tags)
            data.write(to: &self.json)
        }
        self.recordProperties(record, body: spareBody)
        measurements.write(to: &self.json)
        self.end()
        return 1
    }

    private mutating func beginRecord(_ kind: ItemKind, _ record: LogRecord, _ tags: ItemTags) {
        let time = record.time == .epoch ? record.observedTime : record.time
        self.begin(kind, at: time, sampleRate: Self.usable(record.sampleRate))
        self.operation(record.traceID, parent: record.spanID)
        tags.write(to: &self.json)
        self.json.raw(kind.data)
    }

    private mutating func recordProperties(_ record: LogRecord, body: String?) {
        self.beginProperties()
        self.remainingProperties()
        if record.tracked == nil, !self.attributes.has(.loggerName) {
            self.property("logger_name", record.scope.name)
        }
        if !self.attributes.has(.severityText),
            let text = SeverityLevel.telling(record.severityText, of: record.severity)
        {
            self.property("severity_text", text)
        }
        if !self.attributes.has(.otelEventName), let name = record.eventName, !name.isEmpty {
            self.property("otel.event_name", name)
        }
        if !self.attributes.has(.otelBody), let body { self.property("otel.body", body) }
        self.endProperties()
    }
}

extension LogRecord {
    /// Whether attributes of an exception make the record one.
    fileprivate var mayBeException: Bool { self.tracked == nil || self.tracked == .exception }

    /// Whether the name of an event makes the record one.
    fileprivate var mayBeEvent: Bool { self.tracked != .availability }
}
