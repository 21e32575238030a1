public import TelemetryEngine
public import TelemetryTransport

extension OfflineStorage {
    /// Makes an exporter for what offline storage keeps for an OTLP destination.
    ///
    /// Headers, tokens and certificates are in no storage: they come from `configuration`, which
    /// must lead to the place that the payloads were stored for. Without one, that of the
    /// environment is taken if it leads there, or names no address at all; or else nothing but the
    /// address.
    ///
    /// - Parameters:
    ///   - destination: Whom the payloads are for.
    ///   - configuration: How to send; `nil` for what the environment says.
    ///   - transport: What sends; `nil` for libcurl.
    /// - Returns: `nil` if the destination is none of OTLP.
    /// - Throws: ``OTLPError``; with the code ``OTLPError/Code/otherDestination`` if the
    ///   configuration leads elsewhere.
    public static func otlpExporter(
        for destination: Destination,
        configuration: OTLPConfiguration? = nil,
        transport: (any HTTPTransport)? = nil
    ) throws(OTLPError) -> (any TelemetryExporter)? {
        guard let stored = OTLPPlace.configuration(of: destination) else { return nil }
        if let configuration {
            if let exporter = try configuration.exporter(for: destination, stored, transport) {
                return exporter
            }
            throw OTLPError(
                code: .otherDestination,
                message: "What is stored for \(destination.identity) belongs to another place than "
                    + "the configuration's. Pass the one it was stored with, or none."
            )
        }
        return try stored.exporter(
            for: destination,
            bySettingsOf: OTLPConfiguration(),
            transport: transport
        )
    }
}

extension OTLPConfiguration {
    /// The exporter for what was stored for a destination that this configuration was made of.
    ///
    /// - Parameter environment: What the environment says. Its headers are for the address that it
    ///   names, if it names one.
    func exporter(
        for destination: Destination,
        bySettingsOf environment: OTLPConfiguration,
        transport: (any HTTPTransport)?
    ) throws(OTLPError) -> (any TelemetryExporter)? {
        let aimed = environment.namesAddress ? environment : environment.leading(to: self)
        if let exporter = try? aimed.exporter(for: destination, self, transport) { return exporter }
        return try self.makeExporters(transport: transport).first
    }

    private var namesAddress: Bool {
        [self.endpoint, self.traces.endpoint, self.metrics.endpoint, self.logs.endpoint]
            .contains { $0 != nil }
    }

    /// The same settings for the addresses of another configuration.
    private func leading(to other: OTLPConfiguration) -> OTLPConfiguration {
        var configuration = self
        configuration.endpoint = other.endpoint
        configuration.traces.endpoint = other.traces.endpoint
        configuration.metrics.endpoint = other.metrics.endpoint
        configuration.logs.endpoint = other.logs.endpoint
        if other.protocol == .grpc { configuration.protocol = .grpc }
        return configuration
    }

    /// The exporter that leads to a destination; `nil` if none does.
    ///
    /// What signals there are is part of some identities, so those of `stored` are tried as well.
    fileprivate func exporter(
        for destination: Destination,
        _ stored: OTLPConfiguration,
        _ transport: (any HTTPTransport)?
    ) throws(OTLPError) -> (any TelemetryExporter)? {
        var ofStored = self
        ofStored.signals = stored.signals
        for configuration in [self, ofStored] {
            let exporters = try configuration.makeExporters(transport: transport)
            let identity = destination.identity
            if let exporter = exporters.first(where: { $0.destination.identity == identity }) {
                return exporter
            }
        }
        return nil
    }
}
