import AzureMonitorExporter
import TelemetryModel
import Testing

/// What tests look at in an envelope.
struct Envelope {
    var json: StrictJSON

    init(_ text: String) throws { self.json = try StrictJSON(text) }

    var tags: StrictJSON { self.json["tags"] ?? .object([]) }
    var data: StrictJSON { self.json["data"]?["baseData"] ?? .object([]) }
    var kind: String? { self.json["data"]?["baseType"]?.string }
    var properties: StrictJSON { self.data["properties"] ?? .object([]) }

    func tag(_ name: String) -> String? { self.tags[name]?.string }
    func property(_ name: String) -> String? { self.properties[name]?.string }
}

/// Maps records the short way.
enum Mapped {
    static let key = "00000000-0000-0000-0000-000000000001"
    static let resource = Resource(attributes: ["service.name": "shop", "service.instance.id": "1"])
    static let trace = TraceID(high: 0x0AF7_6519_16CD_43DD, low: 0x8448_EB21_1C80_319C)
    static let start = Timestamp(nanosecondsSinceEpoch: 1_700_000_000_123_000_000)
    static let end = Timestamp(nanosecondsSinceEpoch: 1_700_000_000_373_000_000)

    static func encoder(
        environment: [String: String] = [:],
        _ change: (inout EnvelopeOptions) -> Void = { _ in }
    ) -> EnvelopeEncoder {
        var options = EnvelopeOptions(
            instrumentationKey: Self.key,
            hostName: "host-1",
            environment: environment
        )
        change(&options)
        return EnvelopeEncoder(options: options)
    }

    static func envelopes(
        _ records: ExportBatch.Records,
        resource: Resource = Self.resource,
        encoder: EnvelopeEncoder = Self.encoder()
    ) throws -> [Envelope] {
        try encoder.envelopes(of: ExportBatch(resource: resource, records: records)).texts
            .map { try Envelope($0) }
    }

    static func span(
        _ kind: EndedSpan.Kind = .server,
        _ attributes: Attributes = [:],
        change: (inout EndedSpan) -> Void = { _ in }
    ) throws -> Envelope {
        try #require(
            try Self.envelopes(.spans([Self.ended(kind, attributes, change: change)])).first
        )
    }

    static func ended(
        _ kind: EndedSpan.Kind = .server,
        _ attributes: Attributes = [:],
        change: (inout EndedSpan) -> Void = { _ in }
    ) -> EndedSpan {
        var span = EndedSpan(
            context: SpanContext(
                traceID: Self.trace,
                spanID: SpanID(rawValue: 0xB7AD_6B71_6920_3331)
            ),
            name: "op",
            kind: kind,
            startTime: Self.start,
            endTime: Self.end,
            attributes: attributes
        )
        change(&span)
        return span
    }

    static func log(
        _ attributes: Attributes = [:],
        change: (inout LogRecord) -> Void = { _ in }
    ) throws -> Envelope {
        var record = LogRecord(
            time: Self.start,
            severity: .info,
            body: "said",
            attributes: attributes,
            traceID: Self.trace,
            spanID: SpanID(rawValue: 1),
            scope: InstrumentationScope(name: "app")
        )
        change(&record)
        return try #require(try Self.envelopes(.logs([record])).first)
    }

    static func gauge(_ name: String, _ value: Double, _ attributes: Attributes = [:]) -> Metric {
        Metric(
            name: name,
            content: .gauge([
                NumberPoint(attributes: attributes, time: Self.start, value: .double(value))
            ])
        )
    }
}
