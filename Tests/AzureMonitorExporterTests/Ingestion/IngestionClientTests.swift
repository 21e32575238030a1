import AzureIdentity
import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import TelemetryTransport
import Testing

@testable import AzureMonitorExporter

@Suite struct IngestionClientTests {
    private static let ikey = "InstrumentationKey=00000000-0000-0000-0000-000000000001"
    private static let stamp = "https://westeurope-5.in.applicationinsights.azure.com"
    private static let redirect = "https://other.in.applicationinsights.azure.com"

    /// A credential whose tokens are numbered.
    private actor Numbered: TokenCredential {
        private(set) var requests: [TokenRequest] = []
        var failure: CredentialError?

        func fail(with failure: CredentialError?) { self.failure = failure }

        func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
            self.requests.append(request)
            if let failure { throw failure }
            return AccessToken(token: "token-\(self.requests.count)", expiresOn: 4_000_000_000)
        }
    }

    /// A clock that stands still, so that no machine is too slow for a test.
    private static let standstill = TimeSource(
        wallNow: { Timestamp(nanosecondsSinceEpoch: 1_752_998_400_000_000_000) },
        monotonicNow: { 0 },
        sleep: { _ in
            let never = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            for await _ in never.stream {}
            throw CancellationError()
        }
    )

    private func client(
        _ transport: ScriptedTransport,
        endpoint: String = stamp,
        credential: (any TokenCredential)? = nil,
        time: TimeSource = standstill
    ) throws -> IngestionClient {
        IngestionClient(
            connectionString: try ConnectionString("\(Self.ikey);IngestionEndpoint=\(endpoint)/"),
            tokens: credential.map { TokenSource.of($0, time: time) },
            transport: transport,
            time: time
        )
    }

    private let payload = Payload(
        signal: .traces,
        body: [1, 2, 3],
        mediaType: "application/json",
        isCompressed: true,
        layout: RecordLayout(records: 2),
        leadingItems: 1
    )

    private func failure(_ outcome: DeliveryOutcome) throws -> DeliveryFailure {
        guard case .failed(let failure) = outcome else { throw Unexpected(outcome: outcome) }
        return failure
    }

    private struct Unexpected: Error { let outcome: DeliveryOutcome }

    // MARK: The request

    @Test func aRequestSaysWhatItIs() async throws {
        let transport = ScriptedTransport()
        let client = try self.client(transport)
        #expect(await client.send(self.payload, within: .seconds(7)) == .accepted)
        var plain = self.payload
        plain.isCompressed = false
        #expect(await client.send(plain, within: .seconds(7)) == .accepted)

        let requests = await transport.requests
        let request = try #require(requests.first)
        #expect(request.method == .post)
        #expect(request.url == "\(Self.stamp)/v2.1/track")
        #expect(request.body == [1, 2, 3])
        #expect(request.headers[.contentType] == "application/json")
        #expect(request.headers[.contentEncoding] == "gzip")
        #expect(request.headers[.accept] == "application/json")
        #expect(request.headers[.userAgent] == "azmon-swift/\(PackageVersion.current)")
        #expect(request.headers[.authorization] == nil)
        #expect(request.timeout == .seconds(7))
        #expect(requests.last?.headers[.contentEncoding] == nil)

        let name = try #require(HTTPField.Name("x-ms-client-request-id"))
        let ids = requests.compactMap { $0.headers[name] }
        #expect(Set(ids).count == 2)
        let version4 = #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#
        #expect(ids.allSatisfy { $0.wholeMatch(of: version4) != nil })
    }

    @Test func leadingItemsCountInPositions() async throws {
        let body = #"{"errors":[{"index":2,"statusCode":500},{"index":3,"statusCode":500}]}"#
        let client = try self.client(ScriptedTransport([.status(206, body: body)]))
        #expect(
            await client.send(self.payload, within: .seconds(1))
                == .partiallyAccepted([ItemRefusal(item: 2, verdict: .retry)])
        )
    }

    @Test(arguments: [
        TransportError.Code.nameResolution, .connectionRefused, .connectionFailed, .tls, .timeout,
        .reset, .proxy, .cancelled, .invalidRequest, .invalidResponse, .shutDown, .other,
    ])
    func withoutAnAnswerThePayloadIsKept(code: TransportError.Code) async throws {
        for wasSent in [true, false] {
            let transport = ScriptedTransport([.failure(code, requestWasSent: wasSent)])
            let outcome = try await self.client(transport).send(self.payload, within: .seconds(1))
            let failure = try self.failure(outcome)
            #expect(failure.kind == .network)
            #expect(failure.mayHaveArrived == wasSent)
            #expect(failure.explanation.contains(code.description))
        }
    }

    @Test func aBrokenBodyDoesNotChangeTheStatus() async throws {
        let broken = TransportError(code: .reset, message: "m", requestWasSent: true)
        let transport = ScriptedTransport([
            .response(TransportResponse(status: 200, bodyError: broken)),
            .response(TransportResponse(status: 503, body: [0xFF], bodyError: broken)),
            .response(TransportResponse(status: 206, body: [0x7B], isBodyTruncated: true)),
        ])
        let client = try self.client(transport)
        #expect(await client.send(self.payload, within: .seconds(1)) == .accepted)
        let failure = try self.failure(await client.send(self.payload, within: .seconds(1)))
        #expect(failure.kind == .server)
        #expect(await client.send(self.payload, within: .seconds(1)) == .accepted)
    }

    @Test func withoutTimeNothingIsSent() async throws {
        let transport = ScriptedTransport()
        let outcome = try await self.client(transport).send(self.payload, within: .zero)
        #expect(try self.failure(outcome).mayHaveArrived == false)
        #expect(await transport.requests.isEmpty)
    }

    // MARK: Redirects

    @Test func aRedirectIsFollowedAndRemembered() async throws {
        let transport = ScriptedTransport([
            .status(308, headers: [.location: "\(Self.redirect)/v2.1/track"])
        ])
        let client = try self.client(transport)
        #expect(await client.send(self.payload, within: .seconds(1)) == .accepted)
        #expect(await client.send(self.payload, within: .seconds(1)) == .accepted)
        let requests = await transport.requests
        #expect(
            requests.map(\.url) == [
                "\(Self.stamp)/v2.1/track", "\(Self.redirect)/v2.1/track",
                "\(Self.redirect)/v2.1/track",
            ]
        )
        #expect(requests.allSatisfy { $0.body == [1, 2, 3] })
    }

    @Test func aRedirectThatLedNowhereIsNotRemembered() async throws {
        let transport = ScriptedTransport([
            .status(308, headers: [.location: "\(Self.redirect)/"]), .failure(.connectionRefused),
        ])
        let client = try self.client(transport)
        _ = try self.failure(await client.send(self.payload, within: .seconds(1)))
        #expect(await client.send(self.payload, within: .seconds(1)) == .accepted)
        #expect(await transport.requests.last?.url == "\(Self.stamp)/v2.1/track")
    }

    @Test func aLoopEndsAfterTenHops() async throws {
        let transport = ScriptedTransport(
            otherwise: .status(307, headers: [.location: "\(Self.redirect)/"])
        )
        let outcome = try await self.client(transport).send(self.payload, within: .seconds(5))
        let failure = try self.failure(outcome)
        #expect(failure.kind == .server)
        #expect(await transport.requests.count == 11)
    }

    @Test(arguments: [
        "http://westeurope-5.in.applicationinsights.azure.com/", "https://evil.example/", "",
    ])
    func anUnsafeRedirectIsKeptForLater(location: String) async throws {
        let transport = ScriptedTransport([.status(307, headers: [.location: location])])
        let outcome = try await self.client(transport).send(self.payload, within: .seconds(1))
        #expect(try self.failure(outcome).explanation.contains("not followed"))
        #expect(await transport.requests.count == 1)
    }

    // MARK: Tokens

    @Test func aTokenIsSentAndKept() async throws {
        let credential = Numbered()
        let transport = ScriptedTransport()
        let client = try self.client(transport, credential: credential)
        for _ in 0..<3 { _ = await client.send(self.payload, within: .seconds(1)) }
        #expect(
            await transport.requests.map { $0.headers[.authorization] }
                == ["Bearer token-1", "Bearer token-1", "Bearer token-1"]
        )
        #expect(
            await credential.requests
                == [TokenRequest(scope: "https://monitor.azure.com/.default")]
        )
    }

    @Test(arguments: [401, 403])
    func aRefusedTokenIsReplacedOnce(status: Int) async throws {
        let credential = Numbered()
        let transport = ScriptedTransport(
            [.status(status), .status(200)],
            otherwise: .status(status)
        )
        let client = try self.client(transport, credential: credential)
        #expect(await client.send(self.payload, within: .seconds(1)) == .accepted)
        #expect(
            await transport.requests.map { $0.headers[.authorization] }
                == ["Bearer token-1", "Bearer token-2"]
        )
        #expect(await credential.requests.map(\.requiresFreshToken) == [false, true])

        let failure = try self.failure(await client.send(self.payload, within: .seconds(1)))
        #expect(failure.kind == .authentication)
        #expect(await transport.requests.count == 4)
        #expect(!failure.explanation.contains("token-"))
    }

    @Test func aChallengeForClaimsIsAnswered() async throws {
        let claims = #"{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}"#
        let field =
            #"Bearer realm="", authorization_uri="https://login.microsoftonline.com/", "#
            + #"error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2Vud"#
            + #"GlhbCI6dHJ1ZSwidmFsdWUiOiIxNzAwMDAwMDAwIn19fQ""#
        let credential = Numbered()
        let transport = ScriptedTransport([.status(401, headers: [.wwwAuthenticate: field])])
        let client = try self.client(transport, credential: credential)
        #expect(await client.send(self.payload, within: .seconds(1)) == .accepted)
        #expect(await credential.requests.map(\.claims) == [nil, claims])
    }

    @Test(arguments: [401, 403])
    func aRefusalNamesWhoseTokenItWas(status: Int) async throws {
        let credential = ClosureCredential { _ in
            AccessToken(token: "secret0", expiresOn: 4_000_000_000, credential: "Mine (here)")
        }
        let client = try self.client(
            ScriptedTransport(otherwise: .status(status)),
            credential: credential
        )
        let failure = try self.failure(await client.send(self.payload, within: .seconds(1)))
        #expect(failure.explanation.contains("the token is from Mine (here)"))
        #expect(failure.explanation.contains("Monitoring Metrics Publisher") == (status == 403))
        #expect(!failure.explanation.contains("secret0"))
    }

    @Test func aSourceOfTokensIsSharedAsItIs() async throws {
        let credential = Numbered()
        let source = TokenSource(credential)
        let transport = ScriptedTransport()
        for _ in 0..<3 {
            let client = try self.client(transport, credential: source)
            #expect(await client.send(self.payload, within: .seconds(1)) == .accepted)
        }
        #expect(await credential.requests.count == 1)
    }

    @Test func withoutACredentialARefusalIsFinal() async throws {
        let transport = ScriptedTransport(otherwise: .status(401))
        let outcome = try await self.client(transport).send(self.payload, within: .seconds(1))
        #expect(try self.failure(outcome).kind == .authentication)
        #expect(await transport.requests.count == 1)
    }

    @Test func withoutATokenNothingIsSentAndNothingLost() async throws {
        let credential = Numbered()
        await credential.fail(
            with: CredentialError(code: .failed, credential: "Mine", message: "No luck.")
        )
        let transport = ScriptedTransport()
        let time = ManualTime()
        let client = try self.client(transport, credential: credential, time: time.source)
        let failure = try self.failure(await client.send(self.payload, within: .seconds(1)))
        #expect(failure.kind == .authentication)
        #expect(failure.explanation.contains("Mine: No luck."))
        #expect(await transport.requests.isEmpty)

        // Nobody is asked again at once, nor by each of several signals.
        _ = await client.send(self.payload, within: .seconds(1))
        #expect(await credential.requests.count == 1)
        await credential.fail(with: nil)
        time.advance(by: .seconds(5))
        #expect(await client.send(self.payload, within: .seconds(1)) == .accepted)
    }

    @Test func aCredentialThatHangsIsCancelled() async throws {
        let stream = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let credential = ClosureCredential { _ in
            for await _ in stream.stream {}
            throw CancellationError()
        }
        // The clock stands still, and every sleep is over at once.
        let time = TimeSource(
            wallNow: { .epoch },
            monotonicNow: { 0 },
            sleep: { _ in await Task.yield() }
        )
        let transport = ScriptedTransport()
        let client = try self.client(transport, credential: credential, time: time)
        let failure = try self.failure(await client.send(self.payload, within: .seconds(9)))
        #expect(failure.kind == .authentication)
        #expect(await transport.requests.isEmpty)
        stream.continuation.finish()
    }

    @Test func aTokenIsNeverSentOverPlainHTTP() async throws {
        let transport = ScriptedTransport()
        let credential = Numbered()
        let client = try self.client(
            transport,
            endpoint: "http://h.example",
            credential: credential
        )
        let failure = try self.failure(await client.send(self.payload, within: .seconds(1)))
        #expect(failure.kind == .authentication)
        #expect(await transport.requests.isEmpty)
        #expect(await credential.requests.isEmpty)

        let local = try self.client(
            transport,
            endpoint: "http://127.0.0.1:1",
            credential: credential
        )
        #expect(await local.send(self.payload, within: .seconds(1)) == .accepted)
        #expect(await transport.requests.first?.headers[.authorization] == "Bearer token-1")
    }
}
