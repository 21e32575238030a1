import OTLPExporter
import TelemetryModel
import Testing

/// Messages whose bytes were worked out from the definitions of opentelemetry-proto 1.8.
@Suite struct ProtobufBytesTests {
    private func body(of batch: ExportBatch) throws -> [UInt8] {
        let result = OTLPEncoder(encoding: .protobuf).requests(for: batch, maximumSize: .max)
        return try #require(result.requests.first).body
    }

    private func body(_ records: ExportBatch.Records) throws -> [UInt8] {
        try self.body(of: ExportBatch(resource: Resource(), records: records))
    }

    private let context = SpanContext(
        traceID: TraceID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10),
        spanID: SpanID(rawValue: 0x1112_1314_1516_1718)
    )

    private let ids =
        Wire.bytes(1, Array(1...16))
        + Wire.bytes(2, [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18])

    @Test func aSmallRequestByteForByte() throws {
        let span = EndedSpan(
            context: self.context,
            name: "GET",
            kind: .server,
            startTime: Timestamp(nanosecondsSinceEpoch: 0x0807_0605_0403_0201),
            endTime: Timestamp(nanosecondsSinceEpoch: 1),
            attributes: ["a": 300],
            scope: InstrumentationScope(name: "s")
        )
        let body = try self.body(
            of: ExportBatch(resource: Resource(attributes: ["r": true]), records: .spans([span]))
        )
        #expect(
            body == [
                0x0A, 0x59,  // resource_spans
                0x0A, 0x09, 0x0A, 0x07, 0x0A, 0x01, 0x72, 0x12, 0x02, 0x10, 0x01,  // r: true
                0x12, 0x4C,  // scope_spans
                0x0A, 0x03, 0x0A, 0x01, 0x73,  // scope s
                0x12, 0x45,  // spans
                0x0A, 0x10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,  // trace_id
                0x12, 0x08, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,  // span_id
                0x2A, 0x03, 0x47, 0x45, 0x54,  // name GET
                0x30, 0x02,  // kind SERVER
                0x39, 1, 2, 3, 4, 5, 6, 7, 8,  // start_time_unix_nano
                0x41, 1, 0, 0, 0, 0, 0, 0, 0,  // end_time_unix_nano
                0x4A, 0x08, 0x0A, 0x01, 0x61, 0x12, 0x03, 0x18, 0xAC, 0x02,  // a: 300
                0x85, 0x01, 0x00, 0x01, 0x00, 0x00,  // flags 0x100
            ]
        )
    }

    @Test func everyFieldOfASpan() throws {
        var linked = self.context
        linked.isRemote = true
        linked.traceFlags = .sampled
        linked.traceState = TraceState([.init(key: "b", value: "2")])
        var context = self.context
        context.traceFlags = [.sampled, .random]
        context.traceState = TraceState([
            .init(key: "a", value: "1"), .init(key: "b", value: "2"),
        ])
        let span = EndedSpan(
            context: context,
            parentSpanID: SpanID(rawValue: 1),
            hasRemoteParent: true,
            name: "n",
            kind: .consumer,
            startTime: Timestamp(nanosecondsSinceEpoch: 5),
            endTime: Timestamp(nanosecondsSinceEpoch: 6),
            droppedAttributesCount: 1,
            events: [
                .init(
                    name: "e",
                    time: Timestamp(nanosecondsSinceEpoch: 7),
                    attributes: ["k": ""],
                    droppedAttributesCount: 2
                )
            ],
            droppedEventsCount: 3,
            links: [.init(context: linked, attributes: ["k": .null], droppedAttributesCount: 4)],
            droppedLinksCount: 500,
            status: .error(message: "no")
        )
        let expected =
            self.ids + Wire.text(3, "a=1,b=2") + Wire.bytes(4, [0, 0, 0, 0, 0, 0, 0, 1])
            + Wire.text(5, "n") + Wire.varint(6, 5) + Wire.fixed64(7, 5) + Wire.fixed64(8, 6)
            + Wire.varint(10, 1)
            + Wire.bytes(
                11,
                Wire.fixed64(1, 7) + Wire.text(2, "e")
                    + Wire.bytes(3, Wire.text(1, "k"), Wire.bytes(2, Wire.text(1, "")))
                    + Wire.varint(4, 2)
            )
            + Wire.varint(12, 3)
            + Wire.bytes(
                13,
                self.ids + Wire.text(3, "b=2") + Wire.bytes(4, Wire.text(1, "k"), Wire.bytes(2))
                    + Wire.varint(5, 4) + Wire.fixed32(6, 0x301)
            )
            + Wire.varint(14, 500) + Wire.bytes(15, Wire.text(2, "no"), Wire.varint(3, 2))
            + Wire.fixed32(16, 0x303)
        #expect(try self.body(.spans([span])) == Wire.request(Wire.bytes(2, expected)))
    }

    @Test func everyFieldOfALogRecord() throws {
        let record = LogRecord(
            time: Timestamp(nanosecondsSinceEpoch: 1),
            observedTime: Timestamp(nanosecondsSinceEpoch: 2),
            severity: .warning,
            severityText: "w",
            body: .array([.bytes([0, 255]), .double(0), .bool(false), .int(-1), .map(["m": 0])]),
            attributes: ["": "v"],
            droppedAttributesCount: 3,
            eventName: "e",
            traceID: self.context.traceID,
            spanID: self.context.spanID,
            traceFlags: .sampled
        )
        let minusOne: UInt64 = .max
        let values = [
            Wire.bytes(7, [0, 255]), Wire.fixed64(4, 0), Wire.varint(2, 0),
            Wire.varint(3, minusOne),
            Wire.bytes(
                6,
                Wire.bytes(1, Wire.text(1, "m"), Wire.bytes(2, Wire.varint(3, 0)))
            ),
        ].flatMap { Wire.bytes(1, $0) }
        let expected =
            Wire.fixed64(1, 1) + Wire.varint(2, 13) + Wire.text(3, "w")
            + Wire.bytes(5, Wire.bytes(5, values)) + Wire.bytes(6, Wire.bytes(2, Wire.text(1, "v")))
            + Wire.varint(7, 3) + Wire.fixed32(8, 1) + Wire.bytes(9, Array(1...16))
            + Wire.bytes(10, Array(0x11...0x18)) + Wire.fixed64(11, 2) + Wire.text(12, "e")
        #expect(try self.body(.logs([record])) == Wire.request(Wire.bytes(2, expected)))
    }

    @Test func whatSaysNothingIsAnEmptyMessage() throws {
        #expect(
            try self.body(.logs([LogRecord(time: .epoch)])) == [0x0A, 0x04, 0x12, 0x02, 0x12, 0x00]
        )
    }

    private let time = Timestamp(nanosecondsSinceEpoch: 2)
    private let times = Wire.fixed64(2, 1) + Wire.fixed64(3, 2)

    private func metric(_ content: Metric.Content) -> ExportBatch.Records {
        .metrics([Metric(name: "n", description: "d", unit: "u", content: content)])
    }

    private func request(_ data: [UInt8]) -> [UInt8] {
        Wire.request(
            Wire.bytes(2, Wire.text(1, "n") + Wire.text(2, "d") + Wire.text(3, "u") + data)
        )
    }

    @Test func gaugesAndSums() throws {
        let start = Timestamp(nanosecondsSinceEpoch: 1)
        let points = [
            NumberPoint(attributes: ["k": 1], startTime: start, time: self.time, value: .int(-2)),
            NumberPoint(attributes: [:], startTime: start, time: self.time, value: .int(0)),
            NumberPoint(attributes: [:], startTime: start, time: self.time, value: .double(0)),
        ]
        let pair = Wire.bytes(7, Wire.text(1, "k"), Wire.bytes(2, Wire.varint(3, 1)))
        let data =
            Wire.bytes(1, self.times + Wire.fixed64(6, .max - 1) + pair)
            + Wire.bytes(1, self.times + Wire.fixed64(6, 0))
            + Wire.bytes(1, self.times + Wire.fixed64(4, 0))
        #expect(
            try self.body(self.metric(.gauge(points))) == self.request(Wire.bytes(5, data))
        )
        #expect(
            try self.body(self.metric(.sum(points, temporality: .delta, isMonotonic: true)))
                == self.request(Wire.bytes(7, data, Wire.varint(2, 1), Wire.varint(3, 1)))
        )
        #expect(
            try self.body(self.metric(.sum(points, temporality: .cumulative, isMonotonic: false)))
                == self.request(Wire.bytes(7, data, Wire.varint(2, 2)))
        )
    }

    @Test func histograms() throws {
        let point = HistogramPoint(
            attributes: ["k": 1],
            startTime: Timestamp(nanosecondsSinceEpoch: 1),
            time: self.time,
            count: 3,
            sum: 0,
            min: -0.0,
            max: 1,
            bounds: [0, 1],
            bucketCounts: [1, 0, 2]
        )
        let eight: (UInt64) -> [UInt8] = { Array(Wire.fixed64(1, $0).dropFirst()) }
        let one = (1.0).bitPattern
        let data =
            self.times + Wire.fixed64(4, 3) + Wire.fixed64(5, 0)
            + Wire.bytes(6, eight(1) + eight(0) + eight(2)) + Wire.bytes(7, eight(0) + eight(one))
            + Wire.bytes(9, Wire.text(1, "k"), Wire.bytes(2, Wire.varint(3, 1)))
            + Wire.fixed64(11, 1 << 63) + Wire.fixed64(12, one)
        #expect(
            try self.body(self.metric(.histogram([point], temporality: .cumulative)))
                == self.request(Wire.bytes(9, Wire.bytes(1, data), Wire.varint(2, 2)))
        )
    }

    @Test func exponentialHistograms() throws {
        let point = ExponentialHistogramPoint(
            attributes: ["k": 1],
            startTime: Timestamp(nanosecondsSinceEpoch: 1),
            time: self.time,
            count: 3,
            sum: nil,
            min: 0,
            max: nil,
            scale: -3,
            zeroCount: 4,
            zeroThreshold: 1,
            positive: .init(offset: 2, counts: [1, 300, 0]),
            negative: .init(offset: -1)
        )
        let data =
            Wire.bytes(1, Wire.text(1, "k"), Wire.bytes(2, Wire.varint(3, 1)))
            + self.times + Wire.fixed64(4, 3) + Wire.varint(6, 5) + Wire.fixed64(7, 4)
            + Wire.bytes(8, Wire.varint(1, 4), Wire.bytes(2, [1, 0xAC, 0x02, 0]))
            + Wire.bytes(9, Wire.varint(1, 1)) + Wire.fixed64(12, 0)
            + Wire.fixed64(14, (1.0).bitPattern)
        #expect(
            try self.body(self.metric(.exponentialHistogram([point], temporality: .delta)))
                == self.request(Wire.bytes(10, Wire.bytes(1, data), Wire.varint(2, 1)))
        )
    }

    /// Lengths on both sides of where they need another byte.
    @Test(arguments: [0, 1, 99, 100, 115, 116, 127, 128, 16_200, 16_383, 16_384, 2_100_000])
    func lengthsOfAnySize(count: Int) throws {
        let text = String(repeating: "x", count: count)
        var record = LogRecord(time: .epoch, body: .string(text))
        let expected = Wire.bytes(2, Wire.bytes(5, Wire.text(1, text)))
        #expect(try self.body(.logs([record])) == Wire.request(expected))
        record.body = .array([.string(text)])
        let nested = Wire.bytes(5, Wire.bytes(5, Wire.bytes(1, Wire.text(1, text))))
        #expect(try self.body(.logs([record])) == Wire.request(Wire.bytes(2, nested)))
    }

    @Test func scopesAndSchemas() throws {
        let scope = InstrumentationScope(name: "s", version: "1", attributes: ["k": 1])
        let records = [
            LogRecord(time: .epoch, eventName: "1", scope: scope),
            LogRecord(time: .epoch, eventName: "2"),
            LogRecord(time: .epoch, eventName: "3", scope: scope),
        ]
        let resource = Resource(attributes: ["k": 1], schemaURL: "u")
        let pair = { Wire.bytes($0, Wire.text(1, "k"), Wire.bytes(2, Wire.varint(3, 1))) }
        let item = { Wire.bytes(2, Wire.text(12, $0)) }
        #expect(
            try self.body(of: ExportBatch(resource: resource, records: .logs(records)))
                == Wire.bytes(
                    1,
                    Wire.bytes(1, pair(1)),
                    Wire.bytes(
                        2,
                        Wire.bytes(1, Wire.text(1, "s") + Wire.text(2, "1") + pair(3)),
                        item("1") + item("3")
                    ),
                    Wire.bytes(2, item("2")),
                    Wire.text(3, "u")
                )
        )
    }
}
