import AzureMonitorExporter
import TelemetryEngine
import TelemetryModel
import Testing

@testable import enum AzureMonitorExporter.SemanticKey

/// Thousands of random records: what must hold for any of them.
@Suite struct PropertyTests {
    // MARK: Hostile records

    @Test(arguments: 0..<8)
    func anythingBecomesValidEnvelopes(_ seed: UInt64) throws {
        var random = RandomTelemetry(seed: seed)
        for _ in 0..<125 {
            let records = random.records()
            let batch = ExportBatch(
                resource: Resource(attributes: random.attributes()),
                records: records
            )
            let encoder = Mapped.encoder(environment: random.environment()) {
                $0.redactsQueries = random.chance(0.2)
                $0.applicationID = random.chance(0.5) ? random.text() : nil
            }
            let texts = encoder.envelopes(of: batch)
            for text in texts.texts {
                let json = try StrictJSON(text)
                #expect(EnvelopeRules.broken(by: json) == nil)
            }
            let encoded = encoder.encode(batch, resourceItemAt: Mapped.start)
            let left = encoded.dropped.values.reduce(encoded.omitted, +)
            #expect(left == texts.unmapped.count)
            var items = 0
            for body in encoded.bodies {
                let envelopes = try #require(try StrictJSON(body.bytes).array)
                #expect(envelopes.count == body.layout.itemCount + body.leadingItems)
                items += body.layout.itemCount
                for envelope in envelopes { #expect(EnvelopeRules.broken(by: envelope) == nil) }
            }
            #expect(items == texts.texts.count)
        }
    }

    // MARK: What is consumed, and what is kept

    /// Keys whose value may be read and yet stay a property.
    static let neverConsumed: Set<String> = [
        "az.namespace", "gen_ai.provider.name", "gen_ai.system", "message_bus.destination",
    ]
    /// Keys that are consumed for what they mean rather than for what they say.
    static let consumedUnseen: Set<String> = [
        "url.scheme", "http.scheme", "_MS.sampleRate", "microsoft.custom_measurements",
    ]
    /// Keys that hide what would be derived without them; they have tests of their own.
    static func isOverride(_ key: String) -> Bool {
        key.hasPrefix("microsoft.request.") || key.hasPrefix("microsoft.dependency.")
            || key == "microsoft.client.ip" || key == "microsoft.operation_name"
    }

    /// Every value is unlike all others, so it can be found wherever it went: a key is a property
    /// if, and only if, its value went nowhere else.
    @Test(arguments: EndedSpan.Kind.allCases)
    func spanKeepsExactlyWhatItDidNotUse(_ kind: EndedSpan.Kind) throws {
        var random = RandomTelemetry(seed: 11)
        for _ in 0..<800 {
            let attributes = random.markedAttributes { !Self.isOverride($0) }
            let envelope = try Mapped.span(kind, attributes) { $0.name = "span" }
            try Self.expectConservation(of: attributes, in: envelope, keeps: Self.neverConsumed)
        }
    }

    @Test func logRecordKeepsExactlyWhatItDidNotUse() throws {
        let copied: Set<String> = [
            "client.address", "http.client_ip", "net.peer.ip", "ai.operation.name",
        ]
        var random = RandomTelemetry(seed: 12)
        for _ in 0..<1500 {
            let attributes = random.markedAttributes { _ in true }
            let envelope = try Mapped.log(attributes)
            try Self.expectConservation(of: attributes, in: envelope, keeps: copied)
        }
    }

    @Test func metricPointKeepsEverything() throws {
        var random = RandomTelemetry(seed: 13)
        for _ in 0..<500 {
            let attributes = random.markedAttributes { _ in true }
            let envelope = try #require(
                try Mapped.envelopes(.metrics([Mapped.gauge("g", 1, attributes)])).first
            )
            for attribute in attributes {
                #expect(envelope.property(attribute.key) == attribute.value.expectedText)
            }
        }
    }

    private static func expectConservation(
        of attributes: Attributes,
        in envelope: Envelope,
        keeps: Set<String>
    ) throws {
        let elsewhere = envelope.textOutsideProperties
        for attribute in attributes {
            let text = attribute.value.expectedText
            let isUsed = elsewhere.contains { $0.contains(text) }
            let property = envelope.property(attribute.key)
            if Self.consumedUnseen.contains(attribute.key) {
                #expect(property == nil || property == text)
            } else if keeps.contains(attribute.key) {
                #expect(property == text, "\(attribute.key)")
            } else {
                #expect(
                    property == (isUsed ? nil : text),
                    "\(attribute.key) of \(attributes.map(\.key))"
                )
            }
        }
    }
}

extension RandomTelemetry {
    fileprivate init(seed: UInt64) {
        self.init(seed: seed, keys: SemanticKey.allCases.map(\.name))
    }
}

extension Envelope {
    /// All texts of the envelope but its properties.
    fileprivate var textOutsideProperties: [String] {
        var texts = (self.tags.members ?? []).compactMap(\.value.string)
        for member in self.data.members ?? [] where member.key != "properties" {
            if let text = member.value.string { texts.append(text) }
            for element in member.value.array ?? [] {
                texts += (element.members ?? []).compactMap(\.value.string)
            }
        }
        return texts
    }
}

extension AttributeValue {
    fileprivate var expectedText: String {
        switch self {
        case .string(let text): text
        case .int(let number): String(number)
        default: ""
        }
    }
}
