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
        let deadline = OTLPDeadline(min(timeLimit, route.timeout), time: self.time)
        var target = (origin: route.endpoint, url: route.url)
        var hops = 0
        var refused: OTLPAuthorization?
        var challenge: String?
        while true {
            let authorization: OTLPAuthorization?
            do throws(OTLPAuthorizationError) {
                authorization = try await deadline.authorization(
                    of: self.authorizer,
                    replacing: refused,
                    challenge: challenge
                )
            } catch {
                return .failed(DeliveryFailure(noAuthorization: error))
            }
            guard let remaining = deadline.remaining else { return .failed(.noTimeLeft) }
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
                    return .failed(failure.naming(authorization))
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
}
