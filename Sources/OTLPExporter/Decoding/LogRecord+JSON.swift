import TelemetryModel
import TelemetryTransport

extension LogRecord {
    /// Reads an OTLP log record.
    ///
    /// Ids that are absent, empty or all zeros are none. A severity above 24 is kept as it is.
    ///
    /// - SeeAlso: [logs.proto 1.8](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/opentelemetry/proto/logs/v1/logs.proto)
    init(json object: JSONObject, scope: InstrumentationScope) throws(UnreadableItem) {
        let severity = try object.enumeration("severityNumber", names: Self.severityNames)
        self.init(
            time: try object.timestamp("timeUnixNano"),
            observedTime: try object.timestamp("observedTimeUnixNano"),
            severity: Severity(rawValue: Int(clamping: severity)),
            severityText: try object.nonEmptyString("severityText"),
            body: try AttributeValue(json: object, key: "body"),
            attributes: try object.attributes(),
            droppedAttributesCount: Int(try object.uint32("droppedAttributesCount")),
            eventName: try object.nonEmptyString("eventName"),
            traceID: try object.traceID("traceId"),
            spanID: try object.spanID("spanId"),
            traceFlags: TraceFlags(
                rawValue: UInt8(truncatingIfNeeded: try object.uint32("flags"))
            ),
            scope: scope
        )
    }

    /// `SEVERITY_NUMBER_TRACE`, `SEVERITY_NUMBER_TRACE2`, … at the place of their number.
    private static let severityNames: [String] =
        ["SEVERITY_NUMBER_UNSPECIFIED"]
        + ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap { name in
            ["", "2", "3", "4"].map { "SEVERITY_NUMBER_\(name)\($0)" }
        }
}
