import OTLPExporter
import TelemetryModel
import Testing

@Suite struct OTLPJSONDecoderTests {
    private static let traceID = "0af7651916cd43dd8448eb211c80319c"
    private static let spanID = "b7ad6b7169203331"

    private func decode(_ text: String) throws -> OTLPExportRequest {
        try OTLPJSONDecoder().decode(Array(text.utf8))
    }

    private func span(_ members: String) throws -> OTLPExportRequest {
        try self.decode(
            """
            {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"\(Self.traceID)",\
            "spanId":"\(Self.spanID)"\(members.isEmpty ? "" : ",")\(members)}]}]}]}
            """
        )
    }

    private func onlySpan(_ request: OTLPExportRequest) throws -> EndedSpan {
        #expect(request.skipped == [])
        let batch = try #require(request.batches.first)
        guard case .spans(let spans) = batch.records, spans.count == 1 else {
            throw Unexpected()
        }
        return spans[0]
    }

    private struct Unexpected: Error {}

    // MARK: Traces

    @Test func everyFieldOfASpanIsRead() throws {
        let request = try self.decode(
            """
            {"resourceSpans":[{
              "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},
              "schemaUrl":"https://example.com/1",
              "scopeSpans":[{
                "scope":{"name":"lib","version":"1.2",
                         "attributes":[{"key":"x","value":{"intValue":1}}]},
                "spans":[{
                  "traceId":"\(Self.traceID.uppercased())","spanId":"\(Self.spanID)",
                  "parentSpanId":"00f067aa0ba902b7","traceState":"a=1, b=2=3,bad","flags":769,
                  "name":"GET /","kind":2,
                  "startTimeUnixNano":"1753053833973000001","endTimeUnixNano":1753053833973000002,
                  "attributes":[{"key":"b","value":{"boolValue":true}},
                                {"key":"a","value":{"doubleValue":1.5}}],
                  "droppedAttributesCount":1,
                  "events":[{"name":"e","timeUnixNano":"3","droppedAttributesCount":2,
                             "attributes":[{"key":"k","value":{"stringValue":"v"}}]}],
                  "droppedEventsCount":4,
                  "links":[{"traceId":"\(Self.traceID)","spanId":"\(Self.spanID)","flags":1}],
                  "droppedLinksCount":5,
                  "status":{"code":2,"message":"no"}
                }]}]}]}
            """
        )
        let span = try self.onlySpan(request)
        let resource = try #require(request.batches.first).resource
        #expect(resource.attributes == ["service.name": "s"])
        #expect(resource.schemaURL == "https://example.com/1")
        #expect(span.scope.name == "lib")
        #expect(span.scope.version == "1.2")
        #expect(span.scope.attributes == ["x": 1])
        #expect(span.context.traceID.description == Self.traceID)
        #expect(span.context.spanID.description == Self.spanID)
        #expect(span.context.traceFlags == .sampled)
        #expect(span.context.traceState.description == "a=1,b=2=3")
        #expect(span.parentSpanID == SpanID(rawValue: 0x00f0_67aa_0ba9_02b7))
        #expect(span.hasRemoteParent)
        #expect(span.name == "GET /")
        #expect(span.kind == .server)
        #expect(span.startTime.nanosecondsSinceEpoch == 1_753_053_833_973_000_001)
        #expect(span.endTime.nanosecondsSinceEpoch == 1_753_053_833_973_000_002)
        #expect(span.attributes == ["b": true, "a": 1.5])
        #expect(span.droppedAttributesCount == 1)
        #expect(span.events.count == 1)
        #expect(span.events.first?.name == "e")
        #expect(span.events.first?.attributes == ["k": "v"])
        #expect(span.events.first?.droppedAttributesCount == 2)
        #expect(span.droppedEventsCount == 4)
        #expect(span.links.count == 1)
        #expect(span.links.first?.context.isSampled == true)
        #expect(span.links.first?.context.isRemote == false)
        #expect(span.droppedLinksCount == 5)
        #expect(span.status == .error(message: "no"))
    }

    @Test(arguments: [
        ("0", EndedSpan.Kind.internal), ("1", .internal), ("2", .server), ("3", .client),
        ("4", .producer), ("5", .consumer), ("99", .internal), ("-1", .internal),
        ("\"SPAN_KIND_CONSUMER\"", .consumer), ("\"SPAN_KIND_NEW\"", .internal), ("\"3\"", .client),
        ("null", .internal),
    ])
    func aKindMayBeNumberOrName(json: String, expected: EndedSpan.Kind) throws {
        #expect(try self.onlySpan(self.span("\"kind\":\(json)")).kind == expected)
    }

    @Test(arguments: [
        ("{}", EndedSpan.Status.unset), ("{\"code\":1}", .ok),
        ("{\"code\":2}", .error(message: "")),
        ("{\"code\":42}", .unset),
        (
            "{\"code\":\"STATUS_CODE_ERROR\",\"message\":\"m\"}",
            .error(message: "m")
        ), ("null", .unset),
    ])
    func aStatusThatIsUnknownIsUnset(json: String, expected: EndedSpan.Status) throws {
        #expect(try self.onlySpan(self.span("\"status\":\(json)")).status == expected)
    }

    @Test(arguments: [
        (#"{"stringValue":"x"}"#, AttributeValue.string("x")),
        (#"{"stringValue":""}"#, .string("")),
        (#"{"boolValue":false}"#, .bool(false)),
        (#"{"intValue":"-9223372036854775808"}"#, .int(.min)),
        (#"{"intValue":42}"#, .int(42)),
        (#"{"intValue":4.2e1}"#, .int(42)),
        (#"{"doubleValue":1}"#, .double(1)),
        (#"{"doubleValue":"-Infinity"}"#, .double(-.infinity)),
        (#"{"doubleValue":"1.5"}"#, .double(1.5)),
        (#"{"bytesValue":"3q0="}"#, .bytes([0xDE, 0xAD])),
        (#"{"bytesValue":"_-8"}"#, .bytes([0xFF, 0xEF])),
        (#"{"bytesValue":""}"#, .bytes([])),
        (#"{"arrayValue":{}}"#, .array([])),
        (#"{"arrayValue":{"values":[{"intValue":1},{},null]}}"#, .array([1, .null, .null])),
        (
            #"{"kvlistValue":{"values":[{"key":"z","value":{"intValue":"1"}},{"key":"a"}]}}"#,
            .map(["z": 1, "a": .null])
        ),
        (#"{}"#, .null),
        (#"null"#, .null),
        (#"{"futureValue":1}"#, .null),
        (#"{"stringValue":null}"#, .null),
    ])
    func everyFormOfAValueIsRead(json: String, expected: AttributeValue) throws {
        let request = try self.span(#""attributes":[{"key":"k","value":\#(json)}]"#)
        #expect(try self.onlySpan(request).attributes == ["k": expected])
    }

    @Test func notANumberIsRead() throws {
        let request = try self.span(
            #""attributes":[{"key":"k","value":{"doubleValue":"NaN"}}]"#
        )
        guard case .double(let value) = try self.onlySpan(request).attributes["k"] else {
            throw Unexpected()
        }
        #expect(value.isNaN)
    }

    @Test func theLastOfEqualKeysWinsAndKeepsThePlaceAlsoAmongMany() throws {
        for count in [3, 40, 50_000] {
            var pairs = (0..<count).map { #"{"key":"k\#($0)","value":{"intValue":\#($0)}}"# }
            pairs.append(#"{"key":"k1","value":{"intValue":-1}}"#)
            let request = try self.span("\"attributes\":[\(pairs.joined(separator: ","))]")
            let attributes = try self.onlySpan(request).attributes
            #expect(attributes.count == count)
            #expect(attributes[1] == .init(key: "k1", value: -1))
        }
    }

    // MARK: Logs

    @Test func everyFieldOfALogRecordIsRead() throws {
        let request = try self.decode(
            """
            {"resourceLogs":[{"scopeLogs":[{"scope":{"name":"l"},"logRecords":[{
              "timeUnixNano":"1","observedTimeUnixNano":"2","severityNumber":10,
              "severityText":"NOTICE","body":{"stringValue":"b"},"eventName":"e",
              "attributes":[{"key":"k","value":{"intValue":"7"}}],"droppedAttributesCount":3,
              "traceId":"\(Self.traceID)","spanId":"\(Self.spanID)","flags":1},
              {"severityNumber":"SEVERITY_NUMBER_ERROR2","traceId":"",
               "spanId":"0000000000000000","body":{}}]}]}]}
            """
        )
        #expect(request.skipped == [])
        guard case .logs(let records) = try #require(request.batches.first).records,
            records.count == 2
        else { throw Unexpected() }
        #expect(records[0].time.nanosecondsSinceEpoch == 1)
        #expect(records[0].observedTime.nanosecondsSinceEpoch == 2)
        #expect(records[0].severity == .notice)
        #expect(records[0].severityText == "NOTICE")
        #expect(records[0].body == "b")
        #expect(records[0].eventName == "e")
        #expect(records[0].attributes == ["k": 7])
        #expect(records[0].droppedAttributesCount == 3)
        #expect(records[0].traceID?.description == Self.traceID)
        #expect(records[0].spanID?.description == Self.spanID)
        #expect(records[0].traceFlags == .sampled)
        #expect(records[0].scope.name == "l")
        #expect(records[1].severity.rawValue == 18)
        #expect(records[1].traceID == nil)
        #expect(records[1].spanID == nil)
        #expect(records[1].body == .null)
    }

    // MARK: Metrics

    private func metrics(_ metrics: String) throws -> ([Metric], OTLPExportRequest) {
        let request = try self.decode(
            "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[\(metrics)]}]}]}"
        )
        guard case .metrics(let read)? = request.batches.first?.records else {
            return ([], request)
        }
        return (read, request)
    }

    @Test func everyKindOfMetricIsRead() throws {
        let (metrics, request) = try self.metrics(
            """
            {"name":"g","description":"d","unit":"u","gauge":{"dataPoints":[
              {"timeUnixNano":"5","asInt":"-3"},{"asDouble":"Infinity"}]}},
            {"name":"s","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[
              {"startTimeUnixNano":"1","timeUnixNano":"2","asDouble":0.5}]}},
            {"name":"h","histogram":{"aggregationTemporality":1,"dataPoints":[
              {"count":"2","sum":3,"min":1,"max":2,"explicitBounds":[1],
               "bucketCounts":["1",1]}]}},
            {"name":"e","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[
              {"count":3,"sum":4,"scale":-2,"zeroCount":"1","zeroThreshold":0.25,
               "positive":{"offset":-1,"bucketCounts":["2"]},"negative":{}}]}}
            """
        )
        #expect(request.skipped == [])
        #expect(metrics.map(\.name) == ["g", "s", "h", "e"])
        #expect(metrics.map(\.pointCount) == [2, 1, 1, 1])
        guard metrics.count == 4, case .gauge(let gauge) = metrics[0].content,
            case .sum(let sum, .cumulative, true) = metrics[1].content,
            case .histogram(let histogram, .delta) = metrics[2].content,
            case .exponentialHistogram(let exponential, .delta) = metrics[3].content
        else { throw Unexpected() }
        #expect(metrics[0].description == "d")
        #expect(metrics[0].unit == "u")
        #expect(gauge.map(\.value) == [.int(-3), .double(.infinity)])
        #expect(sum.first?.startTime.nanosecondsSinceEpoch == 1)
        #expect(histogram.first?.bounds == [1])
        #expect(histogram.first?.bucketCounts == [1, 1])
        #expect(histogram.first?.max == 2)
        #expect(exponential.first?.scale == -2)
        #expect(exponential.first?.min == nil)
        #expect(exponential.first?.positive == .init(offset: -1, counts: [2]))
        #expect(exponential.first?.zeroThreshold == 0.25)
    }

    @Test func onlyTheUnreadablePointsOfAMetricAreSkipped() throws {
        let (metrics, request) = try self.metrics(
            """
            {"name":"s","sum":{"dataPoints":[{"asInt":1},{"asInt":"x"},{},{"asInt":2,"flags":1}]}},
            {"name":"q","summary":{"dataPoints":[{"count":1}]}},
            {"name":"none"},
            {"name":"h","histogram":{"dataPoints":[{"count":1,"explicitBounds":[1],
              "bucketCounts":[1]}]}}
            """
        )
        #expect(metrics.map(\.pointCount) == [1])
        let prefix = "resourceMetrics[0].scopeMetrics[0].metrics"
        #expect(
            request.skipped.map(\.description) == [
                "\(prefix)[0].sum.dataPoints[1].asInt: expected a 64-bit integer",
                "\(prefix)[0].sum.dataPoints[2]: expected asInt or asDouble",
                "\(prefix)[0].sum.dataPoints[3].flags: the point has no recorded value",
                "\(prefix)[1].summary: summaries cannot be represented",
                "\(prefix)[2]: expected one of gauge, sum, histogram and exponentialHistogram",
                "\(prefix)[3].histogram.dataPoints[0].bucketCounts: "
                    + "expected one element more than in explicitBounds, or none",
            ]
        )
    }

    // MARK: What cannot be read

    @Test(arguments: [
        (#""traceId":"xyz""#, "traceId: expected 32 hex digits"),
        (#""traceId":"""#, "traceId: expected 32 hex digits, not all zeros"),
        (
            #""traceId":"00000000000000000000000000000000""#,
            "traceId: expected 32 hex digits, not all zeros"
        ),
        (#""traceId":7"#, "traceId: expected text, found a number"),
        (#""spanId":"b7ad6b716920333""#, "spanId: expected 16 hex digits"),
        (#""parentSpanId":"zzzzzzzzzzzzzzzz""#, "parentSpanId: expected 16 hex digits"),
        (#""name":[]"#, "name: expected text, found an array"),
        (
            #""startTimeUnixNano":"-1""#,
            "startTimeUnixNano: expected an unsigned 64-bit integer"
        ),
        (
            #""endTimeUnixNano":"99999999999999999999""#,
            "endTimeUnixNano: expected an unsigned 64-bit integer"
        ),
        (
            #""endTimeUnixNano":true"#,
            "endTimeUnixNano: expected an unsigned 64-bit integer as text or number, "
                + "found a truth value"
        ),
        (#""flags":4294967296"#, "flags: expected an unsigned 32-bit integer"),
        (#""attributes":{}"#, "attributes: expected an array, found an object"),
        (#""attributes":[1]"#, "attributes[0]: expected an object, found a number"),
        (
            #""attributes":[{"key":"k","value":{"intValue":"1.5"}}]"#,
            "attributes[0].value.intValue: expected a 64-bit integer"
        ),
        (
            #""attributes":[{"key":"k","value":{"bytesValue":"*"}}]"#,
            "attributes[0].value.bytesValue: expected base64"
        ),
        (
            #""attributes":[{},{"key":"k","value":{"arrayValue":{"values":[{"boolValue":1}]}}}]"#,
            "attributes[1].value.arrayValue.values[0].boolValue: "
                + "expected true or false, found a number"
        ),
        (#""events":[{},{"name":1}]"#, "events[1].name: expected text, found a number"),
        (
            #""links":[{"spanId":"b7ad6b71692033310"}]"#,
            "links[0].spanId: expected 16 hex digits"
        ),
        (#""status":2"#, "status: expected an object, found a number"),
        (#""kind":1.5"#, "kind: expected a 64-bit integer"),
    ])
    func aSpanThatCannotBeReadIsSkippedAndNamed(members: String, expected: String) throws {
        let good = #"{"traceId":"\#(Self.traceID)","spanId":"\#(Self.spanID)","name":"good"}"#
        // Of equal keys the last counts, so the bad member hides the good one.
        let bad = #"{"traceId":"\#(Self.traceID)","spanId":"\#(Self.spanID)",\#(members)}"#
        let request = try self.decode(
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(good),\#(bad),\#(good)]}]}]}"#
        )
        #expect(
            request.skipped.map(\.description)
                == ["resourceSpans[0].scopeSpans[0].spans[1].\(expected)"]
        )
        #expect(request.batches.map(\.count) == [2])
    }

    @Test func aBadResourceOrScopeCostsOnlyItself() throws {
        let spans = #""spans":[{"traceId":"\#(Self.traceID)","spanId":"\#(Self.spanID)"}]"#
        let request = try self.decode(
            """
            {"resourceSpans":[
              {"resource":{"attributes":[{"key":1}]},"scopeSpans":[{\(spans)}]},
              {"scopeSpans":[{"scope":[],\(spans)},{\(spans)},{"spans":7}]},
              3, null,
              {"scopeSpans":[]},
              {"scopeSpans":[{\(spans)}]}
            ]}
            """
        )
        #expect(request.batches.map(\.count) == [1, 1])
        #expect(
            request.skipped.map(\.description) == [
                "resourceSpans[0].resource.attributes[0].key: expected text, found a number",
                "resourceSpans[1].scopeSpans[0].scope: expected an object, found an array",
                "resourceSpans[1].scopeSpans[2].spans: expected an array, found a number",
                "resourceSpans[2]: expected an object, found a number",
                "resourceSpans[3]: expected an object, found null",
            ]
        )
    }

    @Test(arguments: ["{}", #"{"resourceSpans":[]}"#, #"{"resourceLogs":null}"#, " { } "])
    func anEmptyRequestHasNothing(text: String) throws {
        let request = try self.decode(text)
        #expect(request.batches.isEmpty)
        #expect(request.skipped.isEmpty)
    }

    @Test(arguments: [
        ("", OTLPDecodingError.Code.malformed, "line 1, column 1: unexpected end of the text"),
        ("{\n\"resourceSpans\": [}", .malformed, "line 2, column 19: expected a value"),
        ("[]", .unexpectedShape, "line 1: expected an object, found an array"),
        (
            #"{"resourceSpans":{}}"#, .unexpectedShape,
            "resourceSpans: expected an array, found an object"
        ),
        (
            #"{"resource_spans":[]}"#, .unexpectedShape,
            "line 1: expected an object with exactly one of the keys resourceSpans, "
                + "resourceLogs and resourceMetrics, found 0 of them"
        ),
        (
            #"{"resourceSpans":[],"resourceLogs":[]}"#, .unexpectedShape,
            "line 1: expected an object with exactly one of the keys resourceSpans, "
                + "resourceLogs and resourceMetrics, found 2 of them"
        ),
    ])
    func aRequestThatIsNoneIsRefused(
        text: String,
        code: OTLPDecodingError.Code,
        message: String
    ) {
        let error = #expect(throws: OTLPDecodingError.self) { try self.decode(text) }
        #expect(error?.code == code)
        #expect(error?.message == message)
    }

    // MARK: Hostile input

    @Test(arguments: ["", "\0", "\u{1}\u{7F}", String(repeating: "😀", count: 262_144)])
    func anyTextIsReadAsItIs(text: String) throws {
        let escaped = text.unicodeScalars.map { scalar in
            scalar.value < 0x20
                ? "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
                : String(scalar)
        }.joined()
        let span = try self.onlySpan(
            self.span(#""name":"\#(escaped)","attributes":[{"key":"\#(escaped)"}]"#)
        )
        #expect(span.name == text)
        #expect(span.attributes == [text: .null])
    }

    @Test func loneSurrogatesAndInvalidBytesAreReplaced() throws {
        let span = try self.onlySpan(self.span(#""name":"a\ud800b","traceState":"\udfff=1""#))
        #expect(span.name == "a\u{FFFD}b")

        var bytes: [UInt8] = Array(
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"\#(Self.traceID)",""#.utf8
        )
        bytes += Array(#"spanId":"\#(Self.spanID)","name":""#.utf8) + [0xFF, 0xC0, 0x80]
        bytes += Array(#""}]}]}]}"#.utf8)
        let request = try OTLPJSONDecoder().decode(bytes)
        #expect(try self.onlySpan(request).name.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
    }

    @Test func deepNestingIsRefusedNotFollowed() throws {
        let deep = 50_000
        let text =
            String(repeating: #"{"arrayValue":{"values":["#, count: deep)
            + String(repeating: "]}}", count: deep)
        let error = #expect(throws: OTLPDecodingError.self) {
            try self.span(#""attributes":[{"key":"k","value":\#(text)}]"#)
        }
        #expect(error?.code == .malformed)

        let moderate = 60
        let value =
            String(repeating: #"{"arrayValue":{"values":["#, count: moderate)
            + String(repeating: "]}}", count: moderate)
        #expect(
            try self.onlySpan(self.span(#""attributes":[{"key":"k","value":\#(value)}]"#))
                .attributes.count == 1
        )
    }
}
