import NIOCore
import NIOPosix

/// Whether somebody listens.
enum ConnectionCheck {
    static func finding(_ service: ServiceAddress, within limit: Duration) async -> Finding {
        switch await Self.connect(to: service, within: limit) {
        case .connected(let address):
            return .ok("\(address ?? service.place) accepts connections")
        case .refused:
            return .fail(
                "nobody listens at \(service.place): the connection was refused",
                "check host and port in IngestionEndpoint, and whether the service runs"
            )
        case .failed(let reason):
            return .fail(
                "there is no connection to \(service.place): \(reason)",
                "check the firewall and the route, or set HTTPS_PROXY if a proxy is the way out"
            )
        }
    }

    /// How an attempt to connect ended.
    enum Outcome {
        /// The address, if it is known.
        case connected(String?)
        case refused
        case failed(String)
    }

    /// Tries all addresses of a host, and closes the connection at once.
    static func connect(to service: ServiceAddress, within limit: Duration) async -> Outcome {
        let milliseconds =
            limit.components.seconds * 1_000
            + limit.components.attoseconds / 1_000_000_000_000_000
        let attempt = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.milliseconds(max(1, milliseconds)))
            .connect(host: service.host, port: service.port)
        do {
            let channel = try await attempt.get()
            let address = channel.remoteAddress.flatMap { address in
                address.ipAddress.map { $0.contains(":") ? "[\($0)]" : $0 }
            }
            try? await channel.close()
            return .connected(address.map { "\($0):\(service.port)" })
        } catch let error as NIOConnectionError {
            let errors = error.connectionErrors.map(\.error)
            if errors.contains(where: Self.isRefusal) { return .refused }
            guard let first = errors.first else { return .failed("the host has no address") }
            return .failed(Self.reason(first, limit))
        } catch {
            return Self.isRefusal(error) ? .refused : .failed(Self.reason(error, limit))
        }
    }

    private static func isRefusal(_ error: any Error) -> Bool {
        (error as? IOError)?.errnoCode == SystemNumber.refused
    }

    private static func reason(_ error: any Error, _ limit: Duration) -> String {
        if case .connectTimeout? = error as? ChannelError {
            return "no answer within \(limit.seconds) s"
        }
        guard let error = error as? IOError else { return "\(type(of: error))" }
        return SystemNumber.text(error.errnoCode)
    }
}
