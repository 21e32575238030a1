public import AzureIdentity
public import TelemetryEngine
import TelemetryTransport

extension OfflineStorage {
    /// Makes an exporter for what offline storage keeps for an Application Insights resource.
    ///
    /// Without a connection string it sends to where the payloads were to be sent when they were
    /// stored. They hold their instrumentation key; a connection string only replaces the endpoint
    /// and the audience of tokens.
    ///
    /// - Parameters:
    ///   - destination: whom the payloads are for.
    ///   - connectionString: where to send instead; its instrumentation key must be the payloads'.
    ///   - credential: who gets tokens of Microsoft Entra; `nil` to send with the key alone.
    /// - Returns: `nil` if the destination is no Application Insights resource.
    /// - Throws: ``AzureMonitorError``; with the code ``AzureMonitorError/Code/otherResource`` if
    ///   the connection string is another resource's.
    public static func azureMonitorExporter(
        for destination: Destination,
        connectionString: ConnectionString? = nil,
        credential: (any TokenCredential)? = nil
    ) throws(AzureMonitorError) -> (any TelemetryExporter)? {
        guard let place = StoredPlace(destination) else { return nil }
        if let connectionString,
            StoredPlace(connectionString.destination)?.fingerprint != place.fingerprint
        {
            throw AzureMonitorError(
                code: .otherResource,
                message:
                    "What is stored for \(place.connectionString.ingestionEndpoint) belongs to another resource than "
                    + "the connection string (\(connectionString.source)): the instrumentation "
                    + "keys differ. Pass the one it was stored with, or none."
            )
        }
        let connection = try AzureMonitorConnection(
            connectionString: connectionString ?? place.connectionString,
            credential: credential
        )
        return AzureMonitorTraceExporter(connection: connection, closesConnection: true)
    }
}

/// What the identity of a destination says: see ``ConnectionString/destination``.
private struct StoredPlace {
    /// Leads where the payloads were to be sent.
    ///
    /// Its key is none: only envelopes hold keys, and these have theirs already.
    let connectionString: ConnectionString
    /// What tells the instrumentation key from others.
    let fingerprint: Substring

    init?(_ destination: Destination) {
        let identity = destination.identity
        guard destination.name == "azure", let mark = identity.lastIndex(of: "#"),
            identity[..<mark].hasSuffix(ConnectionString.trackPath),
            let key = InstrumentationKey("00000000-0000-0000-0000-000000000000"),
            let endpoint = try? EndpointURL(
                String(identity[..<mark].dropLast(ConnectionString.trackPath.count))
            )
        else { return nil }
        self.connectionString = ConnectionString(
            instrumentationKey: key,
            ingestion: endpoint,
            live: endpoint,
            audience: nil,
            applicationID: nil,
            source: .code
        )
        self.fingerprint = identity[mark...].dropFirst()
    }
}
