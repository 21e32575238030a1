import AzureIdentity
import Foundation

/// Reads a plan, asks the credential for tokens and prints a line of JSON for each ask.
///
///     TokenSender <PLAN
@main
struct TokenSender {
    /// What became of an ask.
    private struct Outcome: Encodable {
        /// `token`, `unavailable` or `failed`.
        var outcome: String
        var token: String?
        /// The seconds that the token is good for.
        var life: Int64?
        var error: String?
    }

    /// A plan that makes no sense.
    private struct Nonsense: Error {
        var what: String
    }

    static func main() async throws {
        let plan = try JSONDecoder().decode(
            Plan.self,
            from: FileHandle.standardInput.readToEnd() ?? Data()
        )
        let request = TokenRequest(
            scope: plan.scope ?? "https://monitor.azure.com//.default",
            claims: plan.claims
        )
        let plain = try Self.credential(plan.credential, plan)
        let credential: any TokenCredential = plan.source == true ? TokenSource(plain) : plain
        for number in 0..<(plan.asks ?? 1) {
            if number > 0 {
                for (path, text) in plan.between ?? [:] {
                    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                }
            }
            let line = try JSONEncoder().encode(await Self.ask(credential, request))
            FileHandle.standardOutput.write(line + Data("\n".utf8))
        }
    }

    private static func ask(
        _ credential: any TokenCredential,
        _ request: TokenRequest
    ) async -> Outcome {
        do throws(CredentialError) {
            let token = try await credential.token(for: request)
            let now = Int64(Date().timeIntervalSince1970)
            return Outcome(outcome: "token", token: token.token, life: token.expiresOn - now)
        } catch {
            return Outcome(
                outcome: error.code == .unavailable ? "unavailable" : "failed",
                error: error.description
            )
        }
    }

    private static func credential(
        _ name: String,
        _ plan: Plan
    ) throws -> any TokenCredential {
        switch name {
        case "secret":
            guard let tenant = plan.tenant, let client = plan.client, let secret = plan.secret
            else { throw Nonsense(what: "tenant, client and secret are needed") }
            return ClientSecretCredential(
                tenantID: tenant,
                clientID: client,
                clientSecret: secret
            )
        case "environment": return EnvironmentCredential()
        case "workload":
            return WorkloadIdentityCredential(
                tenantID: plan.tenant,
                clientID: plan.client,
                tokenFilePath: plan.tokenFile
            )
        case "managed": return ManagedIdentityCredential(id: try Self.identity(plan))
        case "default": return DefaultAzureCredential()
        case "az":
            return AzureCLICredential(tenantID: plan.tenant, subscription: plan.subscription)
        case "azd": return AzureDeveloperCLICredential(tenantID: plan.tenant)
        case "pwsh": return AzurePowerShellCredential(tenantID: plan.tenant)
        case "chain":
            return ChainedTokenCredential(
                try (plan.chain ?? []).map { try Self.credential($0, plan) }
            )
        default: throw Nonsense(what: "there is no credential \(name)")
        }
    }

    private static func identity(_ plan: Plan) throws -> ManagedIdentityID? {
        switch plan.identity?.first {
        case nil: nil
        case ("client_id", let id)?: .clientID(id)
        case ("object_id", let id)?: .objectID(id)
        case ("resource_id", let id)?: .resourceID(id)
        case let (name, _)?: throw Nonsense(what: "there is no \(name)")
        }
    }
}
