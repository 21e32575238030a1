import TelemetryModel

extension ProtobufRequestWriter {
    /// Writes a `LogRecord`.
    mutating func write(_ record: LogRecord) {
        let start = self.open(2, reserving: 2)
        self.time(1, record.time)
        self.varint(2, UInt64(bitPattern: Int64(record.otlpSeverity)))
        self.text(3, record.severityText ?? "")
        if let body = record.body { self.value(5, body) }
        self.attributes(6, record.attributes)
        self.count(7, record.droppedAttributesCount)
        self.fixed32(8, UInt32(record.traceFlags.rawValue))
        if let id = record.traceID { self.id(9, id) }
        if let id = record.spanID { self.id(10, id) }
        self.time(11, record.observedTime)
        self.text(12, record.otlpEventName ?? "")
        self.close(start, reserved: 2)
    }
}
