/// Someone who can get tokens of Microsoft Entra.
public protocol TokenCredential: Sendable {
    /// Returns a token that is good for `request` and has not expired.
    ///
    /// A credential keeps what it gets for as long as it is good, unless
    /// ``TokenRequest/requiresFreshToken`` is set. It returns soon when the task is cancelled.
    ///
    /// - Parameter request: What the token is needed for.
    /// - Throws: ``CredentialError``.
    func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken
}
