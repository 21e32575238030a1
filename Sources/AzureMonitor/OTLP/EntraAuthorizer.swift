public import AzureIdentity
public import OTLPExporter

/// Gets tokens of Microsoft Entra for OTLP destinations that take them.
///
/// Tokens are kept and renewed before they expire. Who hands a ``AzureIdentity/TokenSource`` to
/// several destinations shares its tokens.
public struct EntraAuthorizer: OTLPAuthorizer {
    /// What tokens for Azure Monitor's own OTLP endpoints must be good for.
    public static let azureMonitorScope = "https://monitor.azure.com/.default"

    private let tokens: TokenSource?
    private let scope: String
    private let cloud: AzureCloud
    private let remedy: String?

    /// Creates an authorizer, which asks for nothing before the first token is needed.
    ///
    /// - Parameters:
    ///   - credential: Who gets tokens; `nil` for the credential of the configuration of the
    ///     pipeline, ``AzureMonitor/Configuration/credential``.
    ///   - scope: What tokens must be good for.
    ///   - cloud: The cloud that the destination is in.
    public init(
        _ credential: (any TokenCredential)? = nil,
        scope: String = EntraAuthorizer.azureMonitorScope,
        cloud: AzureCloud = .public
    ) {
        self.init(credential, scope: scope, cloud: cloud, remedy: nil)
    }

    init(
        _ credential: (any TokenCredential)?,
        scope: String,
        cloud: AzureCloud,
        remedy: String?
    ) {
        self.tokens = credential.map { $0 as? TokenSource ?? TokenSource($0) }
        self.scope = scope
        self.cloud = cloud
        self.remedy = remedy
    }

    /// Whether it has a credential.
    var hasCredential: Bool { self.tokens != nil }

    /// The same with a credential.
    func with(_ credential: any TokenCredential) -> EntraAuthorizer {
        EntraAuthorizer(credential, scope: self.scope, cloud: self.cloud, remedy: self.remedy)
    }

    /// Returns a token, which is a new one if one was refused.
    public func authorization(
        replacing refused: OTLPAuthorization?,
        challenge: String?
    ) async throws(OTLPAuthorizationError) -> OTLPAuthorization {
        guard let tokens else {
            throw OTLPAuthorizationError(message: "there is no credential")
        }
        if let refused {
            let text = String(refused.value.dropFirst(Self.scheme.count))
            tokens.refuse(AccessToken(token: text, expiresOn: 0))
        }
        let token: AccessToken
        do throws(CredentialError) {
            token = try await tokens.token(
                for: TokenRequest(
                    scope: self.scope,
                    cloud: self.cloud,
                    claims: ClaimsChallenge.claims(in: challenge)
                )
            )
        } catch {
            throw OTLPAuthorizationError(message: "\(error)", retryAfter: error.retryAfter)
        }
        return OTLPAuthorization(
            value: Self.scheme + token.token,
            source: token.credential,
            remedy: self.remedy
        )
    }

    /// Ends the fetches that are under way.
    public func shutdown() async {
        await self.tokens?.shutdown()
    }

    private static let scheme = "Bearer "
}
