import TelemetryTransport

/// Gets tokens from the Azure CLI, `az`, as the account that signed in with it.
///
/// | Part      | Value                                                                    |
/// | --------- | ------------------------------------------------------------------------ |
/// | command   | `az account get-access-token --output json --resource R`, perhaps with `--tenant` and `--subscription` |
/// | token     | `accessToken`                                                            |
/// | expiry    | `expires_on`, in seconds since 1970; older versions: `expiresOn`, in local time |
public struct AzureCLICredential: TokenCredential {
    private static let name = "AzureCLICredential"

    private let tenantID: String?
    private let subscription: String?
    private let context: IdentityContext

    /// Creates a credential; nothing is run before a token is needed.
    ///
    /// - Parameters:
    ///   - tenantID: The tenant; `nil` for the account's own.
    ///   - subscription: The subscription, whose tenant counts; `nil` for the account's own.
    ///   - environment: The environment variables; `nil` for those of the process.
    public init(
        tenantID: String? = nil,
        subscription: String? = nil,
        environment: [String: String]? = nil
    ) {
        self.init(
            tenantID: tenantID,
            subscription: subscription,
            context: IdentityContext(environment: environment)
        )
    }

    package init(
        tenantID: String? = nil,
        subscription: String? = nil,
        context: IdentityContext
    ) {
        self.tenantID = tenantID
        self.subscription = subscription
        self.context = context
    }

    /// Runs `az` and returns the token that it prints, within ten seconds.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        let tool = DeveloperTool(credential: Self.name, program: "az", context: self.context)
        guard request.claims == nil else {
            throw tool.error(
                .rejected,
                "The Azure CLI cannot ask for claims. Run: az login --scope \(request.scope)"
            )
        }
        guard IdentityText.isScope(request.resource),
            self.tenantID.map(IdentityText.isTenant(_:)) ?? true,
            self.subscription.map(IdentityText.isSubscription(_:)) ?? true
        else {
            throw tool.error(
                .invalidConfiguration,
                "Scope, tenant or subscription has characters that none has."
            )
        }
        var arguments = [
            "account", "get-access-token", "--output", "json", "--resource", request.resource,
        ]
        if let tenantID { arguments += ["--tenant", tenantID] }
        if let subscription { arguments += ["--subscription", subscription] }
        let output = try await tool.run(arguments, adding: ["AZURE_CORE_NO_COLOR": "true"])
        guard output.succeeded else { throw Self.failure(output, tool) }
        let reply = (try? JSONValue(parsing: Array(output.standardOutput.utf8)))?.objectValue
        let expiry =
            TokenReply.seconds(reply?["expires_on"])
            ?? reply?["expiresOn"]?.stringValue.flatMap(LocalTime.secondsSinceEpoch(_:))
        guard let token = reply?["accessToken"]?.stringValue, let expiry else {
            throw tool.error(.failed, "az printed something else than a token.")
        }
        return try tool.token(token, expiresOn: expiry)
    }

    private static func failure(
        _ output: DeveloperTool.Output,
        _ tool: DeveloperTool
    ) -> CredentialError {
        let text = output.standardError
        if text.contains("az login") || text.contains("az account set"), !text.contains("AADSTS") {
            return tool.error(.unavailable, "Nobody is signed in. Run: az login")
        }
        // Only the number: the text may repeat what az was told.
        guard let start = text.firstRange(of: "AADSTS") else {
            return tool.error(.failed, "az failed. Run it yourself to see why.")
        }
        let number = text[start.lowerBound...].prefix { $0.isLetter || $0.isNumber }
        let remedy = EntraErrorNumber(in: String(number))?.remedy ?? "Run: az login"
        return tool.error(.rejected, "az reports \(number). \(remedy)")
    }
}
