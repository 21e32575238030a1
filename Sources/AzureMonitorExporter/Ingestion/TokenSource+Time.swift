import AzureIdentity
import TelemetryEngine
import TelemetryModel

extension TokenSource {
    /// A source of the credential's tokens: the credential itself, if it is one, so that all who
    /// have it share them.
    static func of(_ credential: any TokenCredential, time: TimeSource) -> TokenSource {
        if let source = credential as? TokenSource { return source }
        return TokenSource(
            credential,
            context: IdentityContext(
                environment: [:],
                now: { Int64(time.wallNow().nanosecondsSinceEpoch / 1_000_000_000) },
                sleep: time.sleep
            )
        )
    }
}
