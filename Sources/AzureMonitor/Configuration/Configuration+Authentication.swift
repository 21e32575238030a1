import AzureIdentity
import AzureMonitorExporter

extension AzureMonitor.Configuration {
    /// Takes the credential that the environment asks for.
    mutating func readAuthentication(_ reader: inout EnvironmentReader) {
        let variable = AuthenticationString.variable
        guard let text = reader.text(variable, isSecret: true) else { return }
        do throws(AzureMonitorError) {
            self.credential = try AuthenticationString.credential(in: text)
            self.isCredentialOfEnvironment = true
        } catch {
            reader.ignore(
                variable,
                "is not Authorization=AAD, with ;ClientId=… for a user-assigned identity"
            )
        }
    }
}
