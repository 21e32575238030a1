import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import TelemetryModel
import TelemetryTransport
import Testing

@testable import LocalInsights

/// Export requests of the OpenTelemetry protocol, from the body to the rows.
@Suite(.timeLimit(.minutes(10))) struct OTLPServerTests {
    private static let json = "application/json"
    private static let protobuf = "application/x-protobuf"

    private static func send(
        _ body: [UInt8],
        to signal: String,
        as contentType: String?,
        encoding: String? = nil,
        by client: any TestClientProtocol
    ) async throws -> TestResponse {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        headers[.contentEncoding] = encoding
        return try await client.executeRequest(
            uri: "/v1/\(signal)",
            method: .post,
            headers: headers,
            body: ByteBuffer(bytes: body)
        )
    }

    private static func send(
        _ json: String,
        to signal: String,
        by client: any TestClientProtocol
    ) async throws -> String {
        let response = try await Self.send(
            Array(json.utf8),
            to: signal,
            as: Self.json,
            by: client
        )
        #expect(response.status == .ok)
        return String(buffer: response.body)
    }

    private static func rows(
        _ sql: String,
        _ client: any TestClientProtocol
    ) async throws -> String {
        var body = Array(#"{"sql":"#.utf8)
        JSONText.append(sql, to: &body)
        body.append(UInt8(ascii: "}"))
        let response = try await client.executeRequest(
            uri: "/v1/query",
            method: .post,
            headers: [.contentType: "application/json"],
            body: ByteBuffer(bytes: body)
        )
        return String(buffer: response.body)
    }

    // MARK: Requests

    private static let trace = "0af7651916cd43dd8448eb211c80319c"

    /// A request that was served, below it a call, below that a step, and one of another trace.
    private static let spans = """
        {"resourceSpans": [{
          "resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": "shop"}},
            {"key": "service.version", "value": {"stringValue": "1.2"}}]},
          "scopeSpans": [{"scope": {"name": "web"}, "spans": [
            {"traceId": "\(trace)", "spanId": "0000000000000003", "parentSpanId": "0000000000000002",
             "name": "step", "startTimeUnixNano": "1767323045000000000",
             "endTimeUnixNano": "1767323045001000000"},
            {"traceId": "\(trace)", "spanId": "0000000000000002", "parentSpanId": "0000000000000001",
             "name": "GET", "kind": 3, "startTimeUnixNano": "1767323045000000000",
             "endTimeUnixNano": "1767323045125000000", "attributes": [
              {"key": "http.request.method", "value": {"stringValue": "GET"}},
              {"key": "url.full", "value": {"stringValue": "https://stock.example/items/1"}}]},
            {"traceId": "\(trace)", "spanId": "0000000000000001", "flags": 768,
             "parentSpanId": "00000000000000ff",
             "name": "GET /orders/{id}", "kind": "SPAN_KIND_SERVER",
             "startTimeUnixNano": 1767323045000000000, "endTimeUnixNano": "1767323045250000000",
             "attributes": [
              {"key": "http.request.method", "value": {"stringValue": "GET"}},
              {"key": "http.route", "value": {"stringValue": "/orders/{id}"}},
              {"key": "http.response.status_code", "value": {"intValue": "200"}},
              {"key": "enduser.id", "value": {"stringValue": "ann"}},
              {"key": "priority", "value": {"intValue": "7"}}],
             "events": [{"name": "exception", "timeUnixNano": "1767323045100000000", "attributes": [
              {"key": "exception.type", "value": {"stringValue": "LookupError"}},
              {"key": "exception.message", "value": {"stringValue": "no order"}}]}]},
            {"traceId": "1af7651916cd43dd8448eb211c80319c", "spanId": "0000000000000004",
             "parentSpanId": "0000000000000001", "name": "alone"}]}]}]}
        """

    private static let logs = """
        {"resourceLogs": [{
          "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
          "scopeLogs": [{"scope": {"name": "orders"}, "logRecords": [
            {"timeUnixNano": "1767323045000000000", "severityNumber": 9,
             "body": {"stringValue": "shipped"}, "traceId": "\(trace)",
             "spanId": "0000000000000001",
             "attributes": [{"key": "order", "value": {"stringValue": "1"}}]}]}]}]}
        """

    /// A point of a cumulative counter.
    private static func counter(
        _ value: Int,
        start: UInt64,
        time: UInt64,
        order: [String] = ["country", "colour"],
        role: String = "shop",
        isMonotonic: Bool = true
    ) -> String {
        let attributes = order.map { #"{"key": "\#($0)", "value": {"stringValue": "\#($0)"}}"# }
        return """
            {"resourceMetrics": [{
              "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "\(role)"}}]},
              "scopeMetrics": [{"scope": {"name": "orders"}, "metrics": [
                {"name": "shipped", "unit": "1", "sum": {
                  "aggregationTemporality": 2, "isMonotonic": \(isMonotonic), "dataPoints": [
                    {"attributes": [\(attributes.joined(separator: ","))],
                     "startTimeUnixNano": "\(start)", "timeUnixNano": "\(time)",
                     "asInt": "\(value)"}]}}]}]}]}
            """
    }

    // MARK: What arrives

    @Test func `spans become requests, dependencies and exceptions`() async throws {
        var configuration = LocalInsightsServer.Configuration()
        configuration.hostName = "host-1"
        try await withServer(configuration) { client in
            #expect(try await Self.send(Self.spans, to: "traces", by: client) == "{}")
            let requests = try await Self.rows(
                """
                SELECT id, name, duration, resultCode, success, operation_Id, operation_ParentId,
                    operation_Name, cloud_RoleName, cloud_RoleInstance, application_Version, iKey,
                    timestamp, customDimensions, user_AuthenticatedId FROM requests
                """,
                client
            )
            #expect(
                requests
                    == #"[{"id":"0000000000000001","name":"GET /orders/{id}","duration":250.0,"#
                    + #""resultCode":"200","success":1,"operation_Id":"\#(Self.trace)","#
                    + #""operation_ParentId":"00000000000000ff","#
                    + #""operation_Name":"GET /orders/{id}","cloud_RoleName":"shop","#
                    + #""cloud_RoleInstance":"host-1","application_Version":"1.2","#
                    + #""iKey":"00000000-0000-0000-0000-000000000001","#
                    + #""timestamp":"2026-01-02T03:04:05.000000Z","#
                    + #""customDimensions":"{\"priority\":\"7\"}","user_AuthenticatedId":"ann"}]"#
            )
            let dependencies = try await Self.rows(
                """
                SELECT id, name, type, operation_ParentId, operation_Name, user_AuthenticatedId
                FROM dependencies ORDER BY id
                """,
                client
            )
            // Only what is below the request in its trace inherits from it.
            #expect(
                dependencies == #"[{"id":"0000000000000002","name":"GET /items/1","type":"HTTP","#
                    + #""operation_ParentId":"0000000000000001","#
                    + #""operation_Name":"GET /orders/{id}","user_AuthenticatedId":"ann"},"#
                    + #"{"id":"0000000000000003","name":"step","type":"InProc","#
                    + #""operation_ParentId":"0000000000000002","#
                    + #""operation_Name":"GET /orders/{id}","user_AuthenticatedId":"ann"},"#
                    + #"{"id":"0000000000000004","name":"alone","type":"InProc","#
                    + #""operation_ParentId":"0000000000000001","#
                    + #""operation_Name":null,"user_AuthenticatedId":null}]"#
            )
            let exceptions = try await Self.rows(
                "SELECT type, message, operation_ParentId FROM exceptions",
                client
            )
            #expect(
                exceptions == #"[{"type":"LookupError","message":"no order","#
                    + #""operation_ParentId":"0000000000000001"}]"#
            )
        }
    }

    @Test func `a parent that is itself, or in a circle, is no way up`() async throws {
        try await withServer { client in
            let spans = [(1, 1), (2, 3), (3, 4), (4, 2), (5, 4)].map { id, parent in
                """
                {"traceId": "\(Self.trace)", "spanId": "000000000000000\(id)", "kind": 2,
                 "parentSpanId": "000000000000000\(parent)", "name": "span \(id)"}
                """
            }
            let body = """
                {"resourceSpans": [{"scopeSpans": [{"spans": [\(spans.joined(separator: ","))]}]}]}
                """
            #expect(try await Self.send(body, to: "traces", by: client) == "{}")
            let rows = try await Self.rows("SELECT count(*) n FROM requests", client)
            #expect(rows == #"[{"n":5}]"#)
        }
    }

    @Test func `log records become traces`() async throws {
        try await withServer { client in
            #expect(try await Self.send(Self.logs, to: "logs", by: client) == "{}")
            let rows = try await Self.rows(
                """
                SELECT message, severityLevel, operation_Id, operation_ParentId, cloud_RoleName,
                    customDimensions FROM traces
                """,
                client
            )
            #expect(
                rows == #"[{"message":"shipped","severityLevel":1,"operation_Id":"\#(Self.trace)","#
                    + #""operation_ParentId":"0000000000000001","cloud_RoleName":"shop","#
                    + #""customDimensions":"{\"order\":\"1\",\"logger_name\":\"orders\"}"}]"#
            )
        }
    }

    @Test func `bodies come compressed as well`() async throws {
        try await withServer { client in
            let response = try await Self.send(
                Gzip.compress(Array(Self.logs.utf8)),
                to: "logs",
                as: "Application/JSON; charset=utf-8",
                encoding: "gzip",
                by: client
            )
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == Self.json)
            #expect(String(buffer: response.body) == "{}")
            #expect(try await Self.rows("SELECT count(*) n FROM traces", client) == #"[{"n":1}]"#)
        }
    }

    @Test func `cumulative counters become deltas, by series`() async throws {
        try await withServer { client in
            let start = Timestamp.now.nanosecondsSinceEpoch
            let points = [
                Self.counter(5, start: start, time: start + 10),
                // The same series, whatever the order of its attributes.
                Self.counter(7, start: start, time: start + 20, order: ["colour", "country"]),
                // Others: other attributes, another resource, another kind, another start.
                Self.counter(100, start: start, time: start + 20, order: ["colour"]),
                Self.counter(200, start: start, time: start + 20, role: "stock"),
                Self.counter(-4, start: start, time: start + 20, isMonotonic: false),
                Self.counter(-4, start: start, time: start + 30, isMonotonic: false),
                Self.counter(10, start: start, time: start + 30),
                Self.counter(10, start: start, time: start + 30),
                Self.counter(1, start: start + 35, time: start + 40),
                // From before this server: all of it is new to us.
                Self.counter(1000, start: 1, time: start, order: ["size"]),
                Self.counter(1001, start: 1, time: start + 10, order: ["size"]),
            ]
            for point in points {
                #expect(try await Self.send(point, to: "metrics", by: client) == "{}")
            }
            let rows = try await Self.rows(
                """
                SELECT name, valueSum, valueCount, cloud_RoleName AS role,
                    json_extract(customDimensions, '$.country') AS country,
                    json_extract(customDimensions, '$.size') AS size
                FROM customMetrics ORDER BY rowid
                """,
                client
            )
            func row(_ value: Int, role: String = "shop", country: Bool = true, size: Bool = false)
                -> String
            {
                #"{"name":"shipped","valueSum":\#(value).0,"valueCount":1,"role":"\#(role)","#
                    + #""country":\#(country ? "\"country\"" : "null"),"#
                    + #""size":\#(size ? "\"size\"" : "null")}"#
            }
            let expected = [
                row(5), row(2), row(100, country: false), row(200, role: "stock"), row(-4),
                row(-4), row(3), row(1), row(1000, country: false, size: true),
                row(1, country: false, size: true),
            ]
            #expect(rows == "[\(expected.joined(separator: ","))]")
        }
    }

    @Test func `cumulative histograms of both kinds become deltas`() async throws {
        try await withServer { client in
            let start = Timestamp.now.nanosecondsSinceEpoch
            for (index, point) in [
                #""count": "2", "sum": 3, "min": 1, "max": 2"#,
                #""count": 5, "sum": 15.5, "min": 1, "max": 8"#,
            ].enumerated() {
                let times =
                    #""startTimeUnixNano": "\#(start)", "timeUnixNano": "\#(start + 10 * UInt64(index + 1))""#
                let body = """
                    {"resourceMetrics": [{"scopeMetrics": [{"metrics": [
                      {"name": "a", "histogram": {"aggregationTemporality": 2, "dataPoints": [
                        {\(times), \(point), "explicitBounds": [1], "bucketCounts": [1, "1"]}]}},
                      {"name": "b", "exponentialHistogram": {"aggregationTemporality": 2,
                       "dataPoints": [{\(times), \(point), "scale": \(3 - index)}]}},
                      {"name": "c", "histogram": {"aggregationTemporality": 1, "dataPoints": [
                        {\(times), \(point)}]}}]}]}]}
                    """
                #expect(try await Self.send(body, to: "metrics", by: client) == "{}")
            }
            let rows = try await Self.rows(
                """
                SELECT name, valueSum AS sum, valueCount AS count, valueMin AS min, valueMax AS max
                FROM customMetrics ORDER BY name, rowid
                """,
                client
            )
            let whole = #""sum":3.0,"count":2,"min":1.0,"max":2.0}"#
            let values = rows.split(separator: "{").dropFirst().map(String.init)
            #expect(values.count == 6)
            #expect(values.first == #""name":"a",\#(whole),"#)
            for (index, name) in ["a", "b"].enumerated() {
                #expect(
                    values[2 * index + 1].hasPrefix(
                        #""name":"\#(name)","sum":12.5,"count":3,"#
                    )
                )
                #expect(values[2 * index + 1].contains(#""max":8.0"#))
            }
            #expect(values[5].hasPrefix(#""name":"c","sum":15.5,"count":5,"#))
        }
    }

    @Test func `requests that come at once count every increment once`() async throws {
        try await withServer { client in
            let start = Timestamp.now.nanosecondsSinceEpoch
            await withTaskGroup(of: Void.self) { group in
                for value in 1...50 {
                    group.addTask {
                        let body = Self.counter(
                            value,
                            start: start,
                            time: start + UInt64(value)
                        )
                        _ = try? await Self.send(body, to: "metrics", by: client)
                    }
                }
            }
            let rows = try await Self.rows("SELECT sum(valueSum) n FROM customMetrics", client)
            #expect(rows == #"[{"n":50.0}]"#)
        }
    }

    // MARK: What is left out

    @Test func `what cannot be read or mapped is counted and said`() async throws {
        try await withServer { client in
            let spans = """
                {"resourceSpans": [{"scopeSpans": [{"spans": [
                  {"traceId": "\(Self.trace)", "spanId": "0000000000000001", "name": "good"},
                  {"traceId": "\(Self.trace)", "spanId": "x", "name": "bad"},
                  {"name": "bad"}]}]}]}
                """
            let reply = try await Self.send(spans, to: "traces", by: client)
            #expect(
                reply.hasPrefix(
                    #"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"left out: "#
                        + #"resourceSpans[0].scopeSpans[0].spans[1].spanId: "#
                )
            )
            #expect(
                try await Self.rows("SELECT name FROM dependencies", client)
                    == #"[{"name":"good"}]"#
            )
            let metrics = """
                {"resourceMetrics": [{"scopeMetrics": [{"metrics": [
                  {"name": "g", "gauge": {"dataPoints": [
                    {"asDouble": "NaN"}, {"asDouble": "Infinity"}, {"asDouble": 1.5}]}},
                  {"name": "c", "sum": {"aggregationTemporality": 2, "isMonotonic": true,
                   "dataPoints": [{"asDouble": "NaN"}]}},
                  {"name": "h", "histogram": {"aggregationTemporality": 1, "dataPoints": [
                    {"count": "18446744073709551615", "sum": 1}, {"count": 2}]}},
                  {"name": "s", "summary": {}}]}]}]}
                """
            let rejected = try await Self.send(metrics, to: "metrics", by: client)
            #expect(rejected.hasPrefix(#"{"partialSuccess":{"rejectedDataPoints":"6","#))
            #expect(rejected.contains("4 times a record without a finite value; "))
            #expect(
                try await Self.rows("SELECT name, valueSum FROM customMetrics", client)
                    == #"[{"name":"g","valueSum":1.5}]"#
            )
            let logs = try await Self.send(
                #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":true}]}]}]}"#,
                to: "logs",
                by: client
            )
            #expect(logs.hasPrefix(#"{"partialSuccess":{"rejectedLogRecords":"1","#))
        }
    }

    @Test(arguments: ["traces", "logs", "metrics"])
    func `empty requests are taken`(signal: String) async throws {
        try await withServer { client in
            #expect(try await Self.send("{}", to: signal, by: client) == "{}")
            let response = try await Self.send([], to: signal, as: Self.protobuf, by: client)
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == Self.protobuf)
            #expect(response.body.readableBytes == 0)
        }
    }

    // MARK: Protocol Buffers

    private static let traceBytes: [UInt8] = Array(1...16)

    /// One request of each signal, with the resource's name and one record.
    private static func protobuf(_ signal: Signal, spanID: [UInt8] = Array(1...8)) -> [UInt8] {
        ProtobufText {
            $0.message(1) {
                $0.message(1) { $0.attribute(1, "service.name", "shop") }
                $0.message(2) {
                    $0.message(1) { $0.string(1, "web") }
                    $0.message(2) { record in
                        switch signal {
                        case .traces:
                            record.bytes(1, Self.traceBytes)
                            record.bytes(2, spanID)
                            record.string(5, "GET /orders/{id}")
                            record.varint(6, 2)
                            record.fixed64(7, 1_767_323_045_000_000_000)
                            record.fixed64(8, 1_767_323_045_250_000_000)
                            record.attribute(9, "priority", "7")
                        case .logs:
                            record.fixed64(1, 1_767_323_045_000_000_000)
                            record.varint(2, 17)
                            record.message(5) { $0.string(1, "failed") }
                            record.attribute(6, "priority", "7")
                            record.bytes(9, Self.traceBytes)
                            record.bytes(10, spanID)
                        case .metrics:
                            record.string(1, "shipped")
                            record.message(7) {
                                $0.message(1) {
                                    $0.fixed64(3, 1_767_323_045_000_000_000)
                                    $0.double(4, 2.5)
                                    $0.attribute(7, "priority", "7")
                                }
                                $0.varint(2, 1)
                                $0.varint(3, 1)
                            }
                        }
                    }
                }
            }
        }.bytes
    }

    @Test(arguments: [nil, "gzip"])
    func `Protocol Buffers are taken, plain and compressed`(encoding: String?) async throws {
        try await withServer { client in
            for signal in Signal.allCases {
                let body = Self.protobuf(signal)
                let response = try await Self.send(
                    encoding == nil ? body : Gzip.compress(body),
                    to: signal.rawValue,
                    as: Self.protobuf,
                    encoding: encoding,
                    by: client
                )
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == Self.protobuf)
                #expect(response.body.readableBytes == 0)
            }
            let id = "0102030405060708090a0b0c0d0e0f10"
            let common =
                #""cloud_RoleName":"shop","timestamp":"2026-01-02T03:04:05.000000Z","p":"7""#
            let columns =
                "cloud_RoleName, timestamp, json_extract(customDimensions, '$.priority') p"
            #expect(
                try await Self.rows(
                    "SELECT \(columns), id, name, operation_Id, duration FROM requests",
                    client
                ) == #"[{\#(common),"id":"0102030405060708","name":"GET /orders/{id}","#
                    + #""operation_Id":"\#(id)","duration":250.0}]"#
            )
            #expect(
                try await Self.rows(
                    "SELECT \(columns), message, severityLevel, operation_ParentId FROM traces",
                    client
                ) == #"[{\#(common),"message":"failed","severityLevel":3,"#
                    + #""operation_ParentId":"0102030405060708"}]"#
            )
            #expect(
                try await Self.rows(
                    "SELECT \(columns), name, valueSum, valueCount FROM customMetrics",
                    client
                ) == #"[{\#(common),"name":"shipped","valueSum":2.5,"valueCount":1}]"#
            )
        }
    }

    @Test func `a partial success is said in Protocol Buffers`() async throws {
        try await withServer { client in
            let response = try await Self.send(
                Self.protobuf(.traces, spanID: [1, 2, 3]),
                to: "traces",
                as: Self.protobuf,
                by: client
            )
            #expect(response.status == .ok)
            let bytes = Array(buffer: response.body)
            // Field 1, a message of one rejected span and a text.
            #expect(bytes.first == 0x0A)
            #expect(bytes.count == Int(bytes[1] & 0x7F) + (bytes[1] < 0x80 ? 2 : 131))
            let partial = bytes[(bytes[1] < 0x80 ? 2 : 3)...]
            #expect(partial.prefix(3) == [0x08, 1, 0x12])
            #expect(String(decoding: partial, as: UTF8.self).contains("left out: "))
            #expect(try await Self.rows("SELECT count(*) n FROM requests", client) == #"[{"n":0}]"#)
        }
    }

    // MARK: Hostile and mistaken bodies

    /// The code and the message of a `google.rpc.Status` that is short enough for one length byte.
    private static func status(_ response: TestResponse) throws -> (code: Int, message: String) {
        let bytes = Array(buffer: response.body)
        if response.headers[.contentType] == Self.protobuf {
            try #require(bytes.count > 4 && bytes[0] == 0x08 && bytes[2] == 0x12)
            let start = bytes[3] < 0x80 ? 4 : 5
            return (Int(bytes[1]), String(decoding: bytes[start...], as: UTF8.self))
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let match = try #require(text.wholeMatch(of: /\{"code":(\d+),"message":"(.+)"\}/))
        return (try #require(Int(match.1)), String(match.2))
    }

    @Test(arguments: [Self.json, Self.protobuf], ["traces", "logs", "metrics"])
    func `what is no request is refused in its encoding`(
        type: String,
        signal: String
    ) async throws {
        var random = SplitMix(state: 3)
        var bodies: [[UInt8]] = [
            [0x0A], [0x0A, 0x05, 1], Array(repeating: 0xFF, count: 20), [0x07], [0x0B, 0x0A],
            // A length of 2^64 - 1.
            [0x0A] + Array(repeating: 0xFF, count: 9) + [0x01],
        ]
        if type == Self.json {
            bodies = [
                [], Array("[]".utf8), Array("{".utf8), Array("null".utf8), Array("{}{}".utf8),
                Array(#"{"resourceSpans":1}"#.utf8), Array(repeating: 0x5B, count: 100_000),
                Array(#"{"resourceSpans":[],"resourceLogs":[]}"#.utf8),
                (0..<1_000).map { _ in UInt8(truncatingIfNeeded: random.next()) },
            ]
        }
        let cases = bodies
        try await withServer { client in
            for body in cases {
                let response = try await Self.send(body, to: signal, as: type, by: client)
                #expect(response.status == .badRequest, "\(body.prefix(20))")
                #expect(response.headers[.contentType] == type)
                let status = try Self.status(response)
                #expect(status.code == 3)
                #expect(!status.message.isEmpty)
            }
        }
    }

    @Test func `random bytes cost nothing but an answer`() async throws {
        try await withServer { client in
            var random = SplitMix(state: 5)
            for length in 0..<500 {
                let body = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let signal = Signal.allCases[length % 3].rawValue
                let response = try await Self.send(body, to: signal, as: Self.protobuf, by: client)
                #expect([200, 400].contains(response.status.code))
            }
            // A good request with one byte changed.
            for signal in Signal.allCases {
                let good = Self.protobuf(signal)
                for place in good.indices {
                    var body = good
                    body[place] = UInt8(truncatingIfNeeded: random.next())
                    let response = try await Self.send(
                        body,
                        to: signal.rawValue,
                        as: Self.protobuf,
                        by: client
                    )
                    #expect([200, 400].contains(response.status.code))
                }
            }
        }
    }

    @Test func `deep nesting is refused, not followed`() async throws {
        try await withServer { client in
            var value: [UInt8] = ProtobufText { $0.string(1, "deep") }.bytes
            while value.count < 200_000 {
                value =
                    ProtobufText { text in
                        text.message(5) { $0.bytes(1, value) }
                    }.bytes
            }
            let deep = value
            let body = ProtobufText {
                $0.message(1) {
                    $0.message(2) {
                        $0.message(2) {
                            $0.fixed64(1, 1)
                            $0.bytes(5, deep)
                        }
                    }
                }
            }.bytes
            let response = try await Self.send(body, to: "logs", as: Self.protobuf, by: client)
            #expect([200, 400].contains(response.status.code))
            let opening = String(repeating: #"{"arrayValue":{"values":["#, count: 20_000)
            let json =
                #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":"# + opening
                + String(repeating: "]}}", count: 20_000) + "}]}]}]}"
            let answer = try await Self.send(
                Array(json.utf8),
                to: "logs",
                as: Self.json,
                by: client
            )
            #expect([200, 400].contains(answer.status.code))
        }
    }

    @Test(arguments: [Self.json, Self.protobuf])
    func `bodies that are too large or cannot be decompressed are refused`(
        type: String
    ) async throws {
        var configuration = LocalInsightsServer.Configuration()
        configuration.maximumBodySize = 10_000
        try await withServer(configuration) { client in
            let large = [UInt8](repeating: 0x20, count: 10_001)
            let bomb = Gzip.compress([UInt8](repeating: 0x20, count: 4_000_000))
            let whole = Gzip.compress(Array(Self.logs.utf8))
            let cases: [(String?, [UInt8], HTTPResponse.Status, Int)] = [
                (nil, large, .contentTooLarge, 8),
                ("gzip", Gzip.compress(large), .contentTooLarge, 8),
                ("gzip", bomb, .contentTooLarge, 8),
                ("gzip", [1, 2, 3], .badRequest, 3),
                ("gzip", Array(whole.dropLast(20)), .badRequest, 3),
                ("gzip", Array(Self.logs.utf8), .badRequest, 3),
                ("br", [1, 2, 3], .unsupportedMediaType, 3),
            ]
            for (encoding, body, expected, code) in cases {
                let response = try await Self.send(
                    body,
                    to: "logs",
                    as: type,
                    encoding: encoding,
                    by: client
                )
                #expect(response.status == expected)
                #expect(response.headers[.contentType] == type)
                #expect(try Self.status(response).code == code)
            }
            #expect(try await Self.rows("SELECT count(*) n FROM traces", client) == #"[{"n":0}]"#)
        }
    }

    @Test(arguments: [nil, "text/plain", "application/x-protobufs", "application/jsonl", ""])
    func `other content types are refused, and so is a page's request`(
        type: String?
    ) async throws {
        try await withServer { client in
            let response = try await Self.send(
                Array(Self.logs.utf8),
                to: "logs",
                as: type,
                by: client
            )
            #expect(response.status == .unsupportedMediaType)
            #expect(response.headers[.contentType] == Self.json)
            #expect(try Self.status(response).message.contains("application/x-protobuf"))
            // Both types make a browser ask first, and nobody answers.
            let preflight = try await client.executeRequest(
                uri: "/v1/logs",
                method: .options,
                headers: [.origin: "http://evil.example", .accessControlRequestMethod: "POST"],
                body: nil
            )
            #expect(preflight.status.code >= 400)
            #expect(preflight.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test(arguments: [
        HTTPRequest.Method.get, .head, .put, .patch, .delete, .options,
    ])
    func `whoever does not post is told to`(method: HTTPRequest.Method) async throws {
        try await withServer { client in
            for signal in Signal.allCases {
                let response = try await client.executeRequest(
                    uri: "/v1/\(signal.rawValue)",
                    method: method,
                    headers: [:],
                    body: nil
                )
                #expect(response.status == .methodNotAllowed)
                #expect(response.headers[.allow] == "POST")
                #expect(response.headers[.contentType] == Self.json)
                #expect(String(buffer: response.body).contains(#""code":12"#))
            }
        }
    }

    @Test func `a request at the wrong address is told the right one`() async throws {
        try await withServer { client in
            let response = try await Self.send(
                Array(Self.logs.utf8),
                to: "traces",
                as: Self.json,
                by: client
            )
            #expect(response.status == .badRequest)
            #expect(try Self.status(response).message.contains("/v1/logs"))
        }
    }
}
