import TelemetryModel
import TelemetryTransport

extension JSONRequestWriter {
    /// Writes a `LogRecord`.
    mutating func write(_ record: LogRecord) {
        self.bytes.append("{")
        self.time(#""timeUnixNano":"#, record.time)
        self.time(#""observedTimeUnixNano":"#, record.observedTime)
        self.number(#""severityNumber":"#, Int64(record.otlpSeverity))
        self.text(#""severityText":"#, record.severityText)
        if let body = record.body {
            self.key(#""body":"#)
            self.value(body)
        }
        self.attributes(record.attributes)
        self.count(#""droppedAttributesCount":"#, record.droppedAttributesCount)
        self.number(#""flags":"#, Int64(record.traceFlags.rawValue))
        if let id = record.traceID { self.id(#""traceId":"#, id) }
        if let id = record.spanID { self.id(#""spanId":"#, id) }
        self.text(#""eventName":"#, record.otlpEventName)
        self.bytes.append("}")
    }
}
