import TelemetryModel
import TelemetryTransport

extension EndedSpan {
    /// Reads an OTLP span.
    ///
    /// | Field             | From                      | When absent |
    /// | ----------------- | ------------------------- | ----------- |
    /// | `context`         | `traceId`, `spanId`, `traceState`, low byte of `flags` | unreadable without ids |
    /// | `hasRemoteParent` | bits 8 and 9 of `flags`   | `false` |
    /// | `parentSpanID`    | `parentSpanId`            | none; so if empty or zero |
    /// | `kind`            | `kind`                    | internal; so if unknown |
    /// | `status`          | `status.code`, `.message` | unset; so if unknown |
    ///
    /// - SeeAlso: [trace.proto 1.8](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/opentelemetry/proto/trace/v1/trace.proto)
    init(json object: JSONObject, scope: InstrumentationScope) throws(UnreadableItem) {
        let flags = try object.uint32("flags")
        self.init(
            context: SpanContext(
                traceID: try object.requiredTraceID("traceId"),
                spanID: try object.requiredSpanID("spanId"),
                traceFlags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: flags)),
                traceState: TraceState(otlpText: try object.string("traceState") ?? "")
            ),
            parentSpanID: try object.spanID("parentSpanId"),
            hasRemoteParent: Self.isRemote(flags),
            name: try object.string("name") ?? "",
            kind: try Self.kind(object),
            startTime: try object.timestamp("startTimeUnixNano"),
            endTime: try object.timestamp("endTimeUnixNano"),
            attributes: try object.attributes(),
            droppedAttributesCount: Int(try object.uint32("droppedAttributesCount")),
            events: try Self.events(object),
            droppedEventsCount: Int(try object.uint32("droppedEventsCount")),
            links: try Self.links(object),
            droppedLinksCount: Int(try object.uint32("droppedLinksCount")),
            status: try Self.status(object),
            scope: scope
        )
    }

    /// Bit 8 says whether bit 9 says anything.
    private static func isRemote(_ flags: UInt32) -> Bool {
        flags & 0x300 == 0x300
    }

    private static func kind(_ object: JSONObject) throws(UnreadableItem) -> Kind {
        let number = try object.enumeration(
            "kind",
            names: [
                "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
                "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER",
            ]
        )
        return switch number {
        case 2: .server
        case 3: .client
        case 4: .producer
        case 5: .consumer
        default: .internal
        }
    }

    private static func status(_ object: JSONObject) throws(UnreadableItem) -> Status {
        guard let status = try object.object("status") else { return .unset }
        return try at("status") { () throws(UnreadableItem) in
            let code = try status.enumeration(
                "code",
                names: ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"]
            )
            let message = try status.string("message") ?? ""
            return switch code {
            case 1: .ok
            case 2: .error(message: message)
            default: .unset
            }
        }
    }

    private static func events(_ object: JSONObject) throws(UnreadableItem) -> [Event] {
        var events: [Event] = []
        for (index, value) in try object.array("events").enumerated() {
            let event = try at("events[\(index)]") { () throws(UnreadableItem) in
                let event = try value.asObject()
                return Event(
                    name: try event.string("name") ?? "",
                    time: try event.timestamp("timeUnixNano"),
                    attributes: try event.attributes(),
                    droppedAttributesCount: Int(try event.uint32("droppedAttributesCount"))
                )
            }
            events.append(event)
        }
        return events
    }

    private static func links(_ object: JSONObject) throws(UnreadableItem) -> [Link] {
        var links: [Link] = []
        for (index, value) in try object.array("links").enumerated() {
            let link = try at("links[\(index)]") { () throws(UnreadableItem) in
                let link = try value.asObject()
                let flags = try link.uint32("flags")
                return Link(
                    context: SpanContext(
                        // A link may refer to nothing that has an id, and say something about it.
                        traceID: try link.traceID("traceId") ?? .invalid,
                        spanID: try link.spanID("spanId") ?? .invalid,
                        traceFlags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: flags)),
                        traceState: TraceState(otlpText: try link.string("traceState") ?? ""),
                        isRemote: Self.isRemote(flags)
                    ),
                    attributes: try link.attributes(),
                    droppedAttributesCount: Int(try link.uint32("droppedAttributesCount"))
                )
            }
            links.append(link)
        }
        return links
    }
}
