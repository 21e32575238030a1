extension ManagedIdentityCredential {
    /// Asks Service Fabric for a token.
    func serviceFabricToken(
        for request: TokenRequest,
        at endpoint: String,
        header: String,
        thumbprint: String
    ) async throws(CredentialError) -> AccessToken {
        // Its server is known by the SHA-1 of its certificate alone, which takes a cryptographic
        // library to compute.
        throw self.error(
            .unavailable,
            "Service Fabric needs the package trait ClientCertificate, which is off."
        )
    }
}
