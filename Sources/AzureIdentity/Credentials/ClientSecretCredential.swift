import HTTPTypes
public import TelemetryTransport

/// Gets tokens for an application that has a secret.
///
/// The secret is in no description and in no error.
public struct ClientSecretCredential: TokenCredential {
    private static let name = "ClientSecretCredential"

    private let tenantID: String
    private let clientID: String
    private let secret: String
    private let authorityHost: String?
    private let context: IdentityContext

    /// Creates a credential; nothing is checked or sent before a token is needed.
    ///
    /// - Parameters:
    ///   - tenantID: The id or the domain of the application's tenant.
    ///   - clientID: The id of the application.
    ///   - clientSecret: The value of one of its secrets.
    ///   - authorityHost: Who issues the tokens, always over https; `nil` for
    ///     `AZURE_AUTHORITY_HOST`, or else the authority of the cloud that the token is for.
    ///   - environment: The environment variables; `nil` for those of the process.
    ///   - transport: What sends; `nil` for libcurl with the environment's proxy and trust store.
    public init(
        tenantID: String,
        clientID: String,
        clientSecret: String,
        authorityHost: String? = nil,
        environment: [String: String]? = nil,
        transport: (any HTTPTransport)? = nil
    ) {
        self.init(
            tenantID: tenantID,
            clientID: clientID,
            clientSecret: clientSecret,
            authorityHost: authorityHost,
            context: IdentityContext(environment: environment, transport: transport)
        )
    }

    package init(
        tenantID: String,
        clientID: String,
        clientSecret: String,
        authorityHost: String? = nil,
        context: IdentityContext
    ) {
        self.tenantID = tenantID
        self.clientID = clientID
        self.secret = clientSecret
        self.authorityHost = authorityHost
        self.context = context
    }

    /// Asks the authority for a token; up to four tries within some seconds.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        try await AuthorityRequest(
            credential: Self.name,
            tenantID: self.tenantID,
            clientID: self.clientID,
            authorityHost: self.authorityHost,
            context: self.context
        ).token(for: request, proof: [("client_secret", self.secret)])
    }
}

extension ClientSecretCredential: CustomStringConvertible, CustomReflectable {
    /// Tenant and application.
    public var description: String {
        "\(Self.name)(tenantID: \(self.tenantID), clientID: \(self.clientID))"
    }

    /// Tenant and application.
    public var customMirror: Mirror {
        Mirror(self, children: ["tenantID": self.tenantID, "clientID": self.clientID])
    }
}
