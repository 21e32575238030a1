import OTLPExporter
import TelemetryModel
import Testing

@Suite struct OTLPEncoderTests {
    private func decode(
        _ body: [UInt8],
        _ encoding: OTLPEncoding,
        _ signal: Signal
    ) throws -> OTLPExportRequest {
        switch encoding {
        case .protobuf: try OTLPProtobufDecoder().decode(body, signal: signal)
        case .json: try OTLPJSONDecoder().decode(body)
        }
    }

    private let context = SpanContext(
        traceID: TraceID(high: 0, low: 1),
        spanID: SpanID(rawValue: 1)
    )

    @Test func mediaTypes() {
        #expect(OTLPEncoding.protobuf.mediaType == "application/x-protobuf")
        #expect(OTLPEncoding.json.mediaType == "application/json")
    }

    @Test(arguments: OTLPEncoding.allCases, Signal.allCases)
    func aBatchIsDividedIntoRequestsThatAreSmallEnough(
        encoding: OTLPEncoding,
        signal: Signal
    ) throws {
        var random = RandomBatches(seed: 9)
        var divided = 0
        for round in 0..<60 {
            let batch = random.batch(signal, perScope: 5...20)
            let size = random.number(300...30_000)
            let result = OTLPEncoder(encoding: encoding).requests(for: batch, maximumSize: size)
            #expect(result.requests.allSatisfy { $0.body.count <= size && $0.records > 0 })
            #expect(result.requests.reduce(result.tooLarge) { $0 + $1.records } == batch.count)
            let requests = try result.requests.map { try self.decode($0.body, encoding, signal) }
            #expect(requests.allSatisfy { $0.skipped == [] && $0.batches.count == 1 })
            #expect(
                requests.map { $0.batches.first?.count } == result.requests.map(\.records)
            )
            if result.requests.count > 1 { divided += 1 }
            guard result.tooLarge == 0 else { continue }
            // Put together again they are what they were, in the same order.
            let whole = requests.flatMap { $0.batches.flatMap(\.singles) }
            #expect(batch.singles.isSame(as: whole), "round \(round)")
        }
        #expect(divided > 10)
    }

    @Test(arguments: OTLPEncoding.allCases)
    func aRecordThatIsTooLargeCostsNoOther(encoding: OTLPEncoding) throws {
        let texts = ["a", String(repeating: "x", count: 2000), "b"]
        let records = texts.map { LogRecord(time: .epoch, body: .string($0)) }
        for order in [[0, 1, 2], [1, 0, 2], [0, 2, 1], [1]] {
            let batch = ExportBatch(
                resource: Resource(attributes: ["k": "v"]),
                records: .logs(order.map { records[$0] })
            )
            let result = OTLPEncoder(encoding: encoding).requests(for: batch, maximumSize: 1000)
            #expect(result.tooLarge == 1)
            var bodies: [AttributeValue?] = []
            for request in result.requests {
                let batches = try self.decode(request.body, encoding, .logs).batches
                for case .logs(let logs) in batches.map(\.records) {
                    bodies += logs.map(\.body)
                }
            }
            #expect(bodies == (order == [1] ? [] : [.string("a"), .string("b")]))
            let none = OTLPEncoder(encoding: encoding).requests(for: batch, maximumSize: 10)
            #expect(none.requests == [] && none.tooLarge == order.count)
        }
    }

    @Test(arguments: OTLPEncoding.allCases)
    func recordsOfOneScopeStandTogetherAndKeepTheirOrder(encoding: OTLPEncoding) throws {
        let records = (0..<12).map { number in
            LogRecord(
                time: Timestamp(nanosecondsSinceEpoch: UInt64(number)),
                scope: InstrumentationScope(name: "scope \(number % 3)")
            )
        }
        let batch = ExportBatch(resource: Resource(), records: .logs(records))
        let result = OTLPEncoder(encoding: encoding).requests(for: batch, maximumSize: .max)
        let request = try self.decode(result.requests[0].body, encoding, .logs)
        guard case .logs(let logs) = request.batches[0].records else { return }
        #expect(
            logs.map(\.time.nanosecondsSinceEpoch) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
        )
        #expect(logs.allSatisfy { $0.scope.name == "scope \($0.time.nanosecondsSinceEpoch % 3)" })
    }

    @Test(arguments: OTLPEncoding.allCases)
    func whatNoReceiverCouldUseIsLeftOutAndCounted(encoding: OTLPEncoding) {
        let encoder = OTLPEncoder(encoding: encoding)
        let invalid = SpanContext(traceID: .invalid, spanID: SpanID(rawValue: 1))
        let spans = [
            EndedSpan(context: invalid, name: "x"), EndedSpan(context: self.context, name: "y"),
        ]
        var result = encoder.requests(
            for: ExportBatch(resource: Resource(), records: .spans(spans)),
            maximumSize: .max
        )
        #expect(result.invalid == 1)
        #expect(result.requests.map(\.records) == [1])

        let point = HistogramPoint(
            attributes: [:],
            time: .epoch,
            count: 1,
            sum: nil,
            bounds: [1],
            bucketCounts: [1]
        )
        let metrics = [
            Metric(name: "empty", content: .gauge([])),
            Metric(name: "bad", content: .histogram([point], temporality: .delta)),
        ]
        result = encoder.requests(
            for: ExportBatch(resource: Resource(), records: .metrics(metrics)),
            maximumSize: .max
        )
        #expect(result.invalid == 1)
        #expect(result.requests == [])
    }

    @Test(arguments: OTLPEncoding.allCases)
    func aValueThatIsNestedTooDeepBecomesNull(encoding: OTLPEncoding) throws {
        func nested(_ depth: Int) -> AttributeValue {
            (0..<depth).reduce("x") { value, level in
                level % 2 == 0 ? .array([value]) : .map(["k": value])
            }
        }
        for (depth, cut) in [(28, 0), (29, 1), (5000, 1)] {
            let record = LogRecord(time: .epoch, body: nested(depth), attributes: ["k": 1])
            let result = OTLPEncoder(encoding: encoding).requests(
                for: ExportBatch(resource: Resource(), records: .logs([record])),
                maximumSize: .max
            )
            #expect(result.cutValues == cut)
            let request = try self.decode(result.requests[0].body, encoding, .logs)
            guard case .logs(let logs) = request.batches[0].records else { return }
            #expect((logs[0].body == record.body) == (cut == 0))
            #expect(logs[0].attributes == ["k": 1])
        }
    }

    @Test(arguments: OTLPEncoding.allCases)
    func anEventThatWasTrackedIsALogRecordWithItsName(encoding: OTLPEncoding) throws {
        var record = LogRecord(
            time: .epoch,
            attributes: ["microsoft.custom_event.name": "bought", "k": "v"]
        )
        for (kind, name, expected) in [
            (LogRecord.TrackedKind.event, nil, "bought"), (.event, "own", "own"),
            (.availability, nil, nil), (.exception, nil, nil), (nil, nil, nil),
        ] as [(LogRecord.TrackedKind?, String?, String?)] {
            record.tracked = kind
            record.eventName = name
            let result = OTLPEncoder(encoding: encoding).requests(
                for: ExportBatch(resource: Resource(), records: .logs([record])),
                maximumSize: .max
            )
            let request = try self.decode(result.requests[0].body, encoding, .logs)
            guard case .logs(let logs) = request.batches[0].records else { return }
            #expect(logs[0].eventName == expected)
            #expect(logs[0].attributes == record.attributes)
        }
    }
}
