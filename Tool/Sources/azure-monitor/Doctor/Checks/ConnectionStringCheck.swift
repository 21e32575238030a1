import AzureMonitorExporter

/// What the connection string says.
enum ConnectionStringCheck {
    static func finding(_ examination: Examination) -> (Finding, ConnectionString?) {
        let value: ConnectionString
        do throws(AzureMonitorError) {
            value = try ConnectionString(
                explicit: examination.connectionString,
                environment: examination.environment
            )
        } catch {
            return (Self.finding(error), nil)
        }
        var parts = [
            "key \(value.instrumentationKey)", "ingestion \(value.ingestionEndpoint)",
            "live metrics \(value.liveEndpoint)", "cloud \(value.cloud)",
        ]
        if let region = value.region { parts.append("region \(region)") }
        if let audience = value.audience { parts.append("audience \(audience)") }
        if let id = value.applicationID { parts.append("application \(id)") }
        let isLocal = ServiceAddress(value.ingestionEndpoint).map(Self.isLoopback) ?? false
        guard value.ingestionEndpoint.hasPrefix("https:") || isLocal else {
            let what = "\(parts.joined(separator: ", ")), which is not encrypted"
            guard examination.credential == nil else {
                return (
                    .fail("\(what), and tokens are sent over https only", "use an https endpoint"),
                    nil
                )
            }
            return (.warn(what, "use an https endpoint"), value)
        }
        return (.ok(parts.joined(separator: ", ")), value)
    }

    /// The last sentence of a message is what helps.
    private static func finding(_ error: AzureMonitorError) -> Finding {
        // The option is what is called code elsewhere.
        let message = error.message.replacing("(code)", with: "(--connection-string)")
        let sentences = message.split(separator: ". ")
        let remedy = sentences.last.map(String.init) ?? ""
        return .fail(
            sentences.dropLast().joined(separator: ". "),
            remedy.prefix(1).lowercased() + remedy.dropFirst()
        )
    }

    private static func isLoopback(_ service: ServiceAddress) -> Bool {
        service.host == "localhost" || service.host.hasSuffix(".localhost")
            || service.host == "::1" || service.host.hasPrefix("127.")
    }
}
