#if ClientCertificate
    import HTTPTypes
    import TelemetryTransport
#endif

/// The identity endpoint of a Service Fabric cluster.
///
/// | Part          | Value                          |
/// | ------------- | ------------------------------ |
/// | `api-version` | `2019-07-01-preview`           |
/// | `resource`    | the scope without `/.default`  |
/// | `Secret`      | `IDENTITY_HEADER`              |
///
/// Its certificate is signed by nobody that is known; the variable `IDENTITY_SERVER_THUMBPRINT` has
/// its SHA-1. It is compared during the handshake, before the secret is sent. That takes libraries
/// which only the package trait `ClientCertificate` brings.
extension ManagedIdentityCredential {
    /// Asks Service Fabric for a token.
    func serviceFabricToken(
        for request: TokenRequest,
        at endpoint: String,
        header: String,
        thumbprint: String
    ) async throws(CredentialError) -> AccessToken {
        #if ClientCertificate
            guard self.id == nil else {
                throw self.error(
                    .invalidConfiguration,
                    "In Service Fabric, the cluster's configuration chooses the identity."
                )
            }
            guard endpoint.lowercased().hasPrefix("https://") else {
                throw self.error(
                    .invalidConfiguration,
                    "IDENTITY_ENDPOINT must begin with https://."
                )
            }
            var headers = HTTPFields()
            if let name = HTTPField.Name("Secret") { headers[name] = header }
            let context = IdentityContext(
                environment: self.context.environment,
                transport: PinnedTransport(thumbprint: thumbprint),
                now: self.context.now,
                sleep: self.context.sleep
            )
            return try await TokenExchange(
                credential: Self.name,
                context: context,
                route: .machine(connectTimeout: Self.connectTimeout),
                retries: .authority
            ).token(
                for: Self.get(
                    endpoint,
                    query: [
                        ("api-version", "2019-07-01-preview"), ("resource", request.resource),
                    ],
                    headers: headers
                )
            )
        #else
            throw self.error(
                .invalidConfiguration,
                "This is Service Fabric, but the program was built without the trait "
                    + "ClientCertificate of the package swift-azure-monitor. Enable it: "
                    + ".package(url: …, traits: [\"ClientCertificate\"])."
            )
        #endif
    }
}
