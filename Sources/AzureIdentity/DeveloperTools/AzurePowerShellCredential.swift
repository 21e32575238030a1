/// Gets tokens from Azure PowerShell, `pwsh` with the module Az.Accounts, as the account that
/// signed in with it.
///
/// `pwsh` is run directly and given a script that prints one line: a mark, the token and its
/// expiry. No shell is involved.
public struct AzurePowerShellCredential: TokenCredential {
    private static let name = "AzurePowerShellCredential"
    private static let mark = "token-of-azure"
    private static let missingModule = "no-module-az-accounts"

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

    /// Runs `pwsh` and returns the token that it prints, within ten seconds.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        let tool = DeveloperTool(credential: Self.name, program: "pwsh", context: self.context)
        guard request.claims == nil else {
            throw tool.error(
                .rejected,
                "Azure PowerShell cannot ask for claims. Run: Connect-AzAccount"
            )
        }
        // Both become part of a script.
        guard IdentityText.isScope(request.resource),
            self.tenantID.map(IdentityText.isTenant(_:)) ?? true
        else {
            throw tool.error(
                .invalidConfiguration,
                "Scope or tenant has characters that none has."
            )
        }
        let script = Self.script(resource: request.resource, tenantID: self.tenantID)
        let bytes = script.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let output = try await tool.run(
            ["-NoProfile", "-NonInteractive", "-EncodedCommand", Base64.encode(bytes)],
            adding: ["POWERSHELL_UPDATECHECK": "Off"]
        )
        let text = output.standardOutput + output.standardError
        if text.contains(Self.missingModule) {
            throw tool.error(
                .unavailable,
                "The module Az.Accounts is missing or older than 2.2.0. "
                    + "Run: Install-Module Az.Accounts"
            )
        }
        if text.contains("Run Connect-AzAccount to login") {
            throw tool.error(.unavailable, "Nobody is signed in. Run: Connect-AzAccount")
        }
        guard output.succeeded else {
            throw tool.error(.failed, "pwsh failed. Run Get-AzAccessToken yourself to see why.")
        }
        for line in output.standardOutput.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "%", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == Self.mark, let expiry = Int64(parts[2]) else {
                continue
            }
            return try tool.token(String(parts[1]), expiresOn: expiry)
        }
        throw tool.error(.failed, "pwsh printed something else than a token.")
    }

    /// What `pwsh` does; since Az.Accounts 5 the token is a secure string.
    private static func script(resource: String, tenantID: String?) -> String {
        let tenant = tenantID.map { "; TenantId = '\($0)'" } ?? ""
        return """
            $ErrorActionPreference = 'Stop'
            $ProgressPreference = 'SilentlyContinue'
            $module = Import-Module Az.Accounts -MinimumVersion 2.2.0 -PassThru \
            -ErrorAction SilentlyContinue
            if (-not $module) { '\(Self.missingModule)'; exit 1 }
            $wish = @{ ResourceUrl = '\(resource)'\(tenant) }
            $answer = Get-AzAccessToken @wish -WarningAction SilentlyContinue
            $token = $answer.Token
            if ($token -is [System.Security.SecureString]) {
                $token = [System.Net.NetworkCredential]::new('', $token).Password
            }
            '\(Self.mark)%' + $token + '%' + $answer.ExpiresOn.ToUnixTimeSeconds()
            """
    }
}
