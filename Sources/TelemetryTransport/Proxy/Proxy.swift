/// An intermediary to connect through.
public struct Proxy: Hashable, Sendable {
    /// How to talk to the proxy.
    public struct Kind: Hashable, Sendable {
        enum Value: String {
            case http, https, socks4, socks4a, socks5, socks5h
        }

        let value: Value

        /// HTTP in the clear; for `https` URLs a tunnel through it, by `CONNECT`.
        public static let http = Self(value: .http)

        /// HTTP within TLS; for `https` URLs a tunnel through it, by `CONNECT`.
        public static let https = Self(value: .https)

        /// SOCKS version 5, where we resolve the server's name.
        public static let socks5 = Self(value: .socks5)

        /// SOCKS version 5, where the proxy resolves the server's name.
        public static let socks5h = Self(value: .socks5h)

        /// SOCKS version 4, where we resolve the server's name.
        public static let socks4 = Self(value: .socks4)

        /// SOCKS version 4a, where the proxy resolves the server's name.
        public static let socks4a = Self(value: .socks4a)

        var defaultPort: Int {
            switch self.value {
            case .http: 80
            case .https: 443
            case .socks4, .socks4a, .socks5, .socks5h: 1080
            }
        }
    }

    /// How to talk to the proxy.
    public var kind: Kind

    /// The proxy's name or address; IPv6 addresses are without brackets.
    public var host: String

    /// The proxy's port.
    public var port: Int

    /// The user name to give to the proxy, if it wants one.
    public var user: String?

    /// The password to give to the proxy; never printed.
    public var password: String?

    /// Creates a proxy.
    ///
    /// - Parameters:
    ///   - kind: How to talk to it.
    ///   - host: Its name or address.
    ///   - port: Its port.
    ///   - user: The user name, if it wants one.
    ///   - password: The password.
    public init(
        kind: Kind = .http,
        host: String,
        port: Int,
        user: String? = nil,
        password: String? = nil
    ) {
        self.kind = kind
        self.host = host
        self.port = port
        self.user = user
        self.password = password
    }

    /// Creates a proxy from the text people put into `HTTPS_PROXY`.
    ///
    /// The form is `[scheme://][user[:password]@]host[:port][/]`; the scheme is `http` (the
    /// default), `https`, `socks4`, `socks4a`, `socks5` or `socks5h`. User and password are
    /// percent-decoded. Without a port it is 80, 443 or, for SOCKS, 1080.
    ///
    /// - Parameter text: The address of the proxy.
    /// - Returns: `nil` if the text has another form.
    public init?(_ text: String) {
        var rest = text[...]
        var kind = Kind.http
        if let separator = rest.firstRange(of: "://") {
            let scheme = rest[..<separator.lowerBound].lowercased()
            guard let value = Kind.Value(rawValue: scheme == "socks" ? "socks5" : scheme) else {
                return nil
            }
            kind = Kind(value: value)
            rest = rest[separator.upperBound...]
        }
        // A password may hold a slash by mistake; the host cannot hold an at sign.
        var credentials: Substring?
        if let at = rest.lastIndex(of: "@") {
            credentials = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        if let path = rest.firstIndex(where: { $0 == "/" || $0 == "?" || $0 == "#" }) {
            rest = rest[..<path]
        }
        guard let address = HostAndPort(rest), !address.host.isEmpty else {
            return nil
        }
        self.init(kind: kind, host: address.host, port: address.port ?? kind.defaultPort)
        if let credentials {
            let parts = credentials.split(
                separator: ":",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard let user = parts.first.flatMap(percentDecoded) else {
                return nil
            }
            self.user = user
            if parts.count == 2 {
                guard let password = percentDecoded(parts[1]) else {
                    return nil
                }
                self.password = password
            }
        }
    }

    /// Kind, host and port as a URL, without user and password.
    package var address: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return "\(self.kind.value.rawValue)://\(host):\(self.port)"
    }
}

extension Proxy: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Kind, host and port, and whether there are credentials, but not which.
    public var description: String {
        self.user == nil ? self.address : "\(self.address) (with credentials)"
    }

    /// The same as ``description``.
    public var debugDescription: String { self.description }

    /// Only what ``description`` shows.
    public var customMirror: Mirror {
        Mirror(self, children: ["description": self.description])
    }
}

/// The text with `%41` read as `A`; `nil` at an escape that is none, or if there is NUL in it, at
/// which libcurl would stop.
private func percentDecoded(_ text: Substring) -> String? {
    guard let decoded = text.removingPercentEscapes, !decoded.utf8.contains(0) else { return nil }
    return decoded
}
