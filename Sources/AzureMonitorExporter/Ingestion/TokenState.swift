import AzureIdentity

/// The token under use, and when to ask for another.
struct TokenState {
    private static let defaultLead: Int64 = 300
    private static let pauseAfterFailure: Int64 = 30

    private var current: AccessToken?
    private var nextTry: Int64 = .min

    /// The token, if it can still be used and need not be replaced now.
    ///
    /// - Parameter now: Seconds since 1970.
    func token(at now: Int64) -> AccessToken? {
        guard let current, now < current.expiresOn else { return nil }
        let due = current.refreshOn ?? (current.expiresOn - Self.defaultLead)
        return now < max(due, self.nextTry) ? current : nil
    }

    /// A token that should be replaced but is still good, for when no other can be had.
    ///
    /// - Parameter now: Seconds since 1970.
    func lastResort(at now: Int64) -> AccessToken? {
        guard let current, now < current.expiresOn else { return nil }
        return current
    }

    /// There is a new token.
    mutating func received(_ token: AccessToken, at now: Int64) {
        self.current = token
        // One that is short-lived from the start is not asked for with every request.
        self.nextTry = now + Self.pauseAfterFailure
    }

    /// There is no new token for the moment.
    mutating func failed(at now: Int64) {
        self.nextTry = now + Self.pauseAfterFailure
    }

    /// The token was not accepted.
    mutating func refused(_ token: AccessToken) {
        if self.current?.token == token.token { self.current = nil }
    }
}
