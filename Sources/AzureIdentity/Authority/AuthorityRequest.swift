import HTTPTypes
import TelemetryTransport

/// A request of an application for a token, in the flow called client credentials.
///
/// | Field        | Value                                                |
/// | ------------ | ---------------------------------------------------- |
/// | `client_id`  | the id of the application                            |
/// | `grant_type` | `client_credentials`                                 |
/// | `scope`      | as requested                                         |
/// | `claims`     | as requested, if any                                 |
/// | others       | the application's proof: a secret or an assertion    |
///
/// - SeeAlso: [The flow](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow)
struct AuthorityRequest {
    let credential: String
    let tenantID: String
    let clientID: String
    let authorityHost: String?
    let context: IdentityContext

    /// Where the request goes, after a look at the parts it is made of.
    func endpoint(for request: TokenRequest) throws(CredentialError) -> String {
        guard IdentityText.isTenant(self.tenantID) else {
            throw CredentialError(
                code: .invalidConfiguration,
                credential: self.credential,
                message: "A tenant consists of letters, digits, dots and hyphens."
            )
        }
        return try AuthorityHost(
            explicit: self.authorityHost,
            context: self.context,
            cloud: request.cloud,
            credential: self.credential
        ).tokenEndpoint(tenant: self.tenantID)
    }

    /// Gets a token.
    ///
    /// - Parameters:
    ///   - request: What it is for.
    ///   - proof: The fields that show who asks.
    ///   - retries: Which answers are worth another try.
    func token(
        for request: TokenRequest,
        proof: [(name: String, value: String)],
        retries: TokenExchange.Retries = .authority
    ) async throws(CredentialError) -> AccessToken {
        var fields: [(name: String, value: String)] = [
            ("client_id", self.clientID),
            ("grant_type", "client_credentials"),
            ("scope", request.scope),
        ]
        fields += proof
        if let claims = request.claims { fields.append(("claims", claims)) }
        var headers = HTTPFields()
        headers[.contentType] = "application/x-www-form-urlencoded"
        headers[.accept] = "application/json"
        return try await TokenExchange(
            credential: self.credential,
            context: self.context,
            retries: retries
        ).token(
            for: TransportRequest(
                url: self.endpoint(for: request),
                headers: headers,
                body: Array(FormEncoding.encode(fields).utf8)
            )
        )
    }
}

/// What tells the authority that an assertion proves who asks.
enum ClientAssertion {
    /// The fields of a request with a signed token in them.
    static func fields(_ assertion: String) -> [(name: String, value: String)] {
        [
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
        ]
    }
}
