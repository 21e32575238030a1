import HTTPTypes
import TelemetryTransport

/// Sends a request for a token and tries again where that makes sense.
struct TokenExchange {
    /// Which answers are worth another try, and when.
    struct Retries {
        /// Whether an answer with this status is.
        var statuses: @Sendable (Int) -> Bool
        /// Whether having no answer is.
        var includesFailures: Bool
        /// How long to wait before each further try, unless the answer says.
        var pauses: [Duration]
        /// How long to wait instead after an answer with one of these statuses.
        var pausesByStatus: [Int: [Duration]] = [:]
        /// How long to wait at most where the answer says.
        var longestPause: Duration = .seconds(10)

        /// For the authority: 408, 429 and 5xx, three more tries.
        static let authority = Retries(
            statuses: { $0 == 408 || $0 == 429 || $0 >= 500 },
            includesFailures: true,
            pauses: [.milliseconds(800), .milliseconds(1_600), .milliseconds(3_200)]
        )

        /// One try.
        static let none = Retries(statuses: { _ in false }, includesFailures: false, pauses: [])
    }

    let credential: String
    let context: IdentityContext
    var route: IdentityContext.Route = .network
    var retries: Retries = .authority

    /// Sends until there is a token, or an answer that no further try will change.
    func token(for request: TransportRequest) async throws(CredentialError) -> AccessToken {
        let response = try await self.response(to: request)
        guard response.status == 200 else {
            throw TokenReply.error(
                in: response,
                credential: self.credential,
                now: self.context.now()
            )
        }
        return try TokenReply.token(
            in: response,
            credential: self.credential,
            now: self.context.now()
        )
    }

    /// Sends until there is an answer that no further try will change, or none are left.
    func response(
        to request: TransportRequest
    ) async throws(CredentialError) -> TransportResponse {
        var tries = 0
        while true {
            defer { tries += 1 }
            let failure: TransportError
            var wish: Duration?
            do throws(TransportError) {
                let response = try await self.context.send(request, by: self.route)
                let pauses = self.retries.pausesByStatus[response.status] ?? self.retries.pauses
                guard self.retries.statuses(response.status), tries < pauses.count else {
                    return response
                }
                wish = RetryAfter.duration(in: response.headers, now: self.context.now())
                if let wish, wish > self.retries.longestPause { return response }
                try await self.pause(for: wish ?? pauses[tries])
                continue
            } catch {
                failure = error
            }
            guard self.retries.includesFailures, failure.code != .cancelled,
                failure.code != .tls, failure.code != .invalidRequest,
                tries < self.retries.pauses.count
            else { throw self.error(failure) }
            do throws(TransportError) {
                try await self.pause(for: self.retries.pauses[tries])
            } catch {
                throw self.error(error)
            }
        }
    }

    private func pause(for duration: Duration) async throws(TransportError) {
        do {
            try await self.context.sleep(duration)
        } catch {
            throw TransportError(code: .cancelled, message: "The request was cancelled.")
        }
    }

    private func error(_ failure: TransportError) -> CredentialError {
        CredentialError(
            code: .failed,
            credential: self.credential,
            message: "There was no answer (\(failure)).",
            cause: failure
        )
    }
}
