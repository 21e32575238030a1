/// One entry of `NO_PROXY`: hosts to connect to directly.
struct ProxyExclusion: Hashable, Sendable {
    private enum Pattern: Hashable {
        case everything
        case domain(String)
        case address(IPAddress)
        case network(IPNetwork)
    }

    private let pattern: Pattern
    private let port: Int?

    /// Reads an entry.
    ///
    /// - Parameter text: The entry without white space around it.
    /// - Returns: `nil` if it has none of the forms known.
    init?(_ text: Substring) {
        if text == "*" {
            self.pattern = .everything
            self.port = nil
            return
        }
        if text.contains("/") {
            guard let network = IPNetwork(text) else {
                return nil
            }
            self.pattern = .network(network)
            self.port = nil
            return
        }
        guard let entry = HostAndPort(text) else {
            return nil
        }
        self.port = entry.port
        if let address = IPAddress(entry.host) {
            self.pattern = .address(address)
            return
        }
        var domain = entry.host.lowercased()[...]
        if domain.hasPrefix("*.") {
            domain = domain.dropFirst()
        }
        domain = domain.trimmingPrefix { $0 == "." }
        if domain.hasSuffix(".") {
            domain = domain.dropLast()
        }
        guard !domain.isEmpty, !domain.contains("*") else {
            return nil
        }
        self.pattern = .domain(String(domain))
    }

    /// Whether a host is to be connected to directly.
    ///
    /// - Parameters:
    ///   - host: The host's name in lower case, without a dot at its end.
    ///   - address: The host as an address, if it is one.
    ///   - port: The port to connect to.
    func matches(host: String, address: IPAddress?, port: Int) -> Bool {
        if let expected = self.port, expected != port {
            return false
        }
        switch self.pattern {
        case .everything:
            return true
        case .domain(let domain):
            return address == nil && (host == domain || host.hasSuffix("." + domain))
        case .address(let expected):
            return address == expected
        case .network(let network):
            return address.map { network.contains($0) } ?? false
        }
    }
}
