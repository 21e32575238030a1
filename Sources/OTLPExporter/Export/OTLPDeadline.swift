import TelemetryEngine

/// A moment of the monotonic clock by which something must be over.
struct OTLPDeadline {
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

    /// What an authorizer has, unless it takes too long; `nil` without one.
    func authorization(
        of authorizer: (any OTLPAuthorizer)?,
        replacing refused: OTLPAuthorization?,
        challenge: String?
    ) async throws(OTLPAuthorizationError) -> OTLPAuthorization? {
        guard let authorizer else { return nil }
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

extension DeliveryFailure {
    /// There was no time to send anything.
    static let noTimeLeft = DeliveryFailure(
        kind: .network,
        explanation: "there was no time left to send"
    )

    /// There is no token to send with.
    init(noAuthorization error: OTLPAuthorizationError) {
        self.init(
            kind: .authentication,
            retryAfter: error.retryAfter,
            explanation: "no token: \(error.message)"
        )
    }

    /// The failure, with where the token that was not accepted came from.
    func naming(_ authorization: OTLPAuthorization?) -> DeliveryFailure {
        var failure = self
        if let remedy = authorization?.remedy { failure.explanation += "; \(remedy)" }
        if let source = authorization?.source {
            failure.explanation += " (the token is from \(source))"
        }
        return failure
    }
}
