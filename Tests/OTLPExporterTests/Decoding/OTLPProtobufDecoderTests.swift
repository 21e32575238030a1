import OTLPExporter
import TelemetryModel
import Testing

@Suite struct OTLPProtobufDecoderTests {
    private static let ids =
        Wire.bytes(1, Array(1...16)) + Wire.bytes(2, Array(1...8))

    private func decode(_ body: [UInt8], _ signal: Signal = .traces) throws -> OTLPExportRequest {
        try OTLPProtobufDecoder().decode(body, signal: signal)
    }

    private func spans(_ body: [UInt8]) throws -> [EndedSpan] {
        let request = try self.decode(body)
        #expect(request.skipped == [])
        return request.batches.flatMap { batch -> [EndedSpan] in
            if case .spans(let spans) = batch.records { spans } else { [] }
        }
    }

    private func span(_ fields: [UInt8]) throws -> EndedSpan {
        let spans = try self.spans(Wire.request(Wire.bytes(2, Self.ids + fields)))
        return try #require(spans.first)
    }

    // MARK: Whole requests

    @Test func nothingIsAnEmptyRequest() throws {
        for body in [[], Wire.bytes(1), Wire.bytes(1, Wire.bytes(2)), Wire.varint(7, 1)] {
            let request = try self.decode(body)
            #expect(request.batches.isEmpty && request.skipped.isEmpty)
        }
    }

    @Test(
        arguments: [
            ([0x0A], "the bytes end too early"),
            ([0x0A, 0x05, 0x0A], "the bytes end too early"),
            (
                [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
                "the bytes end too early"
            ),
            (
                [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
                "a number has more than ten bytes"
            ),
            ([0x00, 0x01], "a field has no number that there is"),
            ([0x0E, 0x01], "a field has no type that there is"),
            ([0x0C], "a field has no type that there is"),
            ([0x0B, 0x10, 0x01], "the bytes end too early"),
            ([0x0D, 0x00, 0x00], "the bytes end too early"),
            (Array("{\"resourceSpans\":[]}".utf8), "the bytes end too early"),
        ] as [([UInt8], String)]
    )
    func bytesThatAreNoMessageAreRefused(body: [UInt8], reason: String) {
        let error = #expect(throws: OTLPDecodingError.self) { try self.decode(body) }
        #expect(error?.code == .malformed)
        #expect(error?.message == reason)
    }

    // MARK: What writers may do

    @Test func whatIsUnknownIsIgnored() throws {
        let unknown =
            Wire.varint(100, .max) + Wire.fixed64(101, 1) + Wire.fixed32(102, 1)
            + Wire.text(103, "x")
            // A group with a group and a text inside.
            + Wire.varint(104 << 3 | 3) + Wire.varint(1 << 3 | 3) + Wire.text(2, "y")
            + Wire.varint(1 << 3 | 4) + Wire.varint(104 << 3 | 4)
        // Known, but of another type.
        let mistyped = Wire.varint(5, 1) + Wire.text(7, "z") + Wire.fixed64(16, 1)
        let value = Wire.bytes(2, unknown, Wire.varint(3, 5))
        let span = try self.span(
            unknown + Wire.text(5, "n") + mistyped
                + Wire.bytes(9, Wire.text(1, "k") + unknown + value) + unknown
        )
        #expect(span.name == "n")
        #expect(span.attributes == ["k": 5])
        #expect(span.startTime == .epoch)
    }

    @Test func whatComesTwiceIsJoinedOrTheLastCounts() throws {
        let span = try self.span(
            Wire.text(5, "a") + Wire.text(5, "b") + Wire.bytes(15, Wire.text(2, "no"))
                + Wire.bytes(15, Wire.varint(3, 2))
        )
        #expect(span.name == "b")
        #expect(span.status == .error(message: "no"))

        let pair: (String, UInt64) -> [UInt8] = {
            Wire.bytes(1, Wire.text(1, $0), Wire.bytes(2, Wire.varint(3, $1)))
        }
        let item = Wire.bytes(2, Self.ids)
        let request = try self.decode(
            Wire.bytes(
                1,
                // What is about the resource may also come last.
                Wire.bytes(2, item + Wire.bytes(1, Wire.text(1, "s")) + item),
                Wire.bytes(1, pair("a", 1)),
                Wire.text(3, "u"),
                Wire.bytes(1, pair("b", 2), pair("a", 3))
            )
        )
        #expect(request.batches.count == 1)
        #expect(request.batches.first?.count == 2)
        #expect(
            request.batches.first?.resource
                == Resource(attributes: ["a": 3, "b": 2], schemaURL: "u")
        )
        guard case .spans(let spans)? = request.batches.first?.records else { return }
        #expect(spans.map(\.scope.name) == ["s", "s"])
    }

    @Test func ofSeveralMembersOfAValueTheLastCounts() throws {
        let value = Wire.bytes(2, Wire.varint(3, 5), Wire.text(1, "x"), Wire.varint(2, 1))
        let span = try self.span(Wire.bytes(9, Wire.text(1, "k"), value))
        #expect(span.attributes == ["k": true])
    }

    @Test func numbersMayBePackedOrNot() throws {
        let eight: (UInt64) -> [UInt8] = { Array(Wire.fixed64(1, $0).dropFirst()) }
        let bound = (2.5).bitPattern
        let points = [
            Wire.bytes(6, eight(1) + eight(2)) + Wire.fixed64(7, bound),
            Wire.fixed64(6, 1) + Wire.fixed64(6, 2) + Wire.bytes(7, eight(bound)),
            Wire.bytes(6, eight(1)) + Wire.bytes(7, eight(bound)) + Wire.bytes(6, eight(2)),
        ]
        let histogram = Wire.bytes(2, Wire.bytes(9, points.flatMap { Wire.bytes(1, $0) }))
        let buckets = [
            Wire.bytes(2, [1, 0xAC, 0x02]), Wire.varint(2, 1) + Wire.varint(2, 300),
        ]
        let exponential = Wire.bytes(
            2,
            Wire.bytes(10, buckets.flatMap { Wire.bytes(1, Wire.bytes(8, $0)) })
        )
        let request = try self.decode(Wire.request(histogram + exponential), .metrics)
        #expect(request.skipped == [])
        guard case .metrics(let metrics)? = request.batches.first?.records, metrics.count == 2,
            case .histogram(let histograms, _) = metrics[0].content,
            case .exponentialHistogram(let exponentials, _) = metrics[1].content
        else {
            Issue.record("metrics are missing")
            return
        }
        #expect(histograms.map(\.bucketCounts) == Array(repeating: [1, 2], count: 3))
        #expect(histograms.map(\.bounds) == Array(repeating: [2.5], count: 3))
        #expect(exponentials.map(\.positive.counts) == [[1, 300], [1, 300]])
    }

    @Test func textThatIsNotUTF8IsRepaired() throws {
        let span = try self.span(Wire.bytes(5, [0x61, 0xFF, 0xC3, 0x28]))
        #expect(span.name == "a\u{FFFD}\u{FFFD}(")
    }

    @Test func exemplarsAndMetadataAreIgnored() throws {
        let point = Wire.fixed64(6, 7) + Wire.bytes(5, Wire.fixed64(2, 1))
        let metric = Wire.bytes(5, Wire.bytes(1, point)) + Wire.bytes(12, Wire.text(1, "k"))
        let request = try self.decode(Wire.request(Wire.bytes(2, metric)), .metrics)
        #expect(request.skipped == [])
        #expect(request.batches.map(\.count) == [1])
    }

    // MARK: What costs only itself

    private static let nested: [UInt8] = {
        var value = Wire.varint(3, 1)
        for _ in 0..<70 { value = Wire.bytes(5, Wire.bytes(1, value)) }
        return Wire.bytes(9, Wire.text(1, "k"), Wire.bytes(2, value))
    }()

    @Test(
        arguments: [
            (Wire.bytes(1), "traceId: expected 16 bytes, not all zeros"),
            (
                Wire.bytes(1, Array(repeating: 0, count: 16)),
                "traceId: expected 16 bytes, not all zeros"
            ),
            (Wire.bytes(1, [1]), "traceId: expected 16 bytes, found 1"),
            (Wire.bytes(2, Array(1...9)), "spanId: expected 8 bytes, found 9"),
            (Wire.bytes(4, [1]), "parentSpanId: expected 8 bytes, found 1"),
            ([0x7A, 0x05, 0x00], ": the bytes end too early"),
            (Wire.bytes(15, [0x18]), "status: the bytes end too early"),
            (
                Wire.bytes(11) + Wire.bytes(11, [0x00]),
                "events[1]: a field has no number that there is"
            ),
            (Wire.bytes(13, Wire.bytes(1, [1])), "links[0].traceId: expected 16 bytes, found 1"),
            (
                Wire.bytes(9, Wire.text(1, "a")) + Wire.bytes(9, Wire.bytes(2, [0x0A, 0x01])),
                "attributes[1].value: the bytes end too early"
            ),
        ] as [([UInt8], String)]
    )
    func aSpanThatCannotBeReadIsSkippedAndNamed(fields: [UInt8], expected: String) throws {
        let good = Wire.bytes(2, Self.ids)
        let request = try self.decode(Wire.request(good, Wire.bytes(2, Self.ids + fields), good))
        let separator = expected.hasPrefix(":") ? "" : "."
        #expect(
            request.skipped.map(\.description)
                == ["resourceSpans[0].scopeSpans[0].spans[1]\(separator)\(expected)"]
        )
        #expect(request.batches.map(\.count) == [2])
    }

    @Test func aValueThatIsNestedTooDeepCostsItsSpan() throws {
        let good = Wire.bytes(2, Self.ids)
        let request = try self.decode(Wire.request(Wire.bytes(2, Self.ids + Self.nested), good))
        #expect(request.skipped.map(\.reason) == ["nested more than 64 deep"])
        #expect(request.batches.map(\.count) == [1])
    }

    @Test func linksMayHaveNoIDs() throws {
        let pair = Wire.bytes(4, Wire.text(1, "k"), Wire.bytes(2, Wire.varint(3, 1)))
        let span = try self.span(Wire.bytes(13, pair))
        #expect(span.links.map(\.context.traceID) == [.invalid])
        #expect(span.links.map(\.attributes) == [["k": 1]])
    }

    @Test func resourcesAndScopesThatCannotBeReadCostOnlyThemselves() throws {
        let item = Wire.bytes(2, Self.ids)
        let request = try self.decode(
            Wire.bytes(1, Wire.bytes(1, [0x00]), Wire.bytes(2, item))
                + Wire.bytes(1, Wire.bytes(2, Wire.bytes(1, [0x00]), item), Wire.bytes(2, item))
                // A resource that breaks off after its first scope, and a scope after its span.
                + Wire.bytes(1, Wire.bytes(2, item), [0x12, 0x70, 0x00])
                + Wire.bytes(1, Wire.bytes(2, item, [0x12, 0x70, 0x00]))
        )
        #expect(
            request.skipped.map(\.description) == [
                "resourceSpans[0].resource: a field has no number that there is",
                "resourceSpans[1].scopeSpans[0].scope: a field has no number that there is",
                "resourceSpans[2]: the bytes end too early",
                "resourceSpans[3].scopeSpans[0]: the bytes end too early",
            ]
        )
        #expect(request.batches.map(\.count) == [1, 1, 1])
    }

    @Test(
        arguments: [
            (Wire.bytes(11), "summary: summaries cannot be represented"),
            (Wire.text(1, "n"), "expected one of gauge, sum, histogram and exponentialHistogram"),
            (
                Wire.bytes(5, Wire.bytes(1, Wire.fixed64(6, 1)), Wire.bytes(1)),
                "gauge.dataPoints[1]: expected asInt or asDouble"
            ),
            (
                Wire.bytes(7, Wire.bytes(1, Wire.fixed64(6, 1), Wire.varint(8, 1))),
                "sum.dataPoints[0].flags: the point has no recorded value"
            ),
            (
                Wire.bytes(9, Wire.bytes(1, Wire.fixed64(6, 1), Wire.fixed64(7, 1))),
                "histogram.dataPoints[0].bucketCounts: "
                    + "expected one element more than in explicitBounds, or none"
            ),
            (
                Wire.bytes(9, Wire.bytes(1, Wire.bytes(6, [1, 2, 3]))),
                "histogram.dataPoints[0]: the bytes end too early"
            ),
            (
                Wire.bytes(10, Wire.bytes(1, Wire.bytes(8, Wire.bytes(2, [0x80])))),
                "exponentialHistogram.dataPoints[0]: the bytes end too early"
            ),
            (Wire.bytes(5, [0x0A]), "gauge: the bytes end too early"),
        ] as [([UInt8], String)]
    )
    func metricsAndPointsThatCannotBeReadAreSkippedAndNamed(
        fields: [UInt8],
        expected: String
    ) throws {
        let good = Wire.bytes(2, Wire.bytes(5, Wire.bytes(1, Wire.fixed64(6, 1))))
        let request = try self.decode(
            Wire.request(good, Wire.bytes(2, fields), good),
            .metrics
        )
        let separator = expected.hasPrefix("expected") ? ": " : "."
        #expect(
            request.skipped.map(\.description)
                == ["resourceMetrics[0].scopeMetrics[0].metrics[1]\(separator)\(expected)"]
        )
        #expect((request.batches.first?.count ?? 0) >= 2)
    }
}
