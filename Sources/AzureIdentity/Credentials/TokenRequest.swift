/// What a token is needed for.
public struct TokenRequest: Hashable, Sendable {
    /// What the token must be good for: a resource followed by `/.default`.
    public var scope: String

    /// Further claims that the resource asks for, as JSON; usually none.
    public var claims: String?

    /// Whether a token that was issued before will not do, because it was refused.
    public var requiresFreshToken: Bool

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - scope: What the token must be good for.
    ///   - claims: Further claims, as JSON.
    ///   - requiresFreshToken: Whether a cached token will not do.
    public init(scope: String, claims: String? = nil, requiresFreshToken: Bool = false) {
        self.scope = scope
        self.claims = claims
        self.requiresFreshToken = requiresFreshToken
    }
}
