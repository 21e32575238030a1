import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTransport

/// Sends payloads to one place over HTTP, one try each.
struct OTLPHTTPClient: Sendable {
    /// How many redirects one request follows at most.
    private static let maximumHops = 3

    /// The most of an answer that is read.
    private static let maximumResponseSize = 64 << 10

    let authorizer: (any OTLPAuthorizer)?
    let notes: OTLPNotes
    let time: TimeSource

    /// Sends a payload, follows redirects on its host, replaces a refused token once, and says what
    /// became of it all.
    ///
    /// - Parameters:
    ///   - payload: The body and what it holds.
    ///   - route: Where to, and how.
    ///   - transport: What sends.
    ///   - timeLimit: How long everything may take, tokens and redirects included.
    func send(
        _ payload: Payload,
        on route: OTLPRoute,
        by transport: any HTTPTransport,
        within timeLimit: Duration
    ) async -> DeliveryOutcome {
        let deadline = Deadline(min(timeLimit, route.timeout), time: self.time)
        var target = (origin: route.endpoint, url: route.url)
        var hops = 0
        var refused: OTLPAuthorization?
        var challenge: String?
        while true {
            var authorization: OTLPAuthorization?
            if let authorizer {
                do throws(OTLPAuthorizationError) {
                    authorization = try await deadline.authorization(
                        of: authorizer,
                        replacing: refused,
                        challenge: challenge
                    )
                } catch {
                    return .failed(Self.noAuthorization(error))
                }
            }
            guard let remaining = deadline.remaining else {
                return .failed(
                    DeliveryFailure(kind: .network, explanation: "there was no time left to send")
                )
            }
            let response: TransportResponse
            do throws(TransportError) {
                response = try await transport.send(
                    Self.request(payload, to: target.url, route, authorization, remaining)
                )
            } catch {
                return .failed(
                    DeliveryFailure(
                        kind: .network,
                        mayHaveArrived: error.requestWasSent,
                        explanation: error.description
                    )
                )
            }
            let question = OTLPAnswer.Question(
                encoding: OTLPEncoding(mediaType: payload.mediaType) ?? .protobuf,
                isDivisible: payload.isDivisible,
                hadToken: authorization != nil,
                address: target.origin.description,
                secrets: route.secrets
                    + (authorization.map { OTLPServerText.secrets(in: $0.value) } ?? [])
            )
            switch OTLPAnswer(response, to: question, now: self.time.wallNow()) {
            case .taken(let reply):
                self.notes.took(reply, signal: payload.signal)
                return reply.outcome(of: payload)
            case .outcome(let outcome):
                return outcome
            case .redirect(let location):
                hops += 1
                switch Self.redirected(from: target.origin, to: location, hops: hops) {
                case .success(let next):
                    target = (next, next.appending(path: ""))
                case .failure(let refusal):
                    return .failed(
                        DeliveryFailure(
                            kind: .server,
                            explanation: "status \(response.status): redirect not followed: "
                                + refusal.reason
                        )
                    )
                }
            case .unauthorized(let failure):
                guard let authorization, refused == nil else {
                    return .failed(Self.naming(authorization, in: failure))
                }
                refused = authorization
                challenge = response.headers[.wwwAuthenticate]
            }
        }
    }

    private static func request(
        _ payload: Payload,
        to url: String,
        _ route: OTLPRoute,
        _ authorization: OTLPAuthorization?,
        _ timeout: Duration
    ) -> TransportRequest {
        var headers = route.headers
        if headers[.userAgent] == nil {
            headers[.userAgent] = Self.userAgent
        }
        headers[.contentType] = payload.mediaType
        if payload.isCompressed { headers[.contentEncoding] = "gzip" }
        if let authorization { headers[.authorization] = authorization.value }
        return TransportRequest(
            method: .post,
            url: url,
            headers: headers,
            body: payload.body,
            timeout: timeout,
            maximumResponseBodySize: Self.maximumResponseSize
        )
    }

    /// The name that the specification wants, and then ours.
    static let userAgent =
        "OTel-OTLP-Exporter-Swift/\(PackageVersion.current) swift-azure-monitor"

    // MARK: Redirects

    private struct Refusal: Error {
        let reason: String
    }

    /// Where a redirect leads, if that is the same host: others have no business with our headers.
    private static func redirected(
        from endpoint: EndpointURL,
        to location: String?,
        hops: Int
    ) -> Result<EndpointURL, Refusal> {
        func refuse(_ reason: String) -> Result<EndpointURL, Refusal> {
            .failure(Refusal(reason: reason))
        }
        guard hops <= Self.maximumHops else {
            return refuse("more than \(Self.maximumHops) redirects")
        }
        guard let location, !location.isEmpty else { return refuse("it names no location") }
        let text =
            if location.hasPrefix("//") {
                (endpoint.isSecure ? "https:" : "http:") + location
            } else if location.hasPrefix("/") {
                endpoint.origin + location
            } else {
                location
            }
        let target: EndpointURL
        do throws(EndpointURL.Problem) {
            target = try EndpointURL(text)
        } catch {
            return refuse("its location \(error.explanation)")
        }
        guard target.host == endpoint.host else { return refuse("it leads to another host") }
        guard target.isSecure || !endpoint.isSecure else {
            return refuse("it leads from https to http")
        }
        guard target.port == endpoint.port || target.isSecure != endpoint.isSecure else {
            return refuse("it leads to another port")
        }
        return .success(target)
    }

    // MARK: Authorization

    private static func noAuthorization(_ error: OTLPAuthorizationError) -> DeliveryFailure {
        DeliveryFailure(
            kind: .authentication,
            retryAfter: error.retryAfter,
            explanation: "no token: \(error.message)"
        )
    }

    private static func naming(
        _ authorization: OTLPAuthorization?,
        in failure: DeliveryFailure
    ) -> DeliveryFailure {
        var failure = failure
        if let remedy = authorization?.remedy { failure.explanation += "; \(remedy)" }
        if let source = authorization?.source {
            failure.explanation += " (the token is from \(source))"
        }
        return failure
    }
}

/// A moment of the monotonic clock by which something must be over.
private struct Deadline {
    private let moment: UInt64
    private let time: TimeSource

    init(_ limit: Duration, time: TimeSource) {
        let sum = time.monotonicNow().addingReportingOverflow(limit.nanoseconds)
        self.moment = sum.overflow ? .max : sum.partialValue
        self.time = time
    }

    /// The time until then; `nil` if there is none.
    var remaining: Duration? {
        let now = self.time.monotonicNow()
        return now < self.moment ? .nanoseconds(Int64(clamping: self.moment - now)) : nil
    }

    /// What an authorizer has, unless it takes too long.
    func authorization(
        of authorizer: any OTLPAuthorizer,
        replacing refused: OTLPAuthorization?,
        challenge: String?
    ) async throws(OTLPAuthorizationError) -> OTLPAuthorization {
        let tooLate = OTLPAuthorizationError(message: "there was none in time")
        guard let remaining else { throw tooLate }
        let time = self.time
        let result = await withTaskGroup(
            of: Result<OTLPAuthorization, OTLPAuthorizationError>.self
        ) { group in
            group.addTask {
                do throws(OTLPAuthorizationError) {
                    return .success(
                        try await authorizer.authorization(
                            replacing: refused,
                            challenge: challenge
                        )
                    )
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await time.sleep(remaining)
                return .failure(tooLate)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(tooLate)
        }
        return try result.get()
    }
}
