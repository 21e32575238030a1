/// What a token is needed for.
public struct TokenRequest: Hashable, Sendable {
    /// What the token must be good for: a resource followed by `/.default`.
    public var scope: String

    /// Further claims that the resource asks for, as JSON; usually none.
    public var claims: String?

    /// Whether a token that was issued before will not do, because it was refused.
    public var requiresFreshToken: Bool

    /// The cloud that the resource is in, which has an authority of its own.
    ///
    /// A credential that was told its authority, in code or by `AZURE_AUTHORITY_HOST`, asks that
    /// one instead.
    public var cloud: AzureCloud

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - scope: What the token must be good for.
    ///   - cloud: The cloud that the resource is in.
    ///   - claims: Further claims, as JSON.
    ///   - requiresFreshToken: Whether a cached token will not do.
    public init(
        scope: String,
        cloud: AzureCloud = .public,
        claims: String? = nil,
        requiresFreshToken: Bool = false
    ) {
        self.scope = scope
        self.cloud = cloud
        self.claims = claims
        self.requiresFreshToken = requiresFreshToken
    }
}

extension TokenRequest {
    /// The resource that older endpoints and tools want to know: the scope without `/.default`.
    var resource: String {
        let suffix = "/.default"
        return self.scope.hasSuffix(suffix)
            ? String(self.scope.dropLast(suffix.utf8.count)) : self.scope
    }
}
