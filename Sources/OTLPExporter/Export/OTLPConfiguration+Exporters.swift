public import TelemetryEngine
import TelemetryModel
public import TelemetryTransport

#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

extension OTLPConfiguration {
    /// Makes the exporters that the configuration describes, for a pipeline.
    ///
    /// Signals that go to the same host by the same kind of protocol have one exporter, which is one
    /// destination: named `otlp` if it is the only one, else `otlp-` and what it takes, such as
    /// `otlp-traces-logs`.
    ///
    /// - Parameter transport: What sends, shut down with the exporters; `nil` for libcurl, as
    ///   ``transport`` says.
    /// - Throws: ``OTLPError``, which says what is wrong and what to do about it.
    public func makeExporters(
        transport: (any HTTPTransport)? = nil
    ) throws(OTLPError) -> [any TelemetryExporter] {
        let environment = ProcessInfo.processInfo.environment
        return try self.makeExporters(
            transport: transport,
            connections: TransportConfiguration(environment: environment),
            diagnostics: Diagnostics(readingFrom: { environment[$0] })
        )
    }

    /// Makes the exporters that the configuration describes, as parts of a pipeline.
    ///
    /// - Parameters:
    ///   - transport: What sends over HTTP; `nil` for libcurl.
    ///   - connections: How connections are made, where the configuration does not say.
    ///   - diagnostics: Where is said what servers say.
    ///   - time: The clocks.
    package func makeExporters(
        transport: (any HTTPTransport)?,
        connections: TransportConfiguration,
        diagnostics: Diagnostics,
        time: TimeSource = .system
    ) throws(OTLPError) -> [any TelemetryExporter] {
        if let problem { throw problem }
        var routes: [OTLPRoute] = []
        for signal in Signal.allCases where self.signals.contains(signal) {
            let route = try self.route(of: signal, transport: connections)
            try self.check(route)
            routes.append(route)
        }
        let places = OTLPPlace.places(of: routes)
        var senders = Senders(given: transport)
        var exporters: [any TelemetryExporter] = []
        for place in places {
            let destination = place.destination(label: self.label, isOnly: places.count == 1)
            let signals = Set(place.routes.map(\.signal))
            let all = place.routes + self.furtherRoutes(to: place, connections)
            let notes = OTLPNotes(destination: destination.name, diagnostics: diagnostics)
            #if OTLPGRPC
                if place.server != nil {
                    exporters.append(
                        OTLPGRPCExporter(
                            destination: destination,
                            signals: signals,
                            routes: all,
                            configuration: self,
                            notes: notes,
                            time: time
                        )
                    )
                    continue
                }
            #endif
            exporters.append(
                OTLPHTTPExporter(
                    destination: destination,
                    signals: signals,
                    channels: all.reduce(into: [:]) { channels, route in
                        channels[route.signal] = .init(
                            route: route,
                            transport: senders.sender(for: route)
                        )
                    },
                    configuration: self,
                    client: OTLPHTTPClient(
                        authorizer: self.authorizer,
                        notes: notes,
                        time: time
                    )
                )
            )
        }
        return exporters
    }

    /// What sends over HTTP: one for all routes whose connections are made alike.
    private struct Senders {
        let given: (any HTTPTransport)?
        private var made: [TransportConfiguration: any HTTPTransport] = [:]

        init(given: (any HTTPTransport)?) {
            self.given = given
        }

        mutating func sender(for route: OTLPRoute) -> any HTTPTransport {
            if let sender = self.given ?? self.made[route.transport] { return sender }
            let sender = CurlMultiplexer(configuration: route.transport)
            self.made[route.transport] = sender
            return sender
        }
    }

    /// Routes of the signals that a pipeline does not send now, to a place that may hold some of
    /// them from before.
    private func furtherRoutes(
        to place: OTLPPlace,
        _ connections: TransportConfiguration
    ) -> [OTLPRoute] {
        guard let address = place.base ?? place.server else { return [] }
        let known = Set(place.routes.map(\.signal))
        return Signal.allCases.filter { !known.contains($0) }.compactMap { signal in
            let usual = try? self.route(of: signal, transport: connections)
            if let usual, OTLPPlace(routes: [usual]).leads(to: place) { return usual }
            var configuration = self
            var settings = SignalSettings()
            settings.endpoint =
                address.description + (place.server == nil ? OTLPRoute.path(of: signal) : "")
            settings.protocol = place.routes.first?.protocol
            switch signal {
            case .traces: configuration.traces = settings
            case .metrics: configuration.metrics = settings
            case .logs: configuration.logs = settings
            }
            return try? configuration.route(of: signal, transport: connections)
        }
    }

    /// Refuses what cannot be sent on.
    private func check(_ route: OTLPRoute) throws(OTLPError) {
        #if !OTLPGRPC
            guard route.protocol != .grpc else {
                throw OTLPError(
                    code: .unsupportedProtocol,
                    message: "The OTLP protocol for \(route.signal.rawValue) is grpc, which this "
                        + "build does not speak. Turn on the package trait OTLPGRPC, or use "
                        + "http/protobuf (OTLPConfiguration.protocol or "
                        + "OTEL_EXPORTER_OTLP_PROTOCOL) and the collector's port for it, which is "
                        + "usually 4318."
                )
            }
        #endif
        guard self.authorizer == nil || route.endpoint.isSecure || route.endpoint.isLoopback else {
            throw OTLPError(
                code: .invalidEndpoint,
                message: "The OTLP endpoint for \(route.signal.rawValue) begins with http://, and "
                    + "a token is only sent over https. Use an https endpoint, or no authorizer."
            )
        }
    }
}
