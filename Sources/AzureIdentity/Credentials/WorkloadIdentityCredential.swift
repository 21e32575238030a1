public import TelemetryTransport

/// Gets tokens for a workload that another issuer vouches for, such as a pod in Kubernetes.
///
/// The issuer's token is read from its file for each request, since it is replaced there; when the
/// authority refuses it and the file has changed meanwhile, the new one is tried at once.
///
/// | Setting   | Variable                     |
/// | --------- | ---------------------------- |
/// | tenant    | `AZURE_TENANT_ID`            |
/// | client    | `AZURE_CLIENT_ID`            |
/// | file      | `AZURE_FEDERATED_TOKEN_FILE` |
/// | authority | `AZURE_AUTHORITY_HOST`       |
public struct WorkloadIdentityCredential: TokenCredential {
    static let name = "WorkloadIdentityCredential"

    private let tenantID: String?
    private let clientID: String?
    private let tokenFilePath: String?
    private let authorityHost: String?
    private let context: IdentityContext

    /// Creates a credential; nothing is read or sent before a token is needed.
    ///
    /// - Parameters:
    ///   - tenantID: The tenant; `nil` for the variable.
    ///   - clientID: The application or user-assigned identity; `nil` for the variable.
    ///   - tokenFilePath: The file with the issuer's token; `nil` for the variable.
    ///   - authorityHost: Who issues the tokens; `nil` for the variable, or else the authority of
    ///     the cloud that the token is for.
    ///   - environment: The environment variables; `nil` for those of the process.
    ///   - transport: What sends; `nil` for libcurl with the environment's proxy and trust store.
    public init(
        tenantID: String? = nil,
        clientID: String? = nil,
        tokenFilePath: String? = nil,
        authorityHost: String? = nil,
        environment: [String: String]? = nil,
        transport: (any HTTPTransport)? = nil
    ) {
        self.init(
            tenantID: tenantID,
            clientID: clientID,
            tokenFilePath: tokenFilePath,
            authorityHost: authorityHost,
            context: IdentityContext(environment: environment, transport: transport)
        )
    }

    package init(
        tenantID: String? = nil,
        clientID: String? = nil,
        tokenFilePath: String? = nil,
        authorityHost: String? = nil,
        context: IdentityContext
    ) {
        self.tenantID = tenantID ?? context.variable("AZURE_TENANT_ID")
        self.clientID = clientID ?? context.variable("AZURE_CLIENT_ID")
        self.tokenFilePath = tokenFilePath ?? context.variable("AZURE_FEDERATED_TOKEN_FILE")
        self.authorityHost = authorityHost
        self.context = context
    }

    /// Shows the authority the issuer's token and returns the one it gives.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        guard let tenantID, let clientID, let tokenFilePath else {
            throw CredentialError(
                code: .unavailable,
                credential: Self.name,
                message: "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE "
                    + "are not all set."
            )
        }
        let authority = AuthorityRequest(
            credential: Self.name,
            tenantID: tenantID,
            clientID: clientID,
            authorityHost: self.authorityHost,
            context: self.context
        )
        let assertion = try Self.assertion(in: tokenFilePath)
        do throws(CredentialError) {
            return try await authority.token(
                for: request,
                proof: ClientAssertion.fields(assertion)
            )
        } catch {
            guard error.code == .rejected else { throw error }
            let renewed = try Self.assertion(in: tokenFilePath)
            guard renewed != assertion else { throw error }
            return try await authority.token(for: request, proof: ClientAssertion.fields(renewed))
        }
    }

    private static func assertion(in path: String) throws(CredentialError) -> String {
        switch SmallFile.text(at: path, maximumSize: 1 << 16) {
        case .success(let text):
            let token = text.trimmingBlanks
            guard !token.isEmpty else {
                throw CredentialError(
                    code: .failed,
                    credential: Self.name,
                    message: "The file \(path) is empty."
                )
            }
            return String(token)
        case .failure(let problem):
            throw CredentialError(
                code: .failed,
                credential: Self.name,
                message: "The file \(path) cannot be read: \(problem.explanation)."
            )
        }
    }
}
