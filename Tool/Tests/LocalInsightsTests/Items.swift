@testable import LocalInsights

/// Good items of every kind, to be spoiled by the tests.
enum Items {
    static let key = "00000000-0000-0000-0000-000000000001"

    /// Base data that is good, with everything that is required, by base type.
    static let baseData: [(baseType: String, fields: [(name: String, json: String)])] = [
        (
            "RequestData",
            [
                ("ver", "2"), ("id", #""b7ad6b7169203331""#), ("duration", #""0.00:00:01.235""#),
                ("success", "true"), ("responseCode", #""200""#),
            ]
        ),
        (
            "RemoteDependencyData",
            [("ver", "2"), ("name", #""GET /""#), ("duration", #""00:00:00.0015000""#)]
        ),
        ("MessageData", [("ver", "2"), ("message", #""hello""#)]),
        ("ExceptionData", [("ver", "2"), ("exceptions", #"[{"message":"boom"}]"#)]),
        ("EventData", [("ver", "2"), ("name", #""bought""#)]),
        ("MetricData", [("ver", "2"), ("metrics", #"[{"name":"orders","value":5}]"#)]),
        (
            "AvailabilityData",
            [
                ("ver", "2"), ("id", #""1""#), ("name", #""ping""#),
                ("duration", #""00:00:01""#), ("success", "false"),
            ]
        ),
        ("PageViewData", [("ver", "2"), ("id", #""1""#), ("name", #""home""#)]),
        ("PageViewPerfData", [("ver", "2"), ("id", #""1""#), ("name", #""home""#)]),
        (
            "PerformanceCounterData",
            [
                ("ver", "2"), ("categoryName", #""Memory""#), ("counterName", #""Free""#),
                ("value", "1.5"),
            ]
        ),
    ]

    /// An envelope; a field set to nothing is left out.
    static func item(
        _ baseType: String = "MessageData",
        with spoiled: [String: String?] = [:],
        envelope changes: [String: String?] = [:]
    ) -> String {
        var fields = Self.baseData.first { $0.baseType == baseType }?.fields ?? []
        Self.apply(spoiled, to: &fields)
        var envelope: [(name: String, json: String)] = [
            ("name", #""Microsoft.ApplicationInsights.Item""#),
            ("time", #""2023-11-14T22:13:20.123457Z""#),
            ("iKey", "\"\(Self.key)\""),
            ("data", #"{"baseType":"\#(baseType)","baseData":\#(Self.object(fields))}"#),
        ]
        Self.apply(changes, to: &envelope)
        return Self.object(envelope)
    }

    private static func apply(
        _ changes: [String: String?],
        to fields: inout [(name: String, json: String)]
    ) {
        for (name, json) in changes.sorted(by: { $0.key < $1.key }) {
            fields.removeAll { $0.name == name }
            if let json { fields.append((name, json)) }
        }
    }

    private static func object(_ fields: [(name: String, json: String)]) -> String {
        "{" + fields.map { "\"\($0.name)\":\($0.json)" }.joined(separator: ",") + "}"
    }
}

extension TrackBody {
    init(_ text: String) {
        self.init(Array(text.utf8))
    }
}

extension TelemetryStore {
    /// The rows of a query as JSON text.
    func rows(_ sql: String, _ arguments: [Argument] = []) async throws -> String {
        String(decoding: try await self.query(sql, arguments: arguments), as: UTF8.self)
    }

    /// Judges and stores a body.
    @discardableResult
    func take(_ text: String) async throws -> TrackReply {
        let body = TrackBody(text)
        try await self.insert(body.batch)
        return body.reply
    }
}
