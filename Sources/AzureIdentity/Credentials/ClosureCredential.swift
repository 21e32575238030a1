/// Gets tokens from a closure, for programs that have a source of their own.
public struct ClosureCredential: TokenCredential {
    private let name: String
    private let body: @Sendable (TokenRequest) async throws -> AccessToken

    /// Creates a credential.
    ///
    /// - Parameters:
    ///   - name: What diagnostics call it.
    ///   - body: Returns a token for the request. Whoever sends with the token keeps it until it
    ///     is due for replacement, so the closure need not.
    public init(
        name: String = "ClosureCredential",
        _ body: @escaping @Sendable (TokenRequest) async throws -> AccessToken
    ) {
        self.name = name
        self.body = body
    }

    /// Calls the closure; an error that is no ``CredentialError`` becomes the cause of one.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        do {
            return try await self.body(request)
        } catch let error as CredentialError {
            throw error
        } catch {
            throw CredentialError(
                code: .failed,
                credential: self.name,
                message: "The closure threw \(type(of: error)).",
                cause: error
            )
        }
    }
}
