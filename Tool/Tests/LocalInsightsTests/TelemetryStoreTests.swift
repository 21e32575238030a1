import Foundation
import LocalInsights
import Logging
import Testing

@Suite(.timeLimit(.minutes(10))) struct TelemetryStoreTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func makeStore(
        _ configuration: TelemetryStore.Configuration = .init()
    ) throws -> TelemetryStore {
        try TelemetryStore(configuration: configuration, logger: self.logger)
    }

    private static let common = """
        timestamp iKey sdkVersion itemCount operation_Name operation_Id operation_ParentId \
        operation_SyntheticSource cloud_RoleName cloud_RoleInstance application_Version client_IP \
        user_Id user_AuthenticatedId session_Id customDimensions customMeasurements
        """

    @Test(arguments: [
        ("requests", "id name url source duration resultCode success"),
        ("dependencies", "id name target type data duration resultCode success"),
        ("traces", "message severityLevel"),
        ("exceptions", "type message outerMessage problemId severityLevel details"),
        ("customEvents", "name"),
        ("customMetrics", "name value valueSum valueCount valueMin valueMax"),
        ("performanceCounters", "name value valueSum valueCount valueMin valueMax"),
        ("availabilityResults", "id name duration success location message"),
        ("pageViews", "id name url duration"),
    ])
    func `tables have the columns of Application Insights`(
        table: String,
        own: String
    ) async throws {
        let names = (Self.common + " " + own).split(separator: " ")
        let expected = "[" + names.map { "{\"name\":\"\($0)\"}" }.joined(separator: ",") + "]"
        let rows = try await self.makeStore().rows("SELECT name FROM pragma_table_info('\(table)')")
        #expect(rows == expected)
    }

    @Test func `every field of an item reaches its column with its type`() async throws {
        let store = try self.makeStore()
        let tags = """
            {"ai.internal.sdkVersion":"sdk","ai.operation.name":"GET /","ai.operation.id":"op",\
            "ai.operation.parentId":"parent","ai.operation.syntheticSource":"True",\
            "ai.cloud.role":"shop","ai.cloud.roleInstance":"shop-1","ai.application.ver":"1.0",\
            "ai.location.ip":"1.2.3.4","ai.user.id":"u","ai.user.authUserId":"a",\
            "ai.session.id":"s"}
            """
        let fields: [String: String?] = [
            "name": #""GET /""#, "url": #""http://a/""#, "source": #""src""#,
            "properties": #"{"k":"v","k":"ü"}"#, "measurements": #"{"m":1.5,"n":null}"#,
        ]
        let reply = try await store.take(
            Items.item(
                "RequestData",
                with: fields,
                envelope: ["tags": tags, "sampleRate": "33.3"]
            )
        )
        #expect(reply.status == 200, "\(reply.errors)")
        let expected = """
            [{"timestamp":"2023-11-14T22:13:20.123457Z","iKey":"\(Items.key)",\
            "sdkVersion":"sdk","itemCount":3,"operation_Name":"GET /","operation_Id":"op",\
            "operation_ParentId":"parent","operation_SyntheticSource":"True",\
            "cloud_RoleName":"shop","cloud_RoleInstance":"shop-1","application_Version":"1.0",\
            "client_IP":"1.2.3.4","user_Id":"u","user_AuthenticatedId":"a","session_Id":"s",\
            "customDimensions":"{\\"k\\":\\"ü\\"}","customMeasurements":"{\\"m\\":1.5}",\
            "id":"b7ad6b7169203331","name":"GET /","url":"http://a/","source":"src",\
            "duration":1235.0,"resultCode":"200","success":1}]
            """
        #expect(try await store.rows("SELECT * FROM requests") == expected)
    }

    @Test(arguments: [
        (
            "RemoteDependencyData", "SELECT name, duration, success, target FROM dependencies",
            #"[{"name":"GET /","duration":1.5,"success":1,"target":null}]"#
        ),
        (
            "MessageData", "SELECT message, severityLevel FROM traces",
            #"[{"message":"hello","severityLevel":null}]"#
        ),
        (
            "ExceptionData", "SELECT type, message, outerMessage, details FROM exceptions",
            #"[{"type":null,"message":"boom","outerMessage":"boom","details":"[{\"message\":\"boom\"}]"}]"#
        ),
        (
            "EventData", "SELECT name, customDimensions FROM customEvents",
            #"[{"name":"bought","customDimensions":"{}"}]"#
        ),
        (
            "MetricData",
            "SELECT name, value, valueSum, valueCount, valueMin, valueMax FROM customMetrics",
            #"[{"name":"orders","value":5.0,"valueSum":5.0,"valueCount":1,"valueMin":5.0,"valueMax":5.0}]"#
        ),
        (
            "AvailabilityData", "SELECT id, duration, success, location FROM availabilityResults",
            #"[{"id":"1","duration":1000.0,"success":0,"location":null}]"#
        ),
        (
            "PageViewData", "SELECT name, duration FROM pageViews",
            #"[{"name":"home","duration":null}]"#
        ),
        (
            "PerformanceCounterData", "SELECT name, value FROM performanceCounters",
            #"[{"name":"\\Memory\\Free","value":1.5}]"#
        ),
    ])
    func `every kind reaches its table`(
        baseType: String,
        sql: String,
        expected: String
    ) async throws {
        let store = try self.makeStore()
        try await store.take(Items.item(baseType))
        #expect(try await store.rows(sql) == expected)
    }

    @Test func `an aggregated metric keeps its count and bounds`() async throws {
        let store = try self.makeStore()
        let point = #"[{"name":"t","value":10,"count":4,"min":1,"max":5.5}]"#
        try await store.take(Items.item("MetricData", with: ["metrics": point]))
        try await store.take(
            Items.item("MetricData", with: ["metrics": #"[{"name":"u","value":9,"count":3}]"#])
        )
        let rows = try await store.rows(
            "SELECT value, valueCount AS c, valueMin AS a, valueMax AS b FROM customMetrics"
        )
        #expect(
            rows == """
                [{"value":10.0,"c":4,"a":1.0,"b":5.5},{"value":9.0,"c":3,"a":null,"b":null}]
                """
        )
    }

    @Test func `counters and resource items are no custom metrics`() async throws {
        let store = try self.makeStore()
        let names = [
            #"\\Memory\\Available Bytes"#, #"\\Memory\\Of My Own"#, "_OTELRESOURCE_",
        ]
        for name in names {
            let point = #"[{"name":"\#(name)","value":1}]"#
            let reply = try await store.take(Items.item("MetricData", with: ["metrics": point]))
            #expect(reply.itemsAccepted == 1)
        }
        #expect(
            try await store.rows("SELECT name FROM performanceCounters")
                == #"[{"name":"\\Memory\\Available Bytes"}]"#
        )
        #expect(
            try await store.rows("SELECT name FROM customMetrics")
                == #"[{"name":"\\Memory\\Of My Own"}]"#
        )
        #expect(try await store.rows("SELECT count(*) n FROM resources") == #"[{"n":1}]"#)
    }

    @Test(arguments: [
        ("0", 0), ("1", 1), ("\"Warning\"", 2), ("3", 3), ("\"Critical\"", 4), ("4.0", 4),
    ])
    func `severity levels are numbers, however written`(json: String, level: Int) async throws {
        let store = try self.makeStore()
        try await store.take(Items.item(with: ["severityLevel": json]))
        #expect(
            try await store.rows("SELECT severityLevel s FROM traces") == "[{\"s\":\(level)}]"
        )
    }

    @Test(arguments: [("100", 1), ("50", 2), ("33", 3), ("40", 3), ("10", 10), ("0.1", 1000)])
    func `the item count is what the sample rate says`(rate: String, count: Int) async throws {
        let store = try self.makeStore()
        try await store.take(Items.item(envelope: ["sampleRate": rate]))
        #expect(try await store.rows("SELECT itemCount n FROM traces") == "[{\"n\":\(count)}]")
    }

    @Test func `the newest items of all tables together are kept`() async throws {
        var configuration = TelemetryStore.Configuration()
        configuration.maximumItems = 10
        let store = try self.makeStore(configuration)
        for round in 0..<8 {
            let message = Items.item(with: ["message": "\"\(round)\""])
            let event = Items.item("EventData", with: ["name": "\"\(round)\""])
            try await store.take("[\(message),\(event)]")
        }
        let rows = try await store.rows(
            """
            SELECT (SELECT group_concat(message) FROM traces) t,
            (SELECT group_concat(name) FROM customEvents) e
            """
        )
        #expect(rows == #"[{"t":"3,4,5,6,7","e":"3,4,5,6,7"}]"#)
        // One body larger than the limit keeps its own newest items.
        try await store.take(
            "["
                + (0..<25).map { Items.item(with: ["message": "\"n\($0)\""]) }
                .joined(separator: ",") + "]"
        )
        #expect(
            try await store.rows("SELECT count(*) n, min(message) m FROM traces")
                == #"[{"n":10,"m":"n15"}]"#
        )
        #expect(try await store.rows("SELECT count(*) n FROM customEvents") == #"[{"n":0}]"#)
    }

    @Test(arguments: [
        "INSERT INTO traces DEFAULT VALUES", "DELETE FROM traces", "UPDATE traces SET message = 1",
        "DROP TABLE traces", "CREATE TABLE x (y)", "CREATE TEMP TABLE x (y)",
        "PRAGMA query_only = 0", "EXPLAIN PRAGMA query_only = 0", "/* */ PRAGMA user_version",
        "ATTACH '/tmp/azure-monitor-test.db' AS x", "VACUUM INTO '/tmp/azure-monitor-test.db'",
        "BEGIN", "COMMIT", "ROLLBACK", "WITH x AS (SELECT 1) DELETE FROM traces",
        "WITH x AS (SELECT 1) INSERT INTO traces SELECT * FROM traces",
        "SELECT 1; DROP TABLE traces", "SELECT 1; SELECT 2", "SELECT nothing", "SELEC 1", "",
        " ; ", "-- only a comment", "SELECT 1 FROM", "SELECT load_extension('x')", "SELECT ?",
        "SELECT 1 \u{0} DROP",
    ])
    func `what does not read is refused and changes nothing`(sql: String) async throws {
        let store = try self.makeStore()
        try await store.take(Items.item())
        await #expect(throws: TelemetryStore.QueryError.self) { try await store.query(sql) }
        // The connection still writes and reads.
        try await store.take(Items.item())
        #expect(try await store.rows("SELECT count(*) n FROM traces") == #"[{"n":2}]"#)
    }

    @Test(arguments: [
        (
            "SELECT 1 AS a, 2.0 AS b, 'x' AS c, NULL AS d, x'00ff' AS e",
            #"[{"a":1,"b":2.0,"c":"x","d":null,"e":"00FF"}]"#
        ),
        ("  -- why\n/* and\n how */ select 1 as z, 2 as a ; ; -- end", #"[{"z":1,"a":2}]"#),
        ("VALUES (1), (2)", #"[{"column1":1},{"column1":2}]"#),
        (
            "WITH x(y) AS (SELECT 9223372036854775807) SELECT y FROM x",
            #"[{"y":9223372036854775807}]"#
        ),
        ("SELECT 1e999 AS i, 0.1 AS r, 1e20 AS l", #"[{"i":1e999,"r":0.1,"l":1e+20}]"#),
        ("SELECT message FROM traces", "[]"),
        (#"SELECT char(34, 92, 10, 1, 8364) AS "a""b""#, #"[{"a\"b":"\"\\\n\u0001€"}]"#),
        ("SELECT json_extract('{\"seq\":\"7\"}', '$.seq') AS s", #"[{"s":"7"}]"#),
    ])
    func `rows keep names, order and types`(sql: String, expected: String) async throws {
        #expect(try await self.makeStore().rows(sql) == expected)
    }

    @Test func `arguments are values, never text of the statement`() async throws {
        let store = try self.makeStore()
        let rows = try await store.rows(
            "SELECT ? AS a, ? AS b, ? AS c, ? AS d",
            [.text("'; DROP TABLE traces; --"), .integer(5), .real(0.5), .null]
        )
        #expect(rows == #"[{"a":"'; DROP TABLE traces; --","b":5,"c":0.5,"d":null}]"#)
    }

    @Test func `a query that takes too long is ended, and the store goes on`() async throws {
        var configuration = TelemetryStore.Configuration()
        configuration.queryTimeLimit = .milliseconds(50)
        let store = try self.makeStore(configuration)
        let endless = """
            WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c
            """
        await #expect(throws: TelemetryStore.QueryError.self) { try await store.query(endless) }
        try await store.take(Items.item())
        #expect(try await store.rows("SELECT count(*) n FROM traces") == #"[{"n":1}]"#)
    }

    @Test func `a result that is too large is refused`() async throws {
        var configuration = TelemetryStore.Configuration()
        configuration.maximumResultSize = 100_000
        let store = try self.makeStore(configuration)
        await #expect(throws: TelemetryStore.QueryError.self) {
            try await store.query(
                """
                WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c
                """
            )
        }
    }

    @Test func `rows are there once the insertion has returned`() async throws {
        let store = try self.makeStore()
        let body = "[" + repeatElement(Items.item(), count: 200).joined(separator: ",") + "]"
        for round in 1...10 {
            try await store.take(body)
            let expected = "[{\"n\":\(round * 200)}]"
            #expect(try await store.rows("SELECT count(*) n FROM traces") == expected)
        }
    }

    @Test func `a file keeps the items for the next run`() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "azure-monitor-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "store.sqlite").path
        for round in 1...2 {
            let store = try self.makeStore(.init(path: path))
            try await store.take("[\(Items.item()),\(Items.item("EventData"))]")
            #expect(
                try await store.rows("SELECT count(*) n, max(rowid) m FROM traces")
                    == "[{\"n\":\(round),\"m\":\(round * 2 - 1)}]"
            )
            await #expect(throws: TelemetryStore.QueryError.self) {
                try await store.query("DELETE FROM traces")
            }
            try store.close()
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test func `a file of something else is left alone`() throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "azure-monitor-test-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = String(repeating: "not a database ", count: 1000)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: TelemetryStore.OpenError.self) { try self.makeStore(.init(path: path)) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        #expect(throws: TelemetryStore.OpenError.self) {
            try self.makeStore(.init(path: "/nowhere/at/all.sqlite"))
        }
    }
}
