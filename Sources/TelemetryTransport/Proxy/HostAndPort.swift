/// A host with an optional port, as written in URLs and in `NO_PROXY`.
struct HostAndPort: Hashable {
    /// The name or address; IPv6 addresses are without brackets and zone.
    var host: String

    /// The port after the last colon, if there is one.
    var port: Int?

    /// Reads `host`, `host:port`, `[IPv6]`, `[IPv6]:port` or a bare IPv6 address.
    ///
    /// - Parameter text: The text to read.
    /// - Returns: `nil` if brackets or port are malformed.
    init?(_ text: Substring) {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else {
                return nil
            }
            self.host = String(text[text.index(after: text.startIndex)..<end])
            guard IPAddress(self.host) != nil else {
                return nil
            }
            let rest = text[text.index(after: end)...]
            guard !rest.isEmpty else {
                return
            }
            guard rest.first == ":", let port = Self.port(rest.dropFirst()) else {
                return nil
            }
            self.port = port
        } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            guard let port = Self.port(text[text.index(after: colon)...]) else {
                return nil
            }
            self.host = String(text[..<colon])
            self.port = port
        } else {
            // More than one colon is an IPv6 address, or nothing we know.
            guard !text.contains(":") || IPAddress(String(text)) != nil else {
                return nil
            }
            self.host = String(text)
        }
        guard !self.host.contains(where: { $0.isWhitespace || $0 == "/" || $0 == "@" }) else {
            return nil
        }
    }

    private static func port(_ digits: Substring) -> Int? {
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = Int(digits) else {
            return nil
        }
        return (1...65535).contains(port) ? port : nil
    }
}
