/// Somewhere telemetry is sent to.
///
/// Exporters of one destination share a lane, offline storage and an account.
public struct Destination: Hashable, Sendable {
    /// The short name in accounts and diagnostics: `azure`, `otlp`.
    public var name: String

    /// What tells this destination from others of its name: endpoint and owner, but no secret.
    ///
    /// Payloads in offline storage are only ever sent to the identity they were stored for.
    public var identity: String

    /// Creates a destination.
    public init(name: String, identity: String) {
        self.name = name
        self.identity = identity
    }
}
