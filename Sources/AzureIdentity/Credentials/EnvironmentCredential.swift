public import TelemetryTransport

/// Gets tokens for the application that the environment names.
///
/// | Variables, beside `AZURE_TENANT_ID` and `AZURE_CLIENT_ID`                  | Proof       |
/// | -------------------------------------------------------------------------- | ----------- |
/// | `AZURE_CLIENT_SECRET`                                                      | secret      |
/// | `AZURE_CLIENT_CERTIFICATE_PATH`, `AZURE_CLIENT_CERTIFICATE_PASSWORD`, `AZURE_CLIENT_SEND_CERTIFICATE_CHAIN` | certificate |
///
/// The secret comes first. User name and password are not supported: Microsoft has given them up.
public struct EnvironmentCredential: TokenCredential {
    static let name = "EnvironmentCredential"

    private let context: IdentityContext

    /// Creates a credential; nothing is read or sent before a token is needed.
    ///
    /// - Parameters:
    ///   - environment: The environment variables; `nil` for those of the process.
    ///   - transport: What sends; `nil` for libcurl with the environment's proxy and trust store.
    public init(
        environment: [String: String]? = nil,
        transport: (any HTTPTransport)? = nil
    ) {
        self.init(context: IdentityContext(environment: environment, transport: transport))
    }

    package init(context: IdentityContext) {
        self.context = context
    }

    /// Gets a token as the application that the variables name.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        guard let tenantID = self.context.variable("AZURE_TENANT_ID"),
            let clientID = self.context.variable("AZURE_CLIENT_ID")
        else {
            throw self.error(.unavailable, "AZURE_TENANT_ID and AZURE_CLIENT_ID are not both set.")
        }
        var token: AccessToken
        if let secret = self.context.variable("AZURE_CLIENT_SECRET") {
            token = try await ClientSecretCredential(
                tenantID: tenantID,
                clientID: clientID,
                clientSecret: secret,
                context: self.context
            ).token(for: request)
        } else if let path = self.context.variable("AZURE_CLIENT_CERTIFICATE_PATH") {
            token = try await self.certificateToken(
                for: request,
                tenantID: tenantID,
                clientID: clientID,
                path: path
            )
        } else {
            throw self.error(
                .unavailable,
                "Neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set."
            )
        }
        token.credential = Self.name
        return token
    }

    private func certificateToken(
        for request: TokenRequest,
        tenantID: String,
        clientID: String,
        path: String
    ) async throws(CredentialError) -> AccessToken {
        #if ClientCertificate
            return try await ClientCertificateCredential(
                tenantID: tenantID,
                clientID: clientID,
                certificatePath: path,
                password: self.context.variable("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
                // Any text at all, even `false`, means yes: so do Azure's other libraries.
                sendsChain: self.context.variable("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN") != nil,
                context: self.context
            ).token(for: request)
        #else
            throw self.error(
                .invalidConfiguration,
                "AZURE_CLIENT_CERTIFICATE_PATH is set, but this program was built without the "
                    + "trait ClientCertificate of the package swift-azure-monitor. Enable it: "
                    + ".package(url: …, traits: [\"ClientCertificate\"])."
            )
        #endif
    }

    private func error(_ code: CredentialError.Code, _ message: String) -> CredentialError {
        CredentialError(code: code, credential: Self.name, message: message)
    }
}
