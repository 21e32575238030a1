import AzureIdentity
import AzureMonitor
import AzureMonitorExporter
import Tracing

/// Authenticated telemetry in Azure for the US Government, without a secret anywhere.
///
/// The resource takes only items that come with a token; the identity of this program needs the role
/// Monitoring Metrics Publisher on it.
///
///     export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=…;IngestionEndpoint=https://usgovvirginia-1.in.applicationinsights.azure.us/;AADAudience=https://monitor.azure.us/'
///     export OTEL_SERVICE_NAME=permits
///     swift run Identity
@main
struct Identity {
    static func main() async throws {
        var configuration = AzureMonitor.Configuration()

        // The cloud is the one that the connection string names: its authority issues the tokens,
        // and they are good for its Azure Monitor alone. Nothing else has to be set for it.
        let resource = try ConnectionString(explicit: configuration.connectionString)
        print("\(resource.cloud) (\(resource.cloud.authorityHost)): \(resource.tokenScope)")

        // The identity of the machine, App Service or pod; on a laptop, who is signed in with the
        // Azure CLI. `ManagedIdentityCredential(id: .clientID("…"))` chooses one of several.
        configuration.credential = DefaultAzureCredential()

        // While there is no token, records wait on disk, as they do while there is no network.
        let health = try await AzureMonitor.withTelemetry(configuration) { telemetry in
            await withSpan("issue permit", ofKind: .consumer) { span in
                span.attributes["permit.kind"] = "fishing"
            }
            return await telemetry.forceFlush()
        }
        let total = health.total
        print("\(total.exported) exported, \(total.stored) stored")
    }
}
