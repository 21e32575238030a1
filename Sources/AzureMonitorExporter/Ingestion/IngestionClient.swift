import AzureIdentity
import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTransport

/// Sends payloads to the ingestion service, one try each.
///
/// It owns what outlives a request: where redirects led, and the source of tokens. When to try
/// again is not its business.
actor IngestionClient {
    private let connectionString: ConnectionString
    private let tokens: TokenSource?
    private let transport: any HTTPTransport
    private let time: TimeSource
    private var redirects: RedirectPolicy

    init(
        connectionString: ConnectionString,
        tokens: TokenSource?,
        transport: any HTTPTransport,
        time: TimeSource = .system
    ) {
        self.connectionString = connectionString
        self.tokens = tokens
        self.transport = transport
        self.time = time
        self.redirects = RedirectPolicy(
            configured: connectionString.ingestion,
            cloud: connectionString.cloud
        )
    }

    /// Sends a payload, follows redirects, replaces a refused token once, and says what became
    /// of it all.
    ///
    /// - Parameters:
    ///   - payload: The body and what it holds.
    ///   - timeLimit: How long everything may take, tokens and redirects included.
    func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
        let deadline = self.time.monotonicNow().advanced(by: timeLimit)
        var endpoint = self.redirects.endpoint(at: self.time.monotonicNow())
        var hops: [Bool] = []
        var hasReplacedToken = false
        var claims: String?
        while true {
            var token: AccessToken?
            if let tokens {
                guard self.redirects.mayReceiveToken(endpoint) else {
                    return .failed(Self.tokenNotSent(to: endpoint))
                }
                do throws(CredentialError) {
                    token = try await self.token(from: tokens, claims: claims, before: deadline)
                } catch {
                    return .failed(Self.noToken(error))
                }
            }
            let remaining = self.time.monotonicNow().duration(to: deadline)
            guard remaining > .zero else {
                return .failed(
                    DeliveryFailure(kind: .network, explanation: "there was no time left to send")
                )
            }
            let response: TransportResponse
            do {
                response = try await self.transport.send(
                    self.request(payload, to: endpoint, token: token, timeout: remaining)
                )
            } catch {
                self.redirects.failed(at: endpoint)
                return .failed(
                    DeliveryFailure(
                        kind: .network,
                        mayHaveArrived: error.requestWasSent,
                        explanation: error.description
                    )
                )
            }
            switch IngestionResult.classify(
                status: response.status,
                headers: response.headers,
                body: response.body,
                itemCount: payload.leadingItems + payload.itemCount,
                isDivisible: payload.isDivisible,
                now: self.time.wallNow()
            ) {
            case .outcome(let outcome):
                self.note(outcome, from: endpoint, hops: hops)
                return outcome
            case .redirect(let isPermanent, let location):
                switch self.redirects.redirected(from: endpoint, to: location, hops: hops.count) {
                case .follow(let target):
                    endpoint = target
                    hops.append(isPermanent)
                case .refuse(let reason):
                    self.redirects.failed(at: endpoint)
                    return .failed(
                        DeliveryFailure(
                            kind: .server,
                            retryAfter: RetryAfter.duration(
                                in: response.headers,
                                now: self.time.wallNow()
                            ),
                            explanation:
                                "status \(response.status): redirect not followed: \(reason)"
                        )
                    )
                }
            case .unauthorized(let failure):
                guard let token, !hasReplacedToken else {
                    return .failed(Self.naming(token?.credential, in: failure))
                }
                self.tokens?.refuse(token)
                claims = ClaimsChallenge.claims(in: response.headers[.wwwAuthenticate])
                hasReplacedToken = true
            }
        }
    }

    private func note(_ outcome: DeliveryOutcome, from endpoint: EndpointURL, hops: [Bool]) {
        switch outcome {
        case .accepted, .partiallyAccepted, .payloadTooLarge:
            let now = self.time.monotonicNow()
            self.redirects.delivered(to: endpoint, hops: hops, at: now)
        case .failed, .refused:
            self.redirects.failed(at: endpoint)
        }
    }

    private func request(
        _ payload: Payload,
        to endpoint: EndpointURL,
        token: AccessToken?,
        timeout: Duration
    ) -> TransportRequest {
        var headers = HTTPFields()
        headers[.contentType] = payload.mediaType
        headers[.accept] = "application/json"
        headers[.userAgent] = "azmon-swift/\(PackageVersion.current)"
        if payload.isCompressed { headers[.contentEncoding] = "gzip" }
        if let name = HTTPField.Name("x-ms-client-request-id") {
            headers[name] = RequestID.make()
        }
        if let token { headers[.authorization] = "Bearer \(token.token)" }
        return TransportRequest(
            method: .post,
            url: endpoint.appending(path: ConnectionString.trackPath),
            headers: headers,
            body: payload.body,
            timeout: timeout
        )
    }

    // MARK: Tokens

    /// A token of the source, which goes on with its own work when the time is up.
    private func token(
        from tokens: TokenSource,
        claims: String?,
        before deadline: UInt64
    ) async throws(CredentialError) -> AccessToken {
        let request = TokenRequest(
            scope: self.connectionString.tokenScope,
            cloud: self.connectionString.cloud,
            claims: claims
        )
        let time = self.time
        let limit = time.monotonicNow().duration(to: deadline)
        let result: Result<AccessToken, CredentialError> = await withTaskGroup(
            of: Result<AccessToken, CredentialError>.self
        ) { group in
            group.addTask {
                do throws(CredentialError) {
                    return .success(try await tokens.token(for: request))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await time.sleep(limit)
                return .failure(Self.tooLate)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(Self.tooLate)
        }
        return try result.get()
    }

    /// Ends what the source of tokens is about.
    func shutdown() async {
        await self.tokens?.shutdown()
    }

    private static let tooLate = CredentialError(
        code: .failed,
        credential: "credential",
        message: "There was no token in time."
    )

    private static func naming(
        _ credential: String?,
        in failure: DeliveryFailure
    ) -> DeliveryFailure {
        guard let credential else { return failure }
        var failure = failure
        failure.explanation += " (the token is from \(credential))"
        return failure
    }

    private static func noToken(_ error: CredentialError) -> DeliveryFailure {
        DeliveryFailure(
            kind: .authentication,
            retryAfter: error.retryAfter,
            explanation: "no token: \(error)"
        )
    }

    private static func tokenNotSent(to endpoint: EndpointURL) -> DeliveryFailure {
        DeliveryFailure(
            kind: .authentication,
            explanation: "a token is sent over https only and not to \(endpoint.origin); "
                + "use an https endpoint"
        )
    }
}

extension UInt64 {
    /// Later on a clock that counts nanoseconds; at most its end.
    fileprivate func advanced(by duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return self }
        let nanoseconds = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !nanoseconds.overflow else { return .max }
        let sum = self.addingReportingOverflow(nanoseconds.partialValue)
        guard !sum.overflow else { return .max }
        let total = sum.partialValue.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
        return total.overflow ? .max : total.partialValue
    }

    /// The time until another moment of the same clock; negative if it has passed.
    fileprivate func duration(to other: UInt64) -> Duration {
        other >= self
            ? .nanoseconds(Int64(clamping: other - self))
            : .zero - .nanoseconds(Int64(clamping: self - other))
    }
}
