import Foundation
import HTTPTypes
import Synchronization
import Testing

@testable import TelemetryTransport

/// One after the other, since some count threads.
@Suite("CurlMultiplexer", .serialized, .timeLimit(.minutes(10)))
struct CurlMultiplexerTests {
    /// Runs a test with a server and a multiplexer, and sees that nothing is left of either.
    func withServer(
        _ configuration: TransportConfiguration = TransportConfiguration(),
        handler: @escaping @Sendable (LoopbackServer.Request) -> [LoopbackServer.Step],
        body: (LoopbackServer, CurlMultiplexer) async throws -> Void
    ) async throws {
        let server = try LoopbackServer(handler)
        let transport = CurlMultiplexer(configuration: configuration)
        do {
            try await body(server, transport)
        } catch {
            await transport.shutdown()
            await server.stop()
            throw error
        }
        #expect(transport.ledger.transfers.load(ordering: .relaxed) == 0)
        #expect(transport.ledger.headerLists.load(ordering: .relaxed) == 0)
        await transport.shutdown()
        #expect(transport.ledger.easyHandles.load(ordering: .relaxed) == 0)
        #expect(transport.ledger.multiHandles.load(ordering: .relaxed) == 0)
        #expect(!transport.isRunning)
        await server.stop()
    }

    func error(
        _ body: () async throws(TransportError) -> TransportResponse
    ) async -> TransportError? {
        do throws(TransportError) {
            let response = try await body()
            Issue.record("Got status \(response.status) instead of an error.")
            return nil
        } catch {
            return error
        }
    }

    /// How many threads of the transport this process has.
    static func threads() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
            (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8))
                == "azure-monitor\n"
        }
    }

    @Test("a request arrives as it was given, and so does its response")
    func exchange() async throws {
        try await self.withServer { _ in
            [.respond(206, Array("partly".utf8), headers: "x-one: 1\r\nX-One: 2\r\nempty:\r\n")]
        } body: { server, transport in
            let request = TransportRequest(
                url: server.url + "/v2.1/track?a=b",
                headers: [.contentType: "application/json", .authorization: "Bearer t"],
                body: Array("[]".utf8)
            )
            let response = try await transport.send(request)
            #expect(response.status == 206)
            #expect(response.body == Array("partly".utf8))
            #expect(response.headers[values: HTTPField.Name("x-one")!] == ["1", "2"])
            #expect(response.headers[HTTPField.Name("empty")!] == "")
            #expect(!response.isBodyTruncated && response.bodyError == nil)
            let seen = try #require(server.log.requests.first)
            #expect(seen.line == "POST /v2.1/track?a=b HTTP/1.1")
            #expect(seen.body == Array("[]".utf8))
            #expect(
                seen.headers == [
                    "host": "127.0.0.1:\(server.port)", "content-type": "application/json",
                    "authorization": "Bearer t", "content-length": "2", "accept": "*/*",
                    "accept-encoding": "gzip", "user-agent": "swift-azure-monitor",
                ]
            )
        }
    }

    @Test(
        "every method is sent as itself",
        arguments: [
            ("GET", 0), ("GET", 3), ("HEAD", 0), ("POST", 0), ("POST", 3), ("PUT", 0), ("PUT", 3),
            ("PATCH", 3), ("DELETE", 0), ("DELETE", 3), ("OPTIONS", 0),
        ]
    )
    func methods(_ name: String, _ size: Int) async throws {
        try await self.withServer { request in
            request.line.hasPrefix("HEAD")
                ? [.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")]
                : [.respond(200)]
        } body: { server, transport in
            let body = [UInt8](repeating: 65, count: size)
            let method = try #require(HTTPRequest.Method(name))
            for _ in 1...2 {
                let request = TransportRequest(method: method, url: server.url, body: body)
                let response = try await transport.send(request)
                #expect(response.status == 200 && response.body == [])
            }
            for seen in server.log.requests {
                #expect(seen.line == "\(name) / HTTP/1.1")
                #expect(seen.body == body)
                #expect(seen.headers["content-type"] == nil)
                let hasLength = size > 0 || ["POST", "PUT", "PATCH"].contains(name)
                #expect(seen.headers["content-length"] == (hasLength ? "\(size)" : nil))
            }
            #expect(server.log.connections == 1)
        }
    }

    @Test("a large body arrives whole and without Expect")
    func largeBody() async throws {
        try await self.withServer { _ in
            [.respond(200)]
        } body: { server, transport in
            let body = GzipTests.random(3_000_000)
            let response = try await transport.send(TransportRequest(url: server.url, body: body))
            #expect(response.status == 200)
            #expect(server.log.requests.first?.body == body)
            #expect(server.log.requests.first?.headers["expect"] == nil)
        }
    }

    @Test("a chunked response with interim ones before it is read")
    func chunked() async throws {
        try await self.withServer { _ in
            [
                .send("HTTP/1.1 103 Early\r\nx-early: 1\r\n\r\n"),
                .send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"),
                .send("2\r\nde\r\n0\r\nx-trailer: 1\r\n\r\n"),
            ]
        } body: { server, transport in
            let response = try await transport.send(TransportRequest(url: server.url))
            #expect(response.status == 200)
            #expect(response.body == Array("abcde".utf8))
            #expect(response.headers.map(\.name.canonicalName) == ["transfer-encoding"])
        }
    }

    @Test("a hundred requests one after the other share a connection")
    func reuse() async throws {
        try await self.withServer { _ in
            [.respond(200, [1])]
        } body: { server, transport in
            for _ in 1...100 {
                let response = try await transport.send(
                    TransportRequest(url: server.url, body: [1])
                )
                #expect(response.status == 200)
            }
            #expect(server.log.connections == 1)
            #expect(server.log.requests.count == 100)
            #expect(transport.ledger.easyHandles.load(ordering: .relaxed) == 1)
        }
    }

    @Test("requests at the same time get their own responses, over few connections")
    func concurrent() async throws {
        var configuration = TransportConfiguration()
        configuration.maximumConnectionsPerHost = 3
        let second = DispatchSemaphore(value: 0)
        try await self.withServer(configuration) { request in
            // The first is answered when there is another, however slowly they come.
            if request.number == 1 { second.wait() }
            if request.number == 2 { second.signal() }
            return [.respond(200, request.body)]
        } body: { server, transport in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let body = Array("\(number)".utf8)
                        let request = TransportRequest(url: server.url, body: body)
                        let reply = try await transport.send(request)
                        #expect(reply.body == body)
                    }
                }
                try await group.waitForAll()
            }
            #expect((2...3).contains(server.log.connections))
        }
    }

    @Test("2,500 requests pass without fault")
    func many() async throws {
        try await self.withServer { request in
            [.respond(200, request.body)]
        } body: {
            server,
            transport in
            await withTaskGroup(of: Int.self) { group in
                for worker in 0..<10 {
                    group.addTask {
                        var good = 0
                        for number in 0..<250 {
                            let body = Array("\(worker).\(number)".utf8)
                            let request = TransportRequest(url: server.url, body: body)
                            let response = try? await transport.send(request)
                            good += response?.body == body ? 1 : 0
                        }
                        return good
                    }
                }
                #expect(await group.reduce(0, +) == 2500)
            }
            #expect(server.log.connections <= 6)
        }
    }

    @Test("a server that never answers costs the time allowed and no more")
    func timeout() async throws {
        try await self.withServer { _ in
            [.hang]
        } body: { server, transport in
            let start = ContinuousClock.now
            let error = await self.error { () throws(TransportError) in
                try await transport.send(
                    TransportRequest(url: server.url, body: [1], timeout: .seconds(2))
                )
            }
            #expect(error?.code == .timeout)
            #expect(error?.requestWasSent == true)
            #expect(start.duration(to: .now) >= .seconds(2))
            // When it was really over, whenever this test is told.
            let log = await server.log { $0.closedByPeer == 1 }
            let closed = try #require(log.lastClosedByPeer)
            #expect(start.duration(to: closed) < .seconds(20))
        }
    }

    @Test("waiting for a connection counts as time, too")
    func timeoutInQueue() async throws {
        var configuration = TransportConfiguration()
        configuration.maximumConnectionsPerHost = 1
        configuration.timeout = .milliseconds(100)
        try await self.withServer(configuration) { _ in
            [.hang]
        } body: { server, transport in
            let first = Task {
                await self.error { () throws(TransportError) in
                    try await transport.send(
                        TransportRequest(url: server.url, body: [1], timeout: .seconds(3_600))
                    )
                }
            }
            await server.log { $0.requests.count == 1 }
            let second = await self.error { () throws(TransportError) in
                try await transport.send(TransportRequest(url: server.url, body: [1]))
            }
            #expect(second?.code == .timeout)
            #expect(second?.requestWasSent == false)
            first.cancel()
            #expect(await first.value?.code == .cancelled)
        }
    }

    @Test("nobody listening is refused")
    func refused() async throws {
        let server = try LoopbackServer { _ in [] }
        await server.stop()
        let transport = CurlMultiplexer()
        let error = await self.error { () throws(TransportError) in
            try await transport.send(TransportRequest(url: server.url, body: [1]))
        }
        #expect(error?.code == .connectionRefused)
        #expect(error?.requestWasSent == false)
        await transport.shutdown()
    }

    @Test("a name without an address is that", arguments: ["http://a.invalid/"])
    func nameResolution(_ url: String) async throws {
        let transport = CurlMultiplexer()
        let error = await self.error { () throws(TransportError) in
            // Who asks for names may have to wait for an answer that does not come.
            try await transport.send(
                TransportRequest(url: url, body: [1], timeout: .seconds(300))
            )
        }
        #expect(error?.code == .nameResolution)
        await transport.shutdown()
    }

    @Test(
        "a connection closed after the request was read is a reset",
        arguments: [LoopbackServer.Step.reset, .close]
    )
    func reset(_ step: LoopbackServer.Step) async throws {
        try await self.withServer { request in
            request.number == 1 ? [.respond(200)] : [step]
        } body: { server, transport in
            // On a connection used before, where libcurl would send the request again.
            let request = TransportRequest(url: server.url, body: [1])
            let reply = try await transport.send(request)
            #expect(reply.status == 200)
            for number in 2...3 {
                let error = await self.error { () throws(TransportError) in
                    try await transport.send(request)
                }
                #expect(error?.code == .reset)
                #expect(error?.requestWasSent == true)
                #expect(server.log.requests.count == number)
            }
        }
    }

    @Test("what is not HTTP has no status")
    func notHTTP() async throws {
        try await self.withServer { _ in
            [.send("SSH-2.0-x\r\n"), .close]
        } body: {
            server,
            transport in
            let error = await self.error { () throws(TransportError) in
                try await transport.send(TransportRequest(url: server.url))
            }
            #expect(error?.code == .invalidResponse)
        }
    }

    @Test(
        "a body cut short keeps the status",
        arguments: [
            (LoopbackServer.Step.reset, Duration.seconds(300)), (.close, .seconds(300)),
            // Long enough for the status to arrive.
            (.hang, .seconds(4)),
        ]
    )
    func cutBody(_ step: LoopbackServer.Step, timeout: Duration) async throws {
        try await self.withServer { _ in
            [.send("HTTP/1.1 503 No\r\nretry-after: 7\r\ncontent-length: 10\r\n\r\nabc"), step]
        } body: { server, transport in
            let response = try await transport.send(
                TransportRequest(url: server.url, timeout: timeout)
            )
            #expect(response.status == 503)
            #expect(response.headers[HTTPField.Name("retry-after")!] == "7")
            if case .hang = step {
                #expect(response.bodyError?.code == .timeout)
                #expect(response.body == Array("abc".utf8))
            } else {
                #expect(response.bodyError?.code == .reset)
            }
            #expect(!response.isBodyTruncated)
        }
    }

    @Test("a gzip body is decoded; a broken one keeps the status and is said")
    func gzipBody() async throws {
        let content = Array(repeating: UInt8(66), count: 5000)
        try await self.withServer { request in
            var body = Gzip.compress(content)
            switch request.line.split(separator: " ")[1] {
            case "/corrupt": body[body.count / 2] ^= 0xff
            case "/torn": body.removeLast(9)
            case "/none": body = Array("not gzip".utf8)
            case "/empty": body = []
            default: break
            }
            return [.respond(439, body, headers: "content-encoding: gzip\r\n")]
        } body: { server, transport in
            let good = try await transport.send(TransportRequest(url: server.url + "/good"))
            #expect(good.status == 439 && good.body == content && good.bodyError == nil)
            for path in ["/corrupt", "/torn", "/none"] {
                let response = try await transport.send(TransportRequest(url: server.url + path))
                #expect(response.status == 439)
                #expect(response.bodyError?.code == .invalidResponse)
            }
            let empty = try await transport.send(TransportRequest(url: server.url + "/empty"))
            #expect(empty.status == 439 && empty.body == [] && empty.bodyError == nil)
            var small = TransportRequest(url: server.url + "/good")
            small.maximumResponseBodySize = 1000
            let cut = try await transport.send(small)
            #expect(cut.isBodyTruncated && cut.bodyError == nil && cut.body.count == 1000)
            #expect(server.log.connections == 1)
        }
    }

    @Test("a huge body is cut at the limit")
    func hugeBody() async throws {
        try await self.withServer { _ in
            let chunk = [UInt8](repeating: 67, count: 65536)
            return [.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")]
                + [LoopbackServer.Step](repeating: .send(chunk), count: 15_000)
        } body: { server, transport in
            let response = try await transport.send(TransportRequest(url: server.url))
            #expect(response.status == 200)
            #expect(response.isBodyTruncated)
            #expect(response.bodyError == nil)
            #expect(response.body.count == 1 << 20)
            await server.log { $0.open == 0 }
        }
    }

    @Test("a redirect is a response like others")
    func redirect() async throws {
        try await self.withServer { _ in
            [.respond(308, headers: "location: http://127.0.0.1:1/\r\n")]
        } body: { server, transport in
            let response = try await transport.send(TransportRequest(url: server.url))
            #expect(response.status == 308)
            #expect(response.headers[.location] == "http://127.0.0.1:1/")
            #expect(server.log.requests.count == 1)
        }
    }

    @Test("cancelling the task closes the connection at once")
    func cancellation() async throws {
        try await self.withServer { _ in
            [.hang]
        } body: { server, transport in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let error = await self.error { () throws(TransportError) in
                        // Far beyond the time that the test may take.
                        try await transport.send(
                            TransportRequest(url: server.url, body: [1], timeout: .seconds(86_400))
                        )
                    }
                    #expect(error?.code == .cancelled)
                    #expect(error?.requestWasSent == true)
                    let again = await self.error { () throws(TransportError) in
                        try await transport.send(TransportRequest(url: server.url, body: [1]))
                    }
                    #expect(again?.code == .cancelled)
                    #expect(again?.requestWasSent == false)
                }
                await server.log { $0.requests.count == 1 }
                group.cancelAll()
            }
            await server.log { $0.closedByPeer == 1 }
            #expect(server.log.requests.count == 1)
        }
    }

    @Test("many requests cancelled at any moment leave nothing behind")
    func cancellationStorm() async throws {
        try await self.withServer { _ in
            [.respond(200)]
        } body: { server, transport in
            for _ in 0..<200 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<5 {
                        group.addTask {
                            _ = try? await transport.send(
                                TransportRequest(url: server.url, body: [1])
                            )
                        }
                    }
                    _ = await group.next()
                    group.cancelAll()
                }
            }
        }
    }

    @Test(
        "what cannot be sent is an invalid request",
        arguments: [
            "", "track", "/v2.1/track", "ftp://127.0.0.1/", "file:///etc/passwd",
            "http://user:secret@127.0.0.1/", "http://user@127.0.0.1/", "http://127.0.0.1/a b",
            "http:///x", "http://127.0.0.1:99999/", "http://127.0.0.1/\u{0}x", "http://a\r\nb/",
        ]
    )
    func invalidURL(_ url: String) async throws {
        let transport = CurlMultiplexer()
        let error = await self.error { () throws(TransportError) in
            try await transport.send(TransportRequest(url: url))
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("secret") == false)
        await transport.shutdown()
    }

    @Test("a request through a proxy is written in absolute form, with the proxy's credentials")
    func proxy() async throws {
        let double = try LoopbackServer { _ in [.respond(200, Array("proxied".utf8))] }
        let configuration = TransportConfiguration(environment: [
            "http_proxy": "http://user:s%20cret@127.0.0.1:\(double.port)",
            "no_proxy": "127.0.0.1",
        ])
        try await self.withServer(configuration) { _ in
            [.respond(200)]
        } body: {
            server,
            transport in
            // No name is resolved for it: that is the proxy's business.
            let request = TransportRequest(url: "http://telemetry.invalid/track", body: [1])
            #expect(try await transport.send(request).body == Array("proxied".utf8))
            let seen = try #require(double.log.requests.first)
            #expect(seen.line == "POST http://telemetry.invalid/track HTTP/1.1")
            #expect(seen.headers["proxy-authorization"] == "Basic dXNlcjpzIGNyZXQ=")
            #expect(try await transport.send(TransportRequest(url: server.url)).body == [])
            #expect(server.log.requests.count == 1 && double.log.requests.count == 1)
            #expect(server.log.requests.first?.headers["proxy-authorization"] == nil)
        }
        await double.stop()
    }

    @Test("a proxy that refuses CONNECT is a proxy error, and sees no header field of ours")
    func proxyRefuses() async throws {
        try await self.withServer { _ in
            [.respond(407)]
        } body: { double, _ in
            var configuration = TransportConfiguration()
            configuration.proxy.https = Proxy(
                host: "127.0.0.1",
                port: Int(double.port),
                user: "user",
                password: "s3cret"
            )
            let transport = CurlMultiplexer(configuration: configuration)
            let error = await self.error { () throws(TransportError) in
                try await transport.send(
                    TransportRequest(
                        url: "https://telemetry.invalid/track",
                        headers: [.authorization: "Bearer t"]
                    )
                )
            }
            #expect(error?.code == .proxy)
            #expect(error?.requestWasSent == false)
            #expect(error?.message.contains("s3cret") == false)
            let seen = try #require(double.log.requests.first)
            #expect(seen.line == "CONNECT telemetry.invalid:443 HTTP/1.1")
            #expect(seen.headers["authorization"] == nil)
            await transport.shutdown()
        }
    }

    @Test("a proxy that is not there is a proxy error")
    func proxyAbsent() async throws {
        let server = try LoopbackServer { _ in [] }
        await server.stop()
        var configuration = TransportConfiguration()
        configuration.proxy.http = Proxy(host: "127.0.0.1", port: Int(server.port))
        let transport = CurlMultiplexer(configuration: configuration)
        let error = await self.error { () throws(TransportError) in
            try await transport.send(TransportRequest(url: "http://telemetry.invalid/"))
        }
        #expect(error?.code == .proxy)
        await transport.shutdown()
    }

    /// In a process of its own: to change the environment is not safe beside other threads.
    @Test("libcurl does not read the process's own proxy variables")
    func environmentIsNotRead() async {
        await #expect(processExitsWith: .success) {
            unsafe setenv("http_proxy", "http://127.0.0.1:1", 1)
            let server = try LoopbackServer { _ in [.respond(200)] }
            let transport = CurlMultiplexer(configuration: TransportConfiguration())
            let reply = try await transport.send(TransportRequest(url: server.url))
            #expect(reply.status == 200)
            await transport.shutdown()
            await server.stop()
        }
    }

    @Test("a trust store that cannot be read is a TLS error")
    func trustStore() async throws {
        let configuration = TransportConfiguration(environment: ["SSL_CERT_FILE": "/nowhere/ca.pem"]
        )
        try await self.withServer(configuration) { _ in
            []
        } body: { server, transport in
            let error = await self.error { () throws(TransportError) in
                try await transport.send(
                    TransportRequest(url: "https://127.0.0.1:\(server.port)/", body: [1])
                )
            }
            #expect(error?.code == .tls)
            #expect(error?.requestWasSent == false)
        }
    }

    @Test("a TLS handshake without an answer ends at the deadline")
    func silentTLS() async throws {
        try await self.withServer { _ in
            []
        } body: { server, transport in
            // The double waits for a blank line, which the handshake does not have.
            let error = await self.error { () throws(TransportError) in
                try await transport.send(
                    TransportRequest(
                        url: "https://127.0.0.1:\(server.port)/",
                        timeout: .milliseconds(200)
                    )
                )
            }
            #expect(error?.code == .timeout)
            #expect(error?.requestWasSent == false)
        }
    }

    @Test(
        "SSL_CERT_FILE alone decides whom to trust, and names are checked",
        .enabled(if: OpenSSLServer.isAvailable, "There is no openssl to make a certificate with.")
    )
    func certificates() async throws {
        let server = try OpenSSLServer()
        defer { server.stop() }
        let url = "https://127.0.0.1:\(server.port)/"
        let rows: [(environment: [String: String], url: String, code: TransportError.Code?)] = [
            ([:], url, .tls),
            (["SSL_CERT_FILE": server.certificate], url, nil),
            (["SSL_CERT_DIR": server.folder], url, .tls),
            (["SSL_CERT_FILE": server.certificate], "https://localhost:\(server.port)/", .tls),
        ]
        for row in rows {
            let configuration = TransportConfiguration(environment: row.environment)
            let transport = CurlMultiplexer(configuration: configuration)
            do throws(TransportError) {
                let response = try await transport.send(
                    TransportRequest(method: .get, url: row.url)
                )
                #expect(row.code == nil && response.status == 200)
            } catch {
                #expect(error.code == row.code)
                #expect(!error.requestWasSent)
            }
            await transport.shutdown()
        }
    }

    /// In a process of its own, where no other test has such a thread.
    @Test("the thread exists from the first request to the end of shutdown")
    func thread() async {
        await #expect(processExitsWith: .success) {
            try Self.expect(threads: 0)
            let server = try LoopbackServer { _ in [.respond(200)] }
            let transport = CurlMultiplexer()
            try Self.expect(threads: 0)
            #expect(!transport.isRunning)
            for _ in 1...3 {
                let response = try await transport.send(TransportRequest(url: server.url))
                #expect(response.status == 200)
                try Self.expect(threads: 1)
                #expect(transport.isRunning)
            }
            await transport.shutdown()
            try Self.expect(threads: 0)
            #expect(!transport.isRunning)
            do throws(TransportError) {
                _ = try await transport.send(TransportRequest(url: server.url))
                Issue.record("sent")
            } catch {
                #expect(error.code == .shutDown)
            }
            await transport.shutdown()
            try Self.expect(threads: 0)
            await server.stop()
        }
    }

    /// Expects so many threads of the transport in this process, a minute from now at the latest: the
    /// system shows a thread for a moment after it was joined.
    private static func expect(threads count: Int) throws {
        for _ in 0..<60_000 {
            if try Self.threads() == count { return }
            usleep(1_000)
        }
        Issue.record("\(try Self.threads()) threads instead of \(count)")
    }

    @Test("the thread has all signals blocked")
    func signals() async throws {
        try await self.withServer { _ in
            [.respond(200)]
        } body: { server, transport in
            _ = try await transport.send(TransportRequest(url: server.url))
            let masks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
                .compactMap { task -> Substring? in
                    let path = "/proc/self/task/\(task)/status"
                    let status = try? String(contentsOfFile: path, encoding: .utf8)
                    guard let status, status.contains("Name:\tazure-monitor\n") else { return nil }
                    return status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }
                }
            let mask = try #require(masks.first?.split(separator: "\t").last)
            let blocked = try #require(UInt64(mask, radix: 16))
            // All but SIGKILL and SIGSTOP, and the two glibc keeps for itself.
            #expect(blocked & 0x7FFF_FFFF == 0x7FFB_FEFF)
        }
    }

    @Test("shutdown fails what is under way")
    func shutdownUnderWay() async throws {
        try await self.withServer { _ in
            [.hang]
        } body: { server, transport in
            await withTaskGroup(of: TransportError.Code?.self) { group in
                for _ in 1...4 {
                    group.addTask {
                        await self.error { () throws(TransportError) in
                            try await transport.send(TransportRequest(url: server.url, body: [1]))
                        }?.code
                    }
                }
                await server.log { $0.requests.count == 4 }
                await transport.shutdown()
                for await code in group { #expect(code == .shutDown) }
            }
            await server.log { $0.closedByPeer == 4 }
        }
    }

    @Test("sends that race with shutdown end, one way or the other")
    func shutdownRace() async throws {
        let server = try LoopbackServer { _ in [.respond(200)] }
        for _ in 0..<100 {
            let transport = CurlMultiplexer()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        do throws(TransportError) {
                            let request = TransportRequest(url: server.url, body: [1])
                            #expect(try await transport.send(request).status == 200)
                        } catch {
                            #expect(error.code == .shutDown)
                        }
                    }
                }
                group.addTask { await transport.shutdown() }
                group.addTask { await transport.shutdown() }
            }
            #expect(transport.ledger.easyHandles.load(ordering: .relaxed) == 0)
        }
        await server.stop()
    }

    @Test("a multiplexer that is released ends its thread")
    func release() async throws {
        let server = try LoopbackServer { _ in [.respond(200)] }
        var transport: CurlMultiplexer? = CurlMultiplexer()
        let ledger = try #require(transport?.ledger)
        _ = try await transport?.send(TransportRequest(url: server.url))
        #expect(ledger.multiHandles.load(ordering: .relaxed) == 1)
        transport = nil
        // The server sees the end of the connection, which is closed by the ending thread.
        await server.log { $0.closedByPeer == 1 }
        await server.stop()
    }

    @Test("the executor knows its own thread and no other")
    func isolation() async throws {
        try await self.withServer { _ in
            [.respond(200)]
        } body: { server, transport in
            let executor = transport.executor
            #expect(executor.isIsolatingCurrentContext() == false)
            _ = try await transport.send(TransportRequest(url: server.url))
            #expect(executor.isIsolatingCurrentContext() == false)
            // Outside of any job, so that the runtime must ask the executor.
            let isInside = await withCheckedContinuation { continuation in
                executor.perform {
                    executor.checkIsolated()
                    let isInside = transport.assumeIsolated { _ in
                        executor.isIsolatingCurrentContext() == true
                    }
                    continuation.resume(returning: isInside)
                }
            }
            #expect(isInside)
            #expect(await transport.isOnItsThread())
        }
    }
}

extension CurlMultiplexer {
    fileprivate func isOnItsThread() -> Bool {
        self.preconditionIsolated()
        return self.executor.isIsolatingCurrentContext() == true
    }
}
