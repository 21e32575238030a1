import Foundation
import TelemetryTransport

/// The address of a service, in parts.
struct ServiceAddress {
    /// Scheme, host, port and path, without a slash at its end.
    let url: String
    let isSecure: Bool
    /// The host; an IPv6 address has no brackets.
    let host: String
    let port: Int

    /// Reads an address such as a connection string has.
    init?(_ url: String) {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty
        else { return nil }
        self.url = url
        self.isSecure = parts.scheme?.lowercased() == "https"
        self.host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        self.port = parts.port ?? (self.isSecure ? 443 : 80)
    }

    /// The address of a proxy.
    init(_ proxy: Proxy) {
        self.url = "\(proxy)"
        self.isSecure = proxy.kind == .https
        self.host = proxy.host
        self.port = proxy.port
    }

    /// Host and port, as they are written.
    var place: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    /// The proxy that leads there, if one applies.
    func proxy(of configuration: TransportConfiguration) -> Proxy? {
        configuration.proxy.proxy(
            scheme: self.isSecure ? "https" : "http",
            host: self.host,
            port: self.port
        )
    }
}
