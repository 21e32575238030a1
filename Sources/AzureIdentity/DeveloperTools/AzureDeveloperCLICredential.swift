import TelemetryTransport

/// Gets tokens from the Azure Developer CLI, `azd`, as the account that signed in with it.
///
/// | Part    | Value                                                                      |
/// | ------- | -------------------------------------------------------------------------- |
/// | command | `azd auth token --output json --no-prompt --scope S`, perhaps with `--tenant-id` and `--claims` |
/// | token   | `token`                                                                    |
/// | expiry  | `expiresOn`, in UTC                                                        |
public struct AzureDeveloperCLICredential: TokenCredential {
    private static let name = "AzureDeveloperCLICredential"

    private let tenantID: String?
    private let context: IdentityContext

    /// Creates a credential; nothing is run before a token is needed.
    ///
    /// - Parameters:
    ///   - tenantID: The tenant; `nil` for the account's own.
    ///   - environment: The environment variables; `nil` for those of the process.
    public init(tenantID: String? = nil, environment: [String: String]? = nil) {
        self.init(tenantID: tenantID, context: IdentityContext(environment: environment))
    }

    package init(tenantID: String? = nil, context: IdentityContext) {
        self.tenantID = tenantID
        self.context = context
    }

    /// Runs `azd` and returns the token that it prints, within ten seconds.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        let tool = DeveloperTool(credential: Self.name, program: "azd", context: self.context)
        guard IdentityText.isScope(request.scope),
            self.tenantID.map(IdentityText.isTenant(_:)) ?? true
        else {
            throw tool.error(
                .invalidConfiguration,
                "Scope or tenant has characters that none has."
            )
        }
        var arguments = ["auth", "token", "--output", "json", "--no-prompt"]
        arguments += ["--scope", request.scope]
        if let tenantID { arguments += ["--tenant-id", tenantID] }
        if let claims = request.claims { arguments += ["--claims", Base64.encode(claims.utf8)] }
        let output = try await tool.run(arguments, adding: ["NO_COLOR": "true"])
        guard output.succeeded else {
            let text = output.standardError + output.standardOutput
            throw text.contains("azd auth login")
                ? tool.error(.unavailable, "Nobody is signed in. Run: azd auth login")
                : tool.error(.failed, "azd failed. Run it yourself to see why.")
        }
        let reply = (try? JSONValue(parsing: Array(output.standardOutput.utf8)))?.objectValue
        guard let token = reply?["token"]?.stringValue,
            let expiry = reply?["expiresOn"]?.stringValue.flatMap(
                LocalTime.secondsSinceEpoch(utc:)
            )
        else {
            throw tool.error(.failed, "azd printed something else than a token.")
        }
        return try tool.token(token, expiresOn: expiry)
    }
}
