import AzureIdentity
import TelemetryTesting
import Testing

@testable import AzureMonitorExporter

@Suite struct `The authentication string` {
    @Test(arguments: [
        "Authorization=AAD", "authorization=aad;", " Authorization = AAD ; ",
        "Authorization=AAD;ClientId=", "Authorization=AAD;clientid=11111111-2222",
    ])
    func `asks for a managed identity`(_ text: String) throws {
        let credential = try AuthenticationString.credential(
            environment: [AuthenticationString.variable: text]
        )
        #expect(credential is ManagedIdentityCredential)
    }

    @Test(arguments: [
        "AAD", "Authorization=ikey", "ClientId=1", "Authorization=AAD;Tenant=x",
        "Authorization=AAD;secret",
    ])
    func `that makes no sense is refused, without a word of it`(_ text: String) {
        #expect {
            try AuthenticationString.credential(
                environment: [AuthenticationString.variable: text]
            )
        } throws: { error in
            guard let error = error as? AzureMonitorError else { return false }
            return error.code == .unsupportedAuthorization && !error.message.contains("secret")
        }
    }

    @Test(arguments: [[:], [AuthenticationString.variable: " "]])
    func `that is not there asks for nothing`(_ environment: [String: String]) throws {
        #expect(try AuthenticationString.credential(environment: environment) == nil)
    }
}
