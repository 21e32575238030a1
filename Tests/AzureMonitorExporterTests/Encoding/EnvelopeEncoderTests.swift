import AzureMonitorExporter
import TelemetryEngine
import TelemetryModel
import Testing

@Suite struct EnvelopeEncoderTests {
    static func logs(_ sizes: [Int]) -> ExportBatch {
        ExportBatch(
            resource: Mapped.resource,
            records: .logs(
                sizes.map {
                    LogRecord(
                        time: Mapped.start,
                        body: .string(String(repeating: "m", count: min($0, 30_000))),
                        // Quotation marks double in size when they are written.
                        attributes: [
                            "p": .string(String(repeating: "\"", count: max(0, $0 - 30_000)))
                        ]
                    )
                }
            )
        )
    }

    @Test func bodyIsAnArrayWithAnEnvelopeALine() throws {
        let encoded = Mapped.encoder().encode(Self.logs([10, 20, 30]))
        #expect(encoded.bodies.count == 1)
        let lines = encoded.bodies[0].bytes.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 3)
        #expect(encoded.bodies[0].bytes.first == UInt8(ascii: "["))
        #expect(encoded.bodies[0].bytes.last == UInt8(ascii: "]"))
        #expect(try StrictJSON(encoded.bodies[0].bytes).array?.count == 3)
    }

    @Test func emptyBatchHasNoBody() {
        #expect(Mapped.encoder().encode(Self.logs([])).bodies.isEmpty)
        #expect(Mapped.encoder().encode(Self.logs([]), resourceItemAt: Mapped.start).bodies.isEmpty)
    }

    @Test func bodiesHoldAtMostAMegabyte() throws {
        let encoded = Mapped.encoder().encode(Self.logs(Array(repeating: 30_000, count: 100)))
        #expect(encoded.bodies.count == 3)
        #expect(encoded.bodies.allSatisfy { $0.bytes.count <= 1_048_576 })
        #expect(encoded.bodies.dropLast().allSatisfy { $0.bytes.count > 1_000_000 })
        #expect(encoded.bodies.map(\.layout.recordCount).reduce(0, +) == 100)
        for body in encoded.bodies {
            #expect(try StrictJSON(body.bytes).array?.count == body.layout.itemCount)
        }
    }

    @Test func largeItemGoesAlone() throws {
        var batch = Self.logs([10, 20, 30])
        guard case .logs(var records) = batch.records else { return }
        for name in ["a", "b", "c", "d", "e"] {
            records[1].attributes[name] = .string(String(repeating: "\"", count: 8192))
        }
        batch.records = .logs(records)
        let encoded = Mapped.encoder().encode(batch, resourceItemAt: Mapped.start)
        #expect(encoded.bodies.count == 2)
        #expect(encoded.bodies.map(\.layout.recordCount) == [1, 2])
        #expect(encoded.bodies.map(\.leadingItems) == [0, 1])
        #expect(encoded.bodies[0].bytes.count > 65_536)
        for body in encoded.bodies {
            let items = try #require(try StrictJSON(body.bytes).array)
            #expect(items.count == body.layout.itemCount + body.leadingItems)
        }
    }

    @Test func largeFirstRecordTakesTheResourceItemAlong() throws {
        let batch = ExportBatch(
            resource: Mapped.resource,
            records: .spans([
                Mapped.ended(
                    .internal,
                    ["gen_ai.input.messages": .string(String(repeating: "x", count: 70_000))]
                ),
                Mapped.ended(.internal),
            ])
        )
        let encoded = Mapped.encoder().encode(batch, resourceItemAt: Mapped.start)
        #expect(encoded.bodies.map(\.leadingItems) == [1, 0])
        #expect(encoded.bodies.map(\.layout.recordCount) == [1, 1])
    }

    @Test func spanAndItsEventsAreOneRecord() throws {
        let span = Mapped.ended {
            $0.events = [
                .init(name: "a", time: Mapped.start), .init(name: "b", time: Mapped.start),
            ]
        }
        let batch = ExportBatch(
            resource: Mapped.resource,
            records: .spans([Mapped.ended(), span, Mapped.ended()])
        )
        let layout = try #require(Mapped.encoder().encode(batch).bodies.first).layout
        #expect(
            layout.runs == [
                .init(itemsPerRecord: 1, records: 1), .init(itemsPerRecord: 3, records: 1),
                .init(itemsPerRecord: 1, records: 1),
            ]
        )
    }

    @Test func badPointCostsNoOther() throws {
        let batch = ExportBatch(
            resource: Mapped.resource,
            records: .metrics([
                Mapped.gauge("a", .nan), Mapped.gauge("b", 1), Mapped.gauge("c", .infinity),
                Mapped.gauge("d", 2),
            ])
        )
        let encoded = Mapped.encoder().encode(batch)
        #expect(encoded.dropped == [.invalid: 2])
        #expect(encoded.bodies.map(\.layout.recordCount) == [2])
        #expect(try StrictJSON(encoded.bodies[0].bytes).array?.count == 2)
    }

    @Test func cutTextsAreCounted() {
        let long = String(repeating: "x", count: 9000)
        let span = Mapped.ended(
            .internal,
            ["a": .string(long), .init(repeating: "k", count: 151): 1]
        ) {
            $0.name = long
        }
        let batch = ExportBatch(resource: Mapped.resource, records: .spans([span]))
        #expect(Mapped.encoder().encode(batch).cutTexts == 3)
    }

    // MARK: The resource

    @Test func resourceItemTellsTheWholeResource() throws {
        let resource = Resource(attributes: ["service.name": "shop", "host.name": "h", "n": 1])
        let encoder = Mapped.encoder { $0.applicationID = "app-1" }
        let envelope = try Envelope(encoder.resourceEnvelope(of: resource, at: Mapped.start))
        #expect(envelope.kind == "MetricData")
        #expect(envelope.data["metrics"]?.array?.first?["name"]?.string == "_OTELRESOURCE_")
        #expect(envelope.data["metrics"]?.array?.first?["value"]?.number == 0)
        #expect(envelope.property("host.name") == "h")
        #expect(envelope.property("n") == "1")
        #expect(envelope.property("microsoft.applicationId") == "app-1")
    }

    @Test func resourceItemLeadsTheFirstBodyUnlessItIsTurnedOff() throws {
        let batch = Self.logs([1, 2])
        let body = try #require(
            Mapped.encoder().encode(batch, resourceItemAt: Mapped.start).bodies.first
        )
        #expect(body.leadingItems == 1)
        let items = try #require(try StrictJSON(body.bytes).array)
        #expect(items.count == 3)
        #expect(items[0]["data"]?["baseType"]?.string == "MetricData")
        let silent = Mapped.encoder(environment: [
            "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED": "TRUE"
        ])
        #expect(!silent.writesResourceItem)
        #expect(silent.encode(batch, resourceItemAt: Mapped.start).bodies.first?.leadingItems == 0)
    }

    @Test func emptyResourceHasNoRole() throws {
        let envelope = try #require(
            try Mapped.envelopes(.spans([Mapped.ended()]), resource: Resource()).first
        )
        #expect(envelope.tag("ai.cloud.role") == nil)
        #expect(envelope.tag("ai.cloud.roleInstance") == nil)
        #expect(envelope.tag("ai.device.id") == "host-1")
    }

    @Test func roleInstanceFallsBackToTheHost() throws {
        let envelope = try #require(
            try Mapped.envelopes(
                .spans([Mapped.ended()]),
                resource: Resource(attributes: ["x": "y"])
            ).first
        )
        #expect(envelope.tag("ai.cloud.role") == "")
        #expect(envelope.tag("ai.cloud.roleInstance") == "host-1")
        #expect(envelope.tag("ai.internal.nodeName") == "host-1")
    }

    @Test(
        arguments: [
            ([:], "u", "m"), (["FUNCTIONS_WORKER_RUNTIME": ""], "f", "m"),
            (["WEBSITE_SITE_NAME": "x", "KUBERNETES_SERVICE_HOST": "y"], "a", "m"),
            (["KUBERNETES_SERVICE_HOST": "y"], "k", "m"), (["AKS_ARM_NAMESPACE_ID": "y"], "k", "i"),
        ] as [([String: String], String, String)]
    )
    func sdkVersionTellsWhereItRuns(
        _ environment: [String: String],
        _ platform: String,
        _ attachment: String
    ) throws {
        let envelope = try #require(
            try Mapped.envelopes(
                .spans([Mapped.ended()]),
                encoder: Mapped.encoder(environment: environment)
            ).first
        )
        let version = try #require(envelope.tag("ai.internal.sdkVersion"))
        #expect(version.hasPrefix(platform))
        #expect(version.dropFirst(2).hasPrefix(attachment))
        #expect(version.count <= 64)
        let shape = /[a-z]{3}_swift[0-9.]+:otel[0-9.]+:dst[0-9.]+/
        #expect(version.wholeMatch(of: shape) != nil)
    }

    @Test(
        arguments: [
            (["LANG": "de_DE.UTF-8"], "de_DE"), (["LANG": "C"], nil), (["LC_ALL": "POSIX"], nil),
            (["LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "fr_FR"], "en_US"), ([:], nil),
        ] as [([String: String], String?)]
    )
    func localeIsLeftOutIfThereIsNone(_ environment: [String: String], _ locale: String?) throws {
        let envelope = try #require(
            try Mapped.envelopes(
                .spans([Mapped.ended()]),
                encoder: Mapped.encoder(environment: environment)
            ).first
        )
        #expect(envelope.tag("ai.device.locale") == locale)
    }
}
