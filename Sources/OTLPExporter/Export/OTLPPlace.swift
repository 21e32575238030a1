package import TelemetryEngine
import TelemetryModel
package import TelemetryTransport

/// Routes that lead to one place: the same host by the same kind of protocol.
///
/// Each place is a destination with a lane, offline storage and an account of its own, so that one
/// that is down keeps nothing from another.
package struct OTLPPlace: Sendable {
    /// The routes of the signals that are sent there.
    package private(set) var routes: [OTLPRoute]

    /// Groups routes by the place that they lead to, in the order of the first of each.
    package static func places(of routes: [OTLPRoute]) -> [OTLPPlace] {
        var places: [OTLPPlace] = []
        for route in routes {
            if let index = places.firstIndex(where: { $0.holds(route) }) {
                places[index].routes.append(route)
            } else {
                places.append(OTLPPlace(routes: [route]))
            }
        }
        return places
    }

    private func holds(_ route: OTLPRoute) -> Bool {
        guard let first = self.routes.first else { return false }
        return first.endpoint.origin == route.endpoint.origin
            && (first.protocol == .grpc) == (route.protocol == .grpc)
    }

    /// The address that those of all the signals begin with, if they are as usual.
    package var base: EndpointURL? {
        guard let base = self.routes.first?.base,
            self.routes.allSatisfy({ $0.base == base })
        else { return nil }
        return base
    }

    /// The server that all signals go to, if it speaks gRPC.
    var server: EndpointURL? {
        guard let first = self.routes.first, first.protocol == .grpc else { return nil }
        var server = first.endpoint
        server.path = ""
        return server
    }

    /// Whether what is sent here goes where that of another place does.
    func leads(to other: OTLPPlace) -> Bool {
        self.server == other.server && self.base == other.base
    }

    /// What tells the place from others: no query, no header.
    ///
    /// | Place                              | Identity                                        |
    /// | ---------------------------------- | ----------------------------------------------- |
    /// | gRPC                               | `grpc http://host:4317`                         |
    /// | all addresses as of one base       | `http://host:4318`                              |
    /// | any other                          | `traces=http://host/a logs=http://host/b`       |
    package var identity: String {
        if let first = self.routes.first, first.protocol == .grpc {
            return Self.grpcMark + first.endpoint.origin
        }
        if let base { return base.description }
        return self.routes.map { "\($0.signal.rawValue)=\($0.url.prefix { $0 != "?" })" }
            .joined(separator: " ")
    }

    private static let grpcMark = "grpc "

    /// The destination of what is sent there.
    ///
    /// - Parameters:
    ///   - label: What the user calls it.
    ///   - isOnly: Whether all that is sent goes there; else the name says what does.
    package func destination(label: String?, isOnly: Bool) -> Destination {
        var name = OTLPPlace.name
        if let label, !label.isEmpty { name += "-\(label)" }
        if !isOnly { name += "-" + self.routes.map(\.signal.rawValue).joined(separator: "-") }
        return Destination(name: name, identity: self.identity)
    }

    /// What the name of every such destination begins with.
    package static let name = "otlp"

    /// Makes a configuration of the identity of a destination; `nil` if it is none of OTLP.
    ///
    /// It leads to the same place and holds no header.
    package static func configuration(of destination: Destination) -> OTLPConfiguration? {
        guard destination.name == Self.name || destination.name.hasPrefix("\(Self.name)-") else {
            return nil
        }
        var configuration = OTLPConfiguration(environment: [:])
        let identity = destination.identity
        if identity.hasPrefix(Self.grpcMark) {
            configuration.protocol = .grpc
            configuration.endpoint = String(identity.dropFirst(Self.grpcMark.count))
            return configuration
        }
        guard let first = identity.firstIndex(of: "="), identity[..<first].allSatisfy(\.isLetter)
        else {
            configuration.endpoint = identity
            return (try? EndpointURL(identity)) == nil ? nil : configuration
        }
        configuration.signals = []
        for part in identity.split(separator: " ") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let signal = Signal(rawValue: String(pair[0])) else {
                return nil
            }
            configuration.signals.insert(signal)
            var settings = OTLPConfiguration.SignalSettings()
            settings.endpoint = String(pair[1])
            switch signal {
            case .traces: configuration.traces = settings
            case .metrics: configuration.metrics = settings
            case .logs: configuration.logs = settings
            }
        }
        return configuration
    }
}
