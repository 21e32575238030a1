import Foundation
import TelemetryModel

/// What is in a batch, in the words of the protocol's definitions, for JSON.
///
/// Written without a look at the encoders: 64-bit integers and doubles are texts, doubles by the
/// sixteen hexadecimal digits of their bits; ids and bytes are hexadecimal; values are lists of
/// their kind and content; what is absent is null.
enum Description {
    typealias Object = [String: Any]

    static func of(_ batch: ExportBatch) -> Object {
        let records: [Object] =
            switch batch.records {
            case .spans(let spans): spans.map { Self.of($0) }
            case .logs(let records): records.map { Self.of($0) }
            case .metrics(let metrics): metrics.map { Self.of($0) }
            }
        return [
            "attributes": Self.of(batch.resource.attributes),
            "schema_url": batch.resource.schemaURL ?? "",
            "records": records,
        ]
    }

    // MARK: Values

    private static func of(_ attributes: Attributes) -> [[Any]] {
        attributes.map { [$0.key, Self.of($0.value)] }
    }

    private static func of(_ value: AttributeValue) -> [Any] {
        switch value {
        case .string(let text): ["string", text]
        case .bool(let value): ["bool", value]
        case .int(let value): ["int", "\(value)"]
        case .double(let value): ["double", Self.of(value)]
        case .bytes(let bytes): ["bytes", Self.hex(bytes)]
        case .array(let values): ["array", values.map { Self.of($0) }]
        case .map(let pairs): ["map", Self.of(pairs)]
        case .null: ["null"]
        }
    }

    private static func of(_ value: Double) -> String {
        Self.hex((0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (56 - 8 * $0)) })
    }

    private static func optional(_ value: Double?) -> Any {
        value.map { Self.of($0) as Any } ?? NSNull()
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func of(_ time: Timestamp) -> String { "\(time.nanosecondsSinceEpoch)" }

    private static func of(_ id: TraceID?) -> String {
        guard let id, id.isValid else { return "" }
        return Self.hex(id.bytes)
    }

    private static func of(_ id: SpanID?) -> String {
        guard let id, id.isValid else { return "" }
        return Self.hex((0..<8).map { UInt8(truncatingIfNeeded: id.rawValue >> (56 - 8 * $0)) })
    }

    private static func of(_ state: TraceState) -> String {
        state.entries.map { $0.key + "=" + $0.value }.joined(separator: ",")
    }

    private static func flags(_ flags: TraceFlags, isRemote: Bool) -> Int {
        Int(flags.rawValue) + 256 + (isRemote ? 512 : 0)
    }

    private static func of(_ scope: InstrumentationScope) -> Object {
        [
            "name": scope.name, "version": scope.version ?? "",
            "attributes": Self.of(scope.attributes),
        ]
    }

    // MARK: Traces

    private static func of(_ span: EndedSpan) -> Object {
        let kinds: [EndedSpan.Kind: Int] = [
            .internal: 1, .server: 2, .client: 3, .producer: 4, .consumer: 5,
        ]
        let (code, message) =
            switch span.status {
            case .unset: (0, "")
            case .ok: (1, "")
            case .error(let message): (2, message)
            }
        return [
            "scope": Self.of(span.scope),
            "trace_id": Self.of(span.context.traceID),
            "span_id": Self.of(span.context.spanID),
            "trace_state": Self.of(span.context.traceState),
            "parent_span_id": Self.of(span.parentSpanID),
            "flags": Self.flags(span.context.traceFlags, isRemote: span.hasRemoteParent),
            "name": span.name,
            "kind": kinds[span.kind] ?? 0,
            "start_time_unix_nano": Self.of(span.startTime),
            "end_time_unix_nano": Self.of(span.endTime),
            "attributes": Self.of(span.attributes),
            "dropped_attributes_count": span.droppedAttributesCount,
            "events": span.events.map { event -> Object in
                [
                    "time_unix_nano": Self.of(event.time), "name": event.name,
                    "attributes": Self.of(event.attributes),
                    "dropped_attributes_count": event.droppedAttributesCount,
                ]
            },
            "dropped_events_count": span.droppedEventsCount,
            "links": span.links.map { link -> Object in
                [
                    "trace_id": Self.of(link.context.traceID),
                    "span_id": Self.of(link.context.spanID),
                    "trace_state": Self.of(link.context.traceState),
                    "attributes": Self.of(link.attributes),
                    "dropped_attributes_count": link.droppedAttributesCount,
                    "flags": Self.flags(link.context.traceFlags, isRemote: link.context.isRemote),
                ]
            },
            "dropped_links_count": span.droppedLinksCount,
            "status": ["code": code, "message": message] as Object,
        ]
    }

    // MARK: Logs

    private static func of(_ record: LogRecord) -> Object {
        [
            "scope": Self.of(record.scope),
            "time_unix_nano": Self.of(record.time),
            "observed_time_unix_nano": Self.of(record.observedTime),
            "severity_number": record.severity.rawValue,
            "severity_text": record.severityText ?? "",
            "body": record.body.map { Self.of($0) as Any } ?? NSNull(),
            "attributes": Self.of(record.attributes),
            "dropped_attributes_count": record.droppedAttributesCount,
            "flags": Int(record.traceFlags.rawValue),
            "trace_id": Self.of(record.traceID),
            "span_id": Self.of(record.spanID),
            "event_name": record.eventName ?? "",
        ]
    }

    // MARK: Metrics

    private static func of(_ metric: Metric) -> Object {
        var object: Object = [
            "scope": Self.of(metric.scope),
            "name": metric.name, "description": metric.description, "unit": metric.unit,
        ]
        switch metric.content {
        case .gauge(let points):
            object["gauge"] = ["data_points": points.map { Self.of($0) }]
        case .sum(let points, let temporality, let isMonotonic):
            object["sum"] =
                [
                    "data_points": points.map { Self.of($0) },
                    "aggregation_temporality": Self.of(temporality), "is_monotonic": isMonotonic,
                ] as Object
        case .histogram(let points, let temporality):
            object["histogram"] =
                [
                    "data_points": points.map { Self.of($0) },
                    "aggregation_temporality": Self.of(temporality),
                ] as Object
        case .exponentialHistogram(let points, let temporality):
            object["exponential_histogram"] =
                [
                    "data_points": points.map { Self.of($0) },
                    "aggregation_temporality": Self.of(temporality),
                ] as Object
        }
        return object
    }

    private static func of(_ temporality: Temporality) -> Int {
        temporality == .delta ? 1 : 2
    }

    private static func of(_ point: NumberPoint) -> Object {
        let value =
            switch point.value {
            case .int(let value): ["as_int", "\(value)"]
            case .double(let value): ["as_double", Self.of(value)]
            }
        return [
            "attributes": Self.of(point.attributes),
            "start_time_unix_nano": Self.of(point.startTime),
            "time_unix_nano": Self.of(point.time),
            "value": value,
        ]
    }

    private static func of(_ point: HistogramPoint) -> Object {
        [
            "attributes": Self.of(point.attributes),
            "start_time_unix_nano": Self.of(point.startTime),
            "time_unix_nano": Self.of(point.time),
            "count": "\(point.count)",
            "sum": Self.optional(point.sum),
            "min": Self.optional(point.min),
            "max": Self.optional(point.max),
            "bucket_counts": point.bucketCounts.map { "\($0)" },
            "explicit_bounds": point.bounds.map { Self.of($0) },
        ]
    }

    private static func of(_ point: ExponentialHistogramPoint) -> Object {
        [
            "attributes": Self.of(point.attributes),
            "start_time_unix_nano": Self.of(point.startTime),
            "time_unix_nano": Self.of(point.time),
            "count": "\(point.count)",
            "sum": Self.optional(point.sum),
            "min": Self.optional(point.min),
            "max": Self.optional(point.max),
            "scale": Int(point.scale),
            "zero_count": "\(point.zeroCount)",
            "zero_threshold": Self.of(point.zeroThreshold),
            "positive": Self.of(point.positive),
            "negative": Self.of(point.negative),
        ]
    }

    private static func of(_ buckets: ExponentialHistogramPoint.Buckets) -> Object {
        ["offset": Int(buckets.offset), "bucket_counts": buckets.counts.map { "\($0)" }]
    }
}
