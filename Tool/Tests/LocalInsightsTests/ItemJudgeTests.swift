import LocalInsights
import Testing

@Suite struct ItemJudgeTests {
    @Test(arguments: Items.baseData.map(\.baseType))
    func `a good item of every kind is accepted`(baseType: String) {
        let reply = TrackBody(Items.item(baseType)).reply
        #expect(reply.itemsAccepted == 1, "\(reply.errors)")
        #expect(reply.status == 200)
    }

    @Test(
        arguments: Items.baseData.flatMap { kind in
            kind.fields.map { (kind.baseType, $0.name) }
        }
    )
    func `an item without a required field, or with null in it, is refused`(
        baseType: String,
        field: String
    ) {
        for spoiled in [nil, "null"] as [String?] {
            let reply = TrackBody(Items.item(baseType, with: [field: spoiled])).reply
            #expect(reply.status == 400)
            #expect(reply.errors.first?.message.contains("'\(field)'") == true)
        }
    }

    @Test(
        arguments: Items.baseData.flatMap { kind in
            kind.fields.map { (kind.baseType, $0.name, $0.json) }
        }
    )
    func `an item with another JSON type in a required field is refused`(
        baseType: String,
        field: String,
        json: String
    ) {
        let wrong = json.hasPrefix("\"") ? "12" : "\"text\""
        for spoiled in [wrong, "{}", json.hasPrefix("[") ? "{}" : "[]"] {
            let reply = TrackBody(Items.item(baseType, with: [field: spoiled])).reply
            #expect(reply.status == 400, "\(field): \(spoiled)")
        }
    }

    @Test(arguments: [
        ("RequestData", "name", "1"), ("RequestData", "url", "false"),
        ("RequestData", "source", "[]"), ("RequestData", "duration", #""soon""#),
        ("RequestData", "duration", #""-0.00:00:01.000""#),
        ("RequestData", "duration", #""1000.00:00:00.000""#),
        ("RequestData", "duration", #""24:00:00""#), ("RequestData", "success", #""true""#),
        ("RequestData", "success", "1"), ("RequestData", "responseCode", "200"),
        ("RequestData", "properties", #"{"a":1}"#), ("RequestData", "properties", #"["a"]"#),
        ("RequestData", "properties", #"{"a":{"b":"c"}}"#),
        ("RequestData", "measurements", #"{"a":"1"}"#),
        ("RequestData", "measurements", #"{"a":1e999}"#),
        ("RequestData", "ver", "2.5"),
        ("RemoteDependencyData", "id", "1"), ("RemoteDependencyData", "data", "1"),
        ("RemoteDependencyData", "type", "1"), ("RemoteDependencyData", "target", "1"),
        ("RemoteDependencyData", "resultCode", "0"), ("RemoteDependencyData", "success", "0"),
        ("MessageData", "severityLevel", "5"), ("MessageData", "severityLevel", "-1"),
        ("MessageData", "severityLevel", "1.5"), ("MessageData", "severityLevel", #""Loud""#),
        ("MessageData", "severityLevel", "true"),
        ("ExceptionData", "exceptions", "[]"), ("ExceptionData", "exceptions", "[1]"),
        ("ExceptionData", "exceptions", #"[{"typeName":"E"}]"#),
        ("ExceptionData", "exceptions", #"[{"message":"m","hasFullStack":1}]"#),
        ("ExceptionData", "exceptions", #"[{"message":"m","stack":1}]"#),
        ("ExceptionData", "exceptions", #"[{"message":"m","typeName":1}]"#),
        ("ExceptionData", "exceptions", #"[{"message":"m","parsedStack":[{"level":0}]}]"#),
        ("ExceptionData", "exceptions", #"[{"message":"m","parsedStack":[{"method":"f"}]}]"#),
        ("ExceptionData", "severityLevel", "9"), ("ExceptionData", "problemId", "1"),
        ("MetricData", "metrics", "[]"), ("MetricData", "metrics", #"[{"name":"n"}]"#),
        ("MetricData", "metrics", #"[{"value":1}]"#),
        ("MetricData", "metrics", #"[{"name":"n","value":"1"}]"#),
        ("MetricData", "metrics", #"[{"name":"n","value":1e999}]"#),
        ("MetricData", "metrics", #"[{"name":"n","value":1,"count":1.5}]"#),
        ("MetricData", "metrics", #"[{"name":"n","value":1,"min":"0"}]"#),
        ("MetricData", "metrics", #"[{"name":"n","value":1,"ns":1}]"#),
        ("MetricData", "metrics", #"[{"name":"n","value":1,"kind":"Guess"}]"#),
        ("AvailabilityData", "duration", #""1s""#), ("AvailabilityData", "runLocation", "1"),
        ("PageViewData", "duration", #""x""#), ("PageViewData", "url", "1"),
        ("PerformanceCounterData", "instanceName", "1"),
    ])
    func `an item with a bad field is refused`(baseType: String, field: String, json: String) {
        let reply = TrackBody(Items.item(baseType, with: [field: json])).reply
        #expect(reply.status == 400)
        #expect(reply.errors.count == 1)
    }

    @Test(arguments: ["name", "time", "iKey", "data"])
    func `an envelope needs its fields`(field: String) {
        for spoiled in [nil, "null", "1", "[]"] as [String?] {
            #expect(TrackBody(Items.item(envelope: [field: spoiled])).reply.status == 400)
        }
    }

    @Test(arguments: [
        ("time", #""""#), ("time", #""yesterday""#), ("time", #""2023-13-01T00:00:00Z""#),
        ("time", #""2023-02-29T00:00:00Z""#), ("time", #""2023-11-14T24:00:00Z""#),
        ("time", #""2023-11-14T22:13:20.Z""#), ("time", #""2023-11-14T22:13:20+99:00""#),
        ("time", #""2023-11-14""#), ("time", #""2023-11-14T22:13:20Zjunk""#),
        ("iKey", #""""#), ("iKey", #""abc""#),
        ("iKey", #""00000000-0000-0000-0000-00000000000g""#),
        ("iKey", #""00000000000000000000000000000000""#),
        ("iKey", #""{00000000-0000-0000-0000-000000000001}""#),
        ("sampleRate", "0"), ("sampleRate", "-1"), ("sampleRate", "100.5"),
        ("sampleRate", #""50""#), ("tags", "[]"), ("tags", #"{"ai.cloud.role":1}"#),
        ("tags", #"{"ai.whatever":true}"#), ("data", "{}"),
        ("data", #"{"baseType":"MetricsData","baseData":{"ver":2}}"#),
        ("data", #"{"baseType":"messagedata","baseData":{"ver":2,"message":"m"}}"#),
        ("data", #"{"baseType":1,"baseData":{}}"#),
        ("data", #"{"baseType":"MessageData"}"#), ("data", #"{"baseData":{"ver":2}}"#),
    ])
    func `an envelope with a bad field is refused`(field: String, json: String) {
        let reply = TrackBody(Items.item(envelope: [field: json])).reply
        #expect(reply.status == 400)
        #expect(reply.itemsReceived == 1)
    }

    @Test(arguments: [
        ("iKey", #""ABCDEF00-0000-0000-0000-000000000001""#), ("sampleRate", "null"),
        ("sampleRate", "0.001"), ("sampleRate", "100"), ("tags", "null"), ("tags", "{}"),
        ("tags", #"{"ai.device.locale":null,"ai.cloud.role":""}"#), ("ver", "1"),
        ("seq", #""1""#), ("unknown", "[1,2]"), ("time", #""0001-01-01T00:00:00Z""#),
    ])
    func `an envelope may be unusual`(field: String, json: String) {
        let reply = TrackBody(Items.item(envelope: [field: json])).reply
        #expect(reply.status == 200, "\(reply.errors)")
    }

    @Test func `text over the limits is kept`() async throws {
        let long = String(repeating: "x", count: 100_000)
        let reply = TrackBody(
            Items.item(
                with: ["message": "\"\(long)\"", "properties": "{\"\(long)\":\"\(long)\"}"]
            )
        ).reply
        #expect(reply.status == 200)
    }

    @Test(arguments: [
        ("2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000000Z"),
        ("2023-11-14T22:13:20.1Z", "2023-11-14T22:13:20.100000Z"),
        ("2023-11-14T22:13:20.1234567Z", "2023-11-14T22:13:20.123456Z"),
        ("2023-11-14T23:13:20.5+01:00", "2023-11-14T22:13:20.500000Z"),
        ("2023-12-31T23:30:00-01:00", "2024-01-01T00:30:00.000000Z"),
        ("2024-03-01T00:30:00+0100", "2024-02-29T23:30:00.000000Z"),
        ("2024-02-29t00:00:00z", "2024-02-29T00:00:00.000000Z"),
        ("1970-01-01 00:00:00", "1970-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ])
    func `times become UTC with six digits`(text: String, expected: String) throws {
        var output: [UInt8] = []
        try #require(ItemTime(text.utf8)).append(to: &output)
        #expect(String(decoding: output, as: UTF8.self) == expected)
    }

    @Test(arguments: ["0001-01-01T00:00:00+01:00", "9999-12-31T23:30:00-01:00"])
    func `times outside the calendar are none`(text: String) {
        #expect(ItemTime(text.utf8) == nil)
    }

    @Test(arguments: [
        ("0.00:00:00.000", 0.0), ("0.00:00:01.235", 1235.0), ("00:00:00.0015000", 1.5),
        ("1.00:00:00.000", 86_400_000), ("23:59:59", 86_399_000),
        ("999.23:59:59.999", 86_399_999_999), ("00:00:00.0000001", 0.0001),
    ])
    func `durations become milliseconds`(text: String, expected: Double) {
        #expect(ItemDuration.milliseconds(text.utf8) == expected)
    }
}
