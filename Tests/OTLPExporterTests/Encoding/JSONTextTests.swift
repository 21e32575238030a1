import OTLPExporter
import TelemetryModel
import Testing

/// Requests as the JSON encoding of the protocol has them, letter by letter.
@Suite struct JSONTextTests {
    private func text(
        _ records: ExportBatch.Records,
        _ resource: Resource = Resource()
    ) throws -> String {
        let batch = ExportBatch(resource: resource, records: records)
        let result = OTLPEncoder(encoding: .json).requests(for: batch, maximumSize: .max)
        return String(decoding: try #require(result.requests.first).body, as: UTF8.self)
    }

    private let context = SpanContext(
        traceID: TraceID(high: 0xABCD_EF00_0000_0000, low: 1),
        spanID: SpanID(rawValue: 0xFEDC_BA98_7654_3210),
        traceFlags: .sampled,
        traceState: TraceState([.init(key: "a", value: "1")])
    )

    @Test func aSpan() throws {
        let span = EndedSpan(
            context: self.context,
            parentSpanID: SpanID(rawValue: 1),
            name: "a \"quoted\"\n\u{1}name",
            kind: .client,
            startTime: Timestamp(nanosecondsSinceEpoch: .max),
            endTime: Timestamp(nanosecondsSinceEpoch: 10),
            attributes: ["i": 1, "b": .bytes([0xFB, 0xFF])],
            droppedAttributesCount: 2,
            events: [.init(name: "e", time: Timestamp(nanosecondsSinceEpoch: 3))],
            links: [.init(context: self.context)],
            status: .error(message: "no"),
            scope: InstrumentationScope(name: "s", version: "1")
        )
        #expect(
            try self.text(
                .spans([span]),
                Resource(attributes: ["service.name": "x"], schemaURL: "u")
            ) == #"""
                {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name",\#
                "value":{"stringValue":"x"}}]},"scopeSpans":[{"scope":{"name":"s","version":"1"},\#
                "spans":[{"traceId":"abcdef00000000000000000000000001",\#
                "spanId":"fedcba9876543210","traceState":"a=1","parentSpanId":"0000000000000001",\#
                "flags":257,"name":"a \"quoted\"\n\u0001name","kind":3,\#
                "startTimeUnixNano":"18446744073709551615","endTimeUnixNano":"10",\#
                "attributes":[{"key":"i","value":{"intValue":"1"}},\#
                {"key":"b","value":{"bytesValue":"+/8="}}],"droppedAttributesCount":2,\#
                "events":[{"timeUnixNano":"3","name":"e"}],\#
                "links":[{"traceId":"abcdef00000000000000000000000001",\#
                "spanId":"fedcba9876543210","traceState":"a=1","flags":257}],\#
                "status":{"message":"no","code":2}}]}],"schemaUrl":"u"}]}
                """#
        )
    }

    @Test func logRecords() throws {
        let records = [
            LogRecord(
                time: Timestamp(nanosecondsSinceEpoch: 1),
                severity: .error,
                severityText: "ERROR",
                body: .map(["m": [true, .null, 0.1, .double(.nan), .double(-.infinity)]]),
                eventName: "e",
                spanID: SpanID(rawValue: 0xA),
                traceFlags: .sampled
            ),
            LogRecord(time: .epoch, body: .null),
        ]
        #expect(
            try self.text(.logs(records)) == #"""
                {"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1",\#
                "severityNumber":17,"severityText":"ERROR","body":{"kvlistValue":{"values":[\#
                {"key":"m","value":{"arrayValue":{"values":[{"boolValue":true},{},\#
                {"doubleValue":0.1},{"doubleValue":"NaN"},{"doubleValue":"-Infinity"}]}}}]}},\#
                "flags":1,"spanId":"000000000000000a","eventName":"e"},{"body":{}}]}]}]}
                """#
        )
    }

    @Test func metrics() throws {
        let time = Timestamp(nanosecondsSinceEpoch: 2)
        let metrics = [
            Metric(
                name: "a",
                unit: "s",
                content: .sum(
                    [
                        NumberPoint(attributes: [:], time: time, value: .int(.min)),
                        NumberPoint(attributes: ["k": "v"], time: time, value: .double(0)),
                    ],
                    temporality: .delta,
                    isMonotonic: true
                )
            ),
            Metric(
                name: "b",
                content: .histogram(
                    [
                        HistogramPoint(
                            attributes: [:],
                            startTime: time,
                            time: time,
                            count: 3,
                            sum: 1.5,
                            bounds: [1],
                            bucketCounts: [1, 2]
                        )
                    ],
                    temporality: .cumulative
                )
            ),
            Metric(
                name: "c",
                content: .exponentialHistogram(
                    [
                        ExponentialHistogramPoint(
                            attributes: [:],
                            time: time,
                            count: 1,
                            sum: nil,
                            scale: -2,
                            positive: .init(offset: -1, counts: [1])
                        )
                    ],
                    temporality: .delta
                )
            ),
        ]
        #expect(
            try self.text(.metrics(metrics)) == #"""
                {"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","unit":"s",\#
                "sum":{"dataPoints":[{"timeUnixNano":"2","asInt":"-9223372036854775808"},\#
                {"timeUnixNano":"2","asDouble":0.0,\#
                "attributes":[{"key":"k","value":{"stringValue":"v"}}]}],\#
                "aggregationTemporality":1,"isMonotonic":true}},\#
                {"name":"b","histogram":{"dataPoints":[{"startTimeUnixNano":"2",\#
                "timeUnixNano":"2","count":"3","sum":1.5,"bucketCounts":["1","2"],\#
                "explicitBounds":[1.0]}],"aggregationTemporality":2}},\#
                {"name":"c","exponentialHistogram":{"dataPoints":[{"timeUnixNano":"2",\#
                "count":"1","scale":-2,"positive":{"offset":-1,"bucketCounts":["1"]}}],\#
                "aggregationTemporality":1}}]}]}]}
                """#
        )
    }
}
