import NIOCore

/// Whether the host has an address.
enum NameResolutionCheck {
    static func finding(_ service: ServiceAddress, within limit: Duration) async -> Finding {
        if let address = try? SocketAddress(ipAddress: service.host, port: service.port),
            address.ipAddress != nil
        {
            return .ok("\(service.host) is an address itself")
        }
        let answer = await BoundedWait.onThread(limit) {
            try? SocketAddress.makeAddressResolvingHost(service.host, port: service.port)
        }
        switch answer {
        case .some(let address?):
            return .ok("\(service.host) is \(address.ipAddress ?? "known")")
        case .some(nil):
            return .fail(
                "\(service.host) has no address",
                "check the host in IngestionEndpoint, and the name servers of this machine"
            )
        case nil:
            return .fail(
                "no name server answered for \(service.host) within \(limit.seconds) s",
                "check the name servers of this machine, or set HTTPS_PROXY if a proxy is the way out"
            )
        }
    }
}

extension Duration {
    /// Whole seconds, at least one, for people.
    var seconds: Int64 { max(1, self.components.seconds) }
}
