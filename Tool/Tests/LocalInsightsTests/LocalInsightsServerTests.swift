import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import TelemetryTransport
import Testing

@testable import LocalInsights

@Suite(.timeLimit(.minutes(10))) struct LocalInsightsServerTests {
    private static func text(_ response: TestResponse) -> String {
        String(buffer: response.body)
    }

    private static func query(
        _ sql: String,
        _ client: any TestClientProtocol
    ) async throws -> TestResponse {
        var body = Array(#"{"sql":"#.utf8)
        JSONText.append(sql, to: &body)
        body.append(UInt8(ascii: "}"))
        return try await client.executeRequest(
            uri: "/v1/query",
            method: .post,
            headers: [.contentType: "application/json"],
            body: ByteBuffer(bytes: body)
        )
    }

    @Test(arguments: ["/v2.1/track", "/v2/track"])
    func `bodies are taken plain and compressed`(path: String) async throws {
        try await withServer { client in
            let item = Array("[\(Items.item()),\(Items.item())]".utf8)
            let plain = try await client.executeRequest(
                uri: path,
                method: .post,
                headers: [:],
                body: ByteBuffer(bytes: item)
            )
            #expect(plain.status == .ok)
            #expect(Self.text(plain) == #"{"itemsReceived":2,"itemsAccepted":2,"errors":[]}"#)
            let zipped = try await client.executeRequest(
                uri: path,
                method: .post,
                headers: [.contentEncoding: "gzip"],
                body: ByteBuffer(bytes: Gzip.compress(item))
            )
            #expect(zipped.status == .ok)
            let rows = try await Self.query("SELECT count(*) n FROM traces", client)
            #expect(rows.status == .ok)
            #expect(Self.text(rows) == #"[{"n":4}]"#)
        }
    }

    @Test func `the status says whether all, some or none are good`() async throws {
        try await withServer { client in
            let bad = Items.item(envelope: ["iKey": "1"])
            for (body, status) in [
                ("[\(Items.item())]", 200), ("[\(Items.item()),\(bad)]", 206), ("[\(bad)]", 400),
                ("oops", 400),
            ] {
                let response = try await client.executeRequest(
                    uri: "/v2.1/track",
                    method: .post,
                    headers: [:],
                    body: ByteBuffer(string: body)
                )
                #expect(response.status.code == status)
                #expect(response.headers[.contentType]?.hasPrefix("application/json") == true)
            }
        }
    }

    @Test func `bodies that are too large or cannot be read are refused`() async throws {
        var configuration = LocalInsightsServer.Configuration()
        configuration.maximumBodySize = 10_000
        try await withServer(configuration) { client in
            let large = [UInt8](repeating: 0x20, count: 10_001)
            let cases: [(HTTPFields, [UInt8], HTTPResponse.Status)] = [
                ([:], large, .contentTooLarge),
                ([.contentEncoding: "gzip"], Gzip.compress(large), .contentTooLarge),
                ([.contentEncoding: "gzip"], [1, 2, 3], .badRequest),
                ([.contentEncoding: "br"], [1, 2, 3], .unsupportedMediaType),
            ]
            for (headers, body, status) in cases {
                let response = try await client.executeRequest(
                    uri: "/v2.1/track",
                    method: .post,
                    headers: headers,
                    body: ByteBuffer(bytes: body)
                )
                #expect(response.status == status)
                #expect(Self.text(response).hasPrefix(#"{"itemsReceived":0,"#))
            }
        }
    }

    @Test func `an SQL error is a 400 with its message`() async throws {
        try await withServer { client in
            let response = try await Self.query("SELECT * FROM nowhere", client)
            #expect(response.status == .badRequest)
            #expect(Self.text(response) == #"{"error":"no such table: nowhere"}"#)
            let text = try await client.executeRequest(
                uri: "/v1/query",
                method: .post,
                headers: [.contentType: "text/plain"],
                body: ByteBuffer(string: #"{"sql":"SELECT 1"}"#)
            )
            #expect(text.status == .unsupportedMediaType)
        }
    }

    @Test(arguments: ["ping", "post"])
    func `live metrics are not subscribed`(path: String) async throws {
        try await withServer { client in
            let response = try await client.executeRequest(
                uri: "/QuickPulseService.svc/\(path)?ikey=\(Items.key)",
                method: .post,
                headers: [:],
                body: ByteBuffer(string: "[]")
            )
            #expect(response.status == .ok)
            let name = try #require(HTTPField.Name("x-ms-qps-subscribed"))
            #expect(response.headers[name] == "false")
        }
    }

    @Test(
        arguments: [
            (nil, nil, true), ("127.0.0.1:4318", nil, true), ("localhost:4318", nil, true),
            ("[::1]:4318", nil, true), ("shop.localhost", nil, true), ("127.1.2.3", nil, true),
            ("evil.example", nil, false), ("evil.example:4318", nil, false),
            ("127.0.0.1.evil.example", nil, false), ("localhost.evil.example", nil, false),
            ("127.0.0.evil", nil, false), ("[::2]:80", nil, false), ("", nil, false),
            ("127.0.0.1:4318", "http://127.0.0.1:4318", true),
            ("127.0.0.1:4318", "http://127.0.0.1:80", false),
            ("127.0.0.1:4318", "http://evil.example", false), ("127.0.0.1:4318", "null", false),
        ] as [(String?, String?, Bool)]
    )
    func `other sites are kept out`(host: String?, origin: String?, isAdmitted: Bool) {
        #expect(RebindingGuard(isLoopback: true).admits(host: host, origin: origin) == isAdmitted)
    }

    @Test func `a server for others has names it cannot know`() {
        let open = RebindingGuard(isLoopback: false)
        #expect(open.admits(host: "insights.example", origin: nil))
        #expect(open.admits(host: "insights.example", origin: "https://insights.example"))
        #expect(!open.admits(host: "insights.example", origin: "https://evil.example"))
    }

    @Test(arguments: ["/", "/api/state", "/page.js"])
    func `pages and state refuse other sites`(path: String) async throws {
        try await withServer { client in
            for (origin, status) in [("http://localhost", 200), ("http://evil.example", 403)] {
                let response = try await client.executeRequest(
                    uri: path,
                    method: .get,
                    headers: [.origin: origin],
                    body: nil
                )
                #expect(response.status.code == status)
            }
        }
    }

    @Test(arguments: [
        ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
    ])
    func `the page is served whole, and lets nothing foreign in`(
        path: String,
        type: String
    ) async throws {
        try await withServer { client in
            let response = try await client.executeRequest(
                uri: path,
                method: .get,
                headers: [:],
                body: nil
            )
            #expect(response.status == .ok)
            #expect(response.headers[.contentType]?.hasPrefix(type) == true)
            #expect(
                response.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true
            )
            let text = Self.text(response)
            #expect(text.count > 1000)
            // Telemetry must never be parsed as markup or code.
            let doors = [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                "Function(", "DOMParser", "srcdoc", "onclick=", "https://", "http://", "//cdn",
            ]
            for door in doors {
                #expect(!text.contains(door), "\(door)")
            }
        }
    }

    @Test func `the connection string names the address that was taken`() throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = LocalInsightsServer.Configuration()
        let store = try TelemetryStore(logger: logger)
        var server = LocalInsightsServer(
            configuration: configuration,
            store: store,
            logger: logger
        )
        #expect(
            server.connectionString(port: 4318) == """
                InstrumentationKey=00000000-0000-0000-0000-000000000001;\
                IngestionEndpoint=http://127.0.0.1:4318/;LiveEndpoint=http://127.0.0.1:4318/
                """
        )
        configuration.host = "::1"
        server = LocalInsightsServer(configuration: configuration, store: store, logger: logger)
        #expect(server.pageAddress(port: 1) == "http://[::1]:1/")
    }
}
