import TelemetryModel

extension LogRecord {
    /// Reads a `LogRecord`, with the same meaning of what is absent as the reader of JSON.
    ///
    /// - SeeAlso: [logs.proto 1.8](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/opentelemetry/proto/logs/v1/logs.proto)
    init(protobuf reader: ProtobufReader, scope: InstrumentationScope) throws(UnreadableItem) {
        var record = LogRecord(time: .epoch, scope: scope)
        var attributes = UniqueAttributes()
        try reader.forEachField { (field) throws(UnreadableItem) in
            switch (field.number, field.value) {
            case (1, .fixed64(let time)): record.time = Timestamp(protobuf: time)
            case (2, .varint(let number)):
                record.severity = Severity(rawValue: Int(Int32(truncatingIfNeeded: number)))
            case (3, .bytes(let text)): record.severityText = text.nonEmptyText
            case (5, .bytes(let value)):
                record.body = try at("body") { () throws(UnreadableItem) in
                    try AttributeValue(protobuf: value)
                }
            case (6, .bytes(let pair)): try attributes.append(protobuf: pair)
            case (7, .varint(let count)):
                record.droppedAttributesCount = Int(protobufCount: count)
            case (8, .fixed32(let flags)):
                record.traceFlags = TraceFlags(rawValue: UInt8(truncatingIfNeeded: flags))
            case (9, .bytes(let id)):
                record.traceID = try at("traceId") { () throws(UnreadableItem) in
                    try id.traceID()
                }
            case (10, .bytes(let id)):
                record.spanID = try at("spanId") { () throws(UnreadableItem) in try id.spanID() }
            case (11, .fixed64(let time)): record.observedTime = Timestamp(protobuf: time)
            case (12, .bytes(let text)): record.eventName = text.nonEmptyText
            default: break
            }
        }
        record.attributes = attributes.attributes
        self = record
    }
}

extension ProtobufReader {
    /// What is left, as text; `nil` if it is empty.
    var nonEmptyText: String? { self.count > 0 ? self.text : nil }
}
