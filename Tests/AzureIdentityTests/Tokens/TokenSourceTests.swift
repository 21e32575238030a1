import Synchronization
import TelemetryTransport
import Testing

@testable import AzureIdentity

/// A credential that counts its calls and answers when it is told to.
private actor SlowCredential: TokenCredential {
    private(set) var requests: [TokenRequest] = []
    private var answers: [Result<AccessToken, CredentialError>]
    private var isOpen: Bool
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var watchers: [(Int, CheckedContinuation<Void, Never>)] = []

    init(_ answers: [Result<AccessToken, CredentialError>], isOpen: Bool = true) {
        self.answers = answers
        self.isOpen = isOpen
    }

    func open() {
        self.isOpen = true
        for continuation in self.waiting { continuation.resume() }
        self.waiting = []
    }

    func waitForRequests(_ count: Int) async {
        guard self.requests.count < count else { return }
        await withCheckedContinuation { self.watchers.append((count, $0)) }
    }

    func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        self.requests.append(request)
        let count = self.requests.count
        for watcher in self.watchers where watcher.0 <= count { watcher.1.resume() }
        self.watchers.removeAll { $0.0 <= count }
        if !self.isOpen {
            await withCheckedContinuation { self.waiting.append($0) }
        }
        return try self.answers.removeFirst().get()
    }
}

private final class Clock: Sendable {
    private let value = Mutex(testNow)
    var now: Int64 { self.value.withLock { $0 } }
    func advance(_ seconds: Int64) { self.value.withLock { $0 += seconds } }
}

private func token(_ text: String, for seconds: Int64, refresh: Int64? = nil) -> AccessToken {
    AccessToken(
        token: text,
        expiresOn: testNow + seconds,
        refreshOn: refresh.map { testNow + $0 }
    )
}

private let trouble = CredentialError(code: .failed, credential: "Slow", message: "No.")

@Suite struct `A token source` {
    private let clock = Clock()

    private func source(_ credential: any TokenCredential) -> TokenSource {
        let clock = self.clock
        return TokenSource(
            credential,
            context: IdentityContext(
                environment: [:],
                now: { clock.now },
                sleep: { _ in
                    // The limit of a fetch is never reached in these tests.
                    try await Task.sleep(for: .seconds(86_400))
                }
            )
        )
    }

    @Test(.timeLimit(.minutes(10)))
    func `A thousand callers of an expired token cause one request`() async throws {
        let credential = SlowCredential(
            [.success(token("old", for: 10)), .success(token("new", for: 3_600))]
        )
        let source = self.source(credential)
        #expect(try await source.token(for: .monitor).token == "old")
        self.clock.advance(10)
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<1_000 {
                group.addTask { try await source.token(for: .monitor).token }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(tokens == ["new"])
        #expect(await credential.requests.count == 2)
    }

    @Test(.timeLimit(.minutes(10)))
    func `A token is renewed behind the back of who still uses it`() async throws {
        let credential = SlowCredential(
            [.success(token("old", for: 1_000)), .success(token("new", for: 9_000))]
        )
        let source = self.source(credential)
        _ = try await source.token(for: .monitor)
        self.clock.advance(799)
        #expect(try await source.token(for: .monitor).token == "old")
        #expect(await credential.requests.count == 1)
        self.clock.advance(1)
        #expect(try await source.token(for: .monitor).token == "old")
        await credential.waitForRequests(2)
        await source.waitForFetches()
        #expect(try await source.token(for: .monitor).token == "new")
        #expect(await credential.requests.count == 2)
    }

    @Test(.timeLimit(.minutes(10)))
    func `The issuer's own wish comes before four fifths`() async throws {
        let credential = SlowCredential([
            .success(token("old", for: 1_000, refresh: 100)),
            .success(token("new", for: 9_000)),
        ])
        let source = self.source(credential)
        _ = try await source.token(for: .monitor)
        self.clock.advance(100)
        #expect(try await source.token(for: .monitor).token == "old")
        await source.waitForFetches()
        #expect(try await source.token(for: .monitor).token == "new")
    }

    @Test(.timeLimit(.minutes(10)))
    func `An unexpired token outlives failures, which are half a minute apart`() async throws {
        let credential = SlowCredential([
            .success(token("old", for: 1_000)), .failure(trouble), .failure(trouble),
            .success(token("new", for: 9_000)),
        ])
        let source = self.source(credential)
        _ = try await source.token(for: .monitor)
        self.clock.advance(800)
        for _ in 0..<5 {
            #expect(try await source.token(for: .monitor).token == "old")
            await source.waitForFetches()
        }
        #expect(await credential.requests.count == 2)
        self.clock.advance(30)
        #expect(try await source.token(for: .monitor).token == "old")
        await source.waitForFetches()
        #expect(await credential.requests.count == 3)
        self.clock.advance(170)
        // It has expired, and the pause is over.
        #expect(try await source.token(for: .monitor).token == "new")
    }

    @Test(.timeLimit(.minutes(10)))
    func `Without a token a failure holds for five seconds, or as long as was asked`() async throws
    {
        var patient = trouble
        patient.retryAfter = .seconds(40)
        let credential = SlowCredential([
            .failure(trouble), .failure(patient), .success(token("new", for: 9_000)),
        ])
        let source = self.source(credential)
        for _ in 0..<3 {
            #expect(
                await credentialError { () async throws(CredentialError) in
                    try await source.token(for: .monitor)
                }?.message == "No."
            )
        }
        #expect(await credential.requests.count == 1)
        self.clock.advance(5)
        _ = await credentialError { () async throws(CredentialError) in
            try await source.token(for: .monitor)
        }
        self.clock.advance(39)
        _ = await credentialError { () async throws(CredentialError) in
            try await source.token(for: .monitor)
        }
        #expect(await credential.requests.count == 2)
        self.clock.advance(1)
        #expect(try await source.token(for: .monitor).token == "new")
    }

    @Test(.timeLimit(.minutes(10)))
    func `A clock that is set back does not lengthen a pause`() async throws {
        let credential = SlowCredential(
            [.failure(trouble), .success(token("new", for: 9_000))]
        )
        let source = self.source(credential)
        _ = await credentialError { () async throws(CredentialError) in
            try await source.token(for: .monitor)
        }
        self.clock.advance(-3_600)
        #expect(try await source.token(for: .monitor).token == "new")
    }

    @Test(.timeLimit(.minutes(10)))
    func `A caller who leaves ends neither the fetch nor the wait of others`() async throws {
        let credential = SlowCredential([.success(token("new", for: 9_000))], isOpen: false)
        let source = self.source(credential)
        let leaving = Task { try await source.token(for: .monitor) }
        await credential.waitForRequests(1)
        async let staying = source.token(for: .monitor)
        leaving.cancel()
        await #expect(throws: CredentialError.self) { try await leaving.value }
        await credential.open()
        #expect(try await staying.token == "new")
        #expect(await credential.requests.count == 1)
    }

    @Test(.timeLimit(.minutes(10)))
    func `A refused token is dropped once, and asked for afresh`() async throws {
        let credential = SlowCredential([
            .success(token("old", for: 9_000)), .success(token("new", for: 9_000)),
        ])
        let source = self.source(credential)
        let old = try await source.token(for: .monitor)
        source.refuse(old)
        #expect(try await source.token(for: .monitor).token == "new")
        source.refuse(old)
        #expect(try await source.token(for: .monitor).token == "new")
        #expect(await credential.requests.map(\.requiresFreshToken) == [false, true])
    }

    @Test(.timeLimit(.minutes(10)))
    func `Claims are asked for although there is a token, which they replace`() async throws {
        let credential = SlowCredential([
            .success(token("plain", for: 9_000)), .success(token("claimed", for: 9_000)),
        ])
        let source = self.source(credential)
        _ = try await source.token(for: .monitor)
        var request = TokenRequest.monitor
        request.claims = #"{"access_token":{}}"#
        #expect(try await source.token(for: request).token == "claimed")
        #expect(try await source.token(for: .monitor).token == "claimed")
        #expect(await credential.requests.map(\.claims) == [nil, request.claims])
    }

    @Test(.timeLimit(.minutes(10)))
    func `Scopes and clouds have tokens of their own`() async throws {
        let credential = SlowCredential((0..<3).map { .success(token("t\($0)", for: 9_000)) })
        let source = self.source(credential)
        let requests = [
            TokenRequest.monitor, TokenRequest(scope: "https://other/.default"),
            TokenRequest(scope: TokenRequest.monitor.scope, cloud: .china),
        ]
        for _ in 0..<2 {
            for (index, request) in requests.enumerated() {
                #expect(try await source.token(for: request).token == "t\(index)")
            }
        }
    }

    @Test func `Nothing shows a token`() async throws {
        let source = self.source(SlowCredential([.success(token("secret0", for: 9_000))]))
        let token = try await source.token(for: .monitor)
        var dumped = ""
        dump(source, to: &dumped)
        dump(token, to: &dumped)
        #expect(!(dumped + "\(source) \(token)" + String(reflecting: token)).contains("secret0"))
    }
}
