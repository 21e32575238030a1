import AzureIdentity
import AzureMonitorExporter
import Foundation

/// Whether there is a token, and who got it.
enum TokenCheck {
    private static let variable = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"

    /// Asks for a token as the exporter does.
    ///
    /// - Returns: The finding, and who gave the token.
    static func result(
        _ tokens: TokenSource?,
        for destination: ConnectionString,
        environment: [String: String],
        within limit: Duration
    ) async -> (finding: Finding, credential: String?) {
        guard let tokens else {
            guard (environment[Self.variable] ?? "").allSatisfy(\.isWhitespace) else {
                let finding = Finding.fail(
                    "\(Self.variable) cannot be understood, so there is no credential",
                    "it should be Authorization=AAD, with ;ClientId=… for a user-assigned identity"
                )
                return (finding, nil)
            }
            return (
                .skip("\(Self.variable) asks for none, the instrumentation key goes alone"), nil
            )
        }
        let request = TokenRequest(scope: destination.tokenScope, cloud: destination.cloud)
        let answer = await BoundedWait.forTask(limit) {
            () -> Result<AccessToken, CredentialError> in
            do throws(CredentialError) {
                return .success(try await tokens.token(for: request))
            } catch {
                return .failure(error)
            }
        }
        switch answer {
        case .success(let token):
            let minutes = (token.expiresOn - Int64(Date().timeIntervalSince1970)) / 60
            let credential = token.credential ?? "the credential"
            let finding = Finding.ok(
                "\(credential) gave one for \(request.scope), good for \(max(0, minutes)) min"
            )
            return (finding, credential)
        case .failure(let error):
            return (
                .fail("\(error.credential) gave none: \(error.message)", Self.remedy(error)), nil
            )
        case nil:
            let finding = Finding.fail(
                "there was none within \(limit.seconds) s",
                "check that the identity's endpoint can be reached from here"
            )
            return (finding, nil)
        }
    }

    private static func remedy(_ error: CredentialError) -> String {
        switch error.code {
        case .unavailable:
            "run where there is a managed identity, or unset \(Self.variable)"
        case .rejected:
            "check that the identity exists, is assigned to this host, and is the one that "
                + "ClientId names"
        case .invalidConfiguration:
            "correct the setting"
        default:
            "try again, and look into the logs of the identity's endpoint"
        }
    }
}
