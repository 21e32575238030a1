import AzureIdentity
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import TelemetryTransport
import Testing

@testable import AzureMonitorExporter

@Suite struct ExporterTests {
    private static let ikey = "InstrumentationKey=00000000-0000-0000-0000-000000000001"
    private let resource = Resource(attributes: ["service.name": "shop"])

    private func connection(
        _ transport: ScriptedTransport = ScriptedTransport(),
        environment: [String: String] = [:]
    ) throws -> AzureMonitorConnection {
        try AzureMonitorConnection(
            connectionString: try ConnectionString(
                "\(Self.ikey);IngestionEndpoint=http://127.0.0.1"
            ),
            transport: transport,
            environment: environment
        )
    }

    private func spans(_ count: Int, padding: Int = 0, events: Int = 0) -> ExportBatch {
        let spans = (0..<count).map { number in
            EndedSpan(
                context: SpanContext(
                    traceID: TraceID(high: 1, low: 2),
                    spanID: SpanID(rawValue: UInt64(number + 1))
                ),
                name: "span \(number)",
                kind: .server,
                startTime: Timestamp(nanosecondsSinceEpoch: 1_753_053_833_973_000_000),
                endTime: Timestamp(nanosecondsSinceEpoch: 1_753_053_833_983_000_000),
                attributes: Attributes(
                    (0..<padding).map {
                        .init(key: "key\($0)", value: .string(String(repeating: "v", count: 8_000)))
                    }
                ),
                events: (0..<events).map { EndedSpan.Event(name: "e\($0)", time: .epoch) }
            )
        }
        return ExportBatch(resource: self.resource, records: .spans(spans))
    }

    private func items(_ payload: Payload) throws -> [JSONValue] {
        #expect(payload.isCompressed)
        let body = try Gzip.decompress(payload.body, maximumSize: 16 << 20)
        let items = try #require(try JSONValue(parsing: body).arrayValue)
        #expect(PayloadBody.items(of: body)?.count == items.count)
        #expect(items.count == payload.leadingItems + payload.itemCount)
        return items
    }

    private func baseType(_ item: JSONValue) -> String? {
        item.objectValue?["data"]?.objectValue?["baseType"]?.stringValue
    }

    @Test func aBatchBecomesOneCompressedRequest() async throws {
        let exporter = AzureMonitorTraceExporter(connection: try self.connection())
        let encoded = await exporter.encode(self.spans(3, events: 2))
        #expect(encoded.dropped == [:])
        #expect(encoded.payloads.count == 1)
        let payload = try #require(encoded.payloads.first)
        #expect(payload.signal == .traces)
        #expect(payload.mediaType == "application/json")
        #expect(payload.layout.runs == [.init(itemsPerRecord: 3, records: 3)])
        #expect(payload.leadingItems == 1)
        let items = try self.items(payload)
        #expect(self.baseType(items[0]) == "MetricData")
        #expect(self.baseType(items[1]) == "RequestData")
    }

    @Test func theResourceItemLeadsTheFirstBatchOfEachResourceAlone() async throws {
        let connection = try self.connection()
        let exporter = AzureMonitorTraceExporter(connection: connection)
        var other = self.spans(1)
        other.resource.attributes["service.name"] = "other"
        var leading: [Int] = []
        for batch in [self.spans(0), self.spans(1), self.spans(1), other, other] {
            leading += await exporter.encode(batch).payloads.map(\.leadingItems)
        }
        #expect(leading == [1, 0, 1, 0])

        let silent = AzureMonitorTraceExporter(
            connection: try self.connection(
                environment: ["APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED": "True"]
            )
        )
        #expect(await silent.encode(self.spans(1)).payloads.map(\.leadingItems) == [0])
    }

    @Test func aRequestHoldsAMegabyteAndOversizeTravelsAlone() async throws {
        let exporter = AzureMonitorTraceExporter(connection: try self.connection())
        // About 56 KB each, so that no single one is too large to share.
        let encoded = await exporter.encode(self.spans(40, padding: 7))
        #expect(encoded.payloads.count == 3)
        #expect(encoded.payloads.reduce(0) { $0 + $1.recordCount } == 40)
        for payload in encoded.payloads {
            #expect(try Gzip.decompress(payload.body, maximumSize: 16 << 20).count <= 1 << 20)
            _ = try self.items(payload)
        }
        let large = await exporter.encode(self.spans(3, padding: 10))
        #expect(large.payloads.map(\.recordCount) == [1, 1, 1])
    }

    /// What the service says to the rest of a record, and what becomes of that.
    private static let answersToRest: [(status: Int, verdict: ItemRefusal.Verdict?)] = [
        (200, nil), (503, .retry), (400, .drop(.rejected)),
    ]

    @Test(arguments: ExporterTests.answersToRest)
    func anOversizeSpanDoesNotTakeItsEventsWithIt(
        status: Int,
        verdict: ItemRefusal.Verdict?
    ) async throws {
        let transport = ScriptedTransport([.status(400), .status(status)])
        let exporter = AzureMonitorTraceExporter(connection: try self.connection(transport))
        // The first batch has the resource item, too.
        _ = await exporter.encode(self.spans(1))
        let encoded = await exporter.encode(self.spans(1, padding: 10, events: 2))
        let payload = try #require(encoded.payloads.first)
        #expect(payload.layout.runs == [.init(itemsPerRecord: 3, records: 1)])
        let outcome = await exporter.send(payload, within: .seconds(1))
        let ofEvents = verdict.map { verdict in
            [1, 2].map { ItemRefusal(item: $0, verdict: verdict) }
        }
        #expect(
            outcome
                == .partiallyAccepted(
                    [ItemRefusal(item: 0, verdict: .drop(.tooLarge))] + (ofEvents ?? [])
                )
        )
        let bodies = await transport.requests.map(\.body)
        #expect(bodies.count == 2)
        var rest = payload
        rest.body = try #require(bodies.last)
        rest.layout = RecordLayout(runs: [.init(itemsPerRecord: 2, records: 1)])
        #expect(try self.items(rest).map { self.baseType($0) } == ["MessageData", "MessageData"])
    }

    @Test func anOversizeSpanWithoutEventsIsTriedOnce() async throws {
        let transport = ScriptedTransport([.status(400)])
        let exporter = AzureMonitorTraceExporter(connection: try self.connection(transport))
        _ = await exporter.encode(self.spans(1))
        let encoded = await exporter.encode(self.spans(1, padding: 10))
        let payload = try #require(encoded.payloads.first)
        guard
            case .refused(.tooLarge, _) = await exporter.send(payload, within: .seconds(1))
        else {
            Issue.record("not refused for its size")
            return
        }
        #expect(await transport.requests.count == 1)
    }

    @Test func metricsThatAreNotSentByDesignAreNoLoss() async throws {
        let exporter = AzureMonitorMetricExporter(connection: try self.connection())
        func metric(_ name: String, _ values: [Double]) -> Metric {
            let points = values.map {
                NumberPoint(attributes: [:], time: .epoch, value: .double($0))
            }
            return Metric(name: name, content: .gauge(points))
        }
        let batch = ExportBatch(
            resource: Resource(),
            records: .metrics([
                metric("http.server.active_requests", [1, 2]), metric("jobs", [3, .nan]),
            ])
        )
        let encoded = await exporter.encode(batch)
        #expect(encoded.omitted == 2)
        #expect(encoded.dropped == [.invalid: 1])
        #expect(encoded.payloads.map(\.recordCount) == [1])
    }

    @Test func whatIsCutIsCounted() async throws {
        let exporter = AzureMonitorTraceExporter(connection: try self.connection())
        var batch = self.spans(1)
        guard case .spans(var spans) = batch.records else { return }
        spans[0].attributes["long"] = .string(String(repeating: "x", count: 100_000))
        batch.records = .spans(spans)
        let encoded = await exporter.encode(batch)
        #expect(encoded.cutTexts == 1)
        #expect(encoded.payloads.map(\.recordCount) == [1])
    }

    @Test func recordsOfAnotherSignalAreCounted() async throws {
        let connection = try self.connection()
        let exporter = AzureMonitorLogExporter(connection: connection)
        let encoded = await exporter.encode(self.spans(2))
        #expect(encoded.payloads.isEmpty)
        #expect(encoded.dropped == [.invalid: 2])
        #expect(exporter.signals == [.logs])
        #expect(AzureMonitorTraceExporter(connection: connection).signals == [.traces])
        #expect(AzureMonitorMetricExporter(connection: connection).signals == [.metrics])
    }

    @Test func theExportersOfOneConnectionShareADestination() throws {
        let connection = try self.connection()
        let destinations = [
            AzureMonitorTraceExporter(connection: connection).destination,
            AzureMonitorMetricExporter(connection: connection).destination,
            AzureMonitorLogExporter(connection: connection).destination,
        ]
        #expect(Set(destinations).count == 1)
        #expect(destinations.first?.name == "azure")
    }

    @Test func encodedItemsAreSentDividedAndRefused() async throws {
        let refusal = #"{"errors":[{"index":1,"statusCode":500},{"index":2,"statusCode":400}]}"#
        let transport = ScriptedTransport([.status(206, body: refusal), .status(413)])
        let exporter = AzureMonitorTraceExporter(connection: try self.connection(transport))
        let payload = try #require(await exporter.encode(self.spans(3)).payloads.first)
        #expect(
            await exporter.send(payload, within: .seconds(3_600))
                == .partiallyAccepted([
                    ItemRefusal(item: 1, verdict: .retry),
                    ItemRefusal(item: 2, verdict: .drop(.rejected)),
                ])
        )
        #expect(await exporter.send(payload, within: .seconds(3_600)) == .payloadTooLarge)
        let rest = await exporter.payload(
            of: payload,
            keeping: [1],
            layout: RecordLayout(records: 1)
        )
        let kept = try self.items(try #require(rest))
        #expect(try self.items(payload)[1] == kept[0])
        #expect(await transport.requests.map(\.body) == [payload.body, payload.body])
    }

    @Test func onlyTheOwnerClosesConnections() async throws {
        let transport = ScriptedTransport()
        let connection = try self.connection(transport)
        await AzureMonitorTraceExporter(connection: connection).shutdown()
        #expect(await transport.isShutDown == false)
        await connection.shutdown()
        #expect(await transport.isShutDown)
    }

    @Test func anExporterIsMadeFromAConnectionStringAlone() async throws {
        let exporter = try AzureMonitorLogExporter(
            connectionString: Self.ikey,
            storageDirectory: "/somewhere",
            disableOfflineStorage: true
        )
        #expect(exporter.storageDirectory == "/somewhere")
        #expect(exporter.disableOfflineStorage)
        #expect(exporter.destination == (try ConnectionString(Self.ikey).destination))
        await exporter.shutdown()
    }

    @Test func aCredentialNeedsAnEndpointThatTokensMayBeSentTo() {
        let error = #expect(throws: AzureMonitorError.self) {
            try AzureMonitorTraceExporter(
                connectionString: "\(Self.ikey);IngestionEndpoint=http://h.example",
                credential: ClosureCredential { _ in AccessToken(token: "t", expiresOn: 0) }
            )
        }
        #expect(error?.code == .invalidEndpoint)
        #expect(error?.message.contains("https") == true)
    }
}
