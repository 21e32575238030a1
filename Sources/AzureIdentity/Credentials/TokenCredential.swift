/// Someone who can get tokens of Microsoft Entra.
///
/// A credential gets a token each time it is asked; a ``TokenSource`` in front of it keeps tokens.
/// Whatever sends telemetry puts one there itself.
public protocol TokenCredential: Sendable {
    /// Returns a token that is good for `request` and has not expired.
    ///
    /// It returns soon when the task is cancelled.
    ///
    /// - Parameter request: What the token is needed for.
    /// - Throws: ``CredentialError``.
    func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken
}
