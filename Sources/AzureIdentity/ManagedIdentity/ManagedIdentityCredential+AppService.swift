import HTTPTypes
import TelemetryTransport

/// The identity endpoint of App Service, Functions and Container Apps.
///
/// | Part                | Value                                                     |
/// | ------------------- | --------------------------------------------------------- |
/// | `api-version`       | `2019-08-01`                                              |
/// | `resource`          | the scope without `/.default`                             |
/// | `client_id`, `object_id`, `mi_res_id` | one of them, if an identity was chosen  |
/// | `X-IDENTITY-HEADER` | `IDENTITY_HEADER`, which shows that the process is within |
///
/// - SeeAlso: [The endpoint](https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference)
extension ManagedIdentityCredential {
    private static let retries = TokenExchange.Retries(
        statuses: { $0 == 429 || $0 >= 500 },
        includesFailures: true,
        pauses: [.milliseconds(800), .milliseconds(1_600), .milliseconds(3_200)]
    )

    /// Asks the endpoint for a token.
    func appServiceToken(
        for request: TokenRequest,
        at endpoint: String,
        header: String
    ) async throws(CredentialError) -> AccessToken {
        var query: [(name: String, value: String)] = [
            ("api-version", "2019-08-01"), ("resource", request.resource),
        ]
        switch self.id?.value {
        case nil: break
        case .client(let id): query.append(("client_id", id))
        case .object(let id): query.append(("object_id", id))
        case .resource(let id): query.append(("mi_res_id", id))
        }
        var headers = Self.metadataField
        if let name = HTTPField.Name("X-IDENTITY-HEADER") { headers[name] = header }
        return try await self.exchange(retries: Self.retries).token(
            for: Self.get(endpoint, query: query, headers: headers)
        )
    }
}

/// The identity endpoint of a compute instance of Azure Machine Learning.
///
/// | Part          | Value                                                       |
/// | ------------- | ----------------------------------------------------------- |
/// | `api-version` | `2017-09-01`                                                |
/// | `resource`    | the scope without `/.default`                               |
/// | `clientid`    | the identity, if one was chosen; other ids are not possible |
/// | `secret`      | a header field: `MSI_SECRET`                                |
extension ManagedIdentityCredential {
    /// Asks the endpoint for a token.
    func machineLearningToken(
        for request: TokenRequest,
        at endpoint: String,
        secret: String
    ) async throws(CredentialError) -> AccessToken {
        var query: [(name: String, value: String)] = [
            ("api-version", "2017-09-01"), ("resource", request.resource),
        ]
        switch self.id?.value {
        case nil:
            if let id = self.context.variable("DEFAULT_IDENTITY_CLIENT_ID") {
                query.append(("clientid", id))
            }
        case .client(let id): query.append(("clientid", id))
        case .object, .resource:
            throw self.error(
                .invalidConfiguration,
                "In Azure Machine Learning, an identity is chosen by its client id."
            )
        }
        var headers = HTTPFields()
        if let name = HTTPField.Name("secret") { headers[name] = secret }
        return try await self.exchange(retries: Self.retries).token(
            for: Self.get(endpoint, query: query, headers: headers)
        )
    }
}

/// The identity endpoint of Cloud Shell: a form with `resource`, and the user's own identity.
extension ManagedIdentityCredential {
    /// Asks the endpoint for a token.
    func cloudShellToken(
        for request: TokenRequest,
        at endpoint: String
    ) async throws(CredentialError) -> AccessToken {
        guard self.id == nil else {
            throw self.error(
                .invalidConfiguration,
                "Cloud Shell has one identity, its user's; none can be chosen."
            )
        }
        var headers = Self.metadataField
        headers[.contentType] = "application/x-www-form-urlencoded"
        return try await self.exchange(retries: Self.retries).token(
            for: TransportRequest(
                url: endpoint,
                headers: headers,
                body: Array(FormEncoding.encode([("resource", request.resource)]).utf8),
                timeout: Self.requestTimeout
            )
        )
    }
}
