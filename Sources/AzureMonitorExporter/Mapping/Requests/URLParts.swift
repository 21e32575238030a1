/// The parts of a URL that the mapping needs.
///
/// The text is not decoded, normalised or checked, only divided; a relative URL is fine.
struct URLParts {
    /// Host and port as they stand, without user name and password; `nil` if there is none.
    private(set) var authority: Substring?

    /// The path as it stands, which ends before a `;` in its last segment; may be empty.
    private(set) var path: Substring

    /// Divides `url`, or gives `nil` if its brackets do not match.
    init?(_ url: String) {
        let bytes = url.utf8
        var rest = bytes[Self.startAfterScheme(of: bytes)...]
        if rest.starts(with: Self.slashes) {
            rest = rest.dropFirst(2)
            let authority = rest.prefix { !Self.endsAuthority($0) }
            guard
                authority.contains(UInt8(ascii: "[")) == authority.contains(UInt8(ascii: "]"))
            else { return nil }
            rest = rest[authority.endIndex...]
            self.authority = Substring(Self.withoutUser(authority))
        }
        var path = rest.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let lastSegment = path.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
        if let parameters = path[lastSegment...].firstIndex(of: UInt8(ascii: ";")) {
            path = path[..<parameters]
        }
        self.path = Substring(path)
    }

    /// The path as part of a name: `/` if it is empty.
    var pathOrRoot: Substring { self.path.isEmpty ? "/" : self.path }

    private static let slashes: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "/")]

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    private static func withoutUser(_ authority: Substring.UTF8View) -> Substring.UTF8View {
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return authority }
        return authority[at...].dropFirst()
    }

    /// Where the URL goes on after its scheme and colon; its start if it has no scheme.
    private static func startAfterScheme(of bytes: String.UTF8View) -> String.Index {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                break
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                if index == bytes.startIndex { return index }
            case UInt8(ascii: ":") where index > bytes.startIndex:
                return bytes.index(after: index)
            default:
                return bytes.startIndex
            }
            index = bytes.index(after: index)
        }
        return bytes.startIndex
    }

    /// `url` without user name and password, and without its query if `redactsQuery`.
    static func cleaned(_ url: String, redactsQuery: Bool) -> String {
        let bytes = url.utf8
        let mayNameUser = bytes.contains(UInt8(ascii: "@"))
        guard mayNameUser || redactsQuery else { return url }
        var result = url
        if mayNameUser {
            let start = Self.startAfterScheme(of: bytes)
            if bytes[start...].starts(with: Self.slashes) {
                let authority = bytes[start...].dropFirst(2).prefix { !Self.endsAuthority($0) }
                if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
                    result = String(url[..<authority.startIndex])
                    result += url[url.utf8.index(after: at)...]
                }
            }
        }
        guard redactsQuery, let query = result.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            return result
        }
        let end = result.utf8[query...].firstIndex(of: UInt8(ascii: "#")) ?? result.endIndex
        return String(result[..<query]) + result[end...]
    }
}

/// Host and port of an authority such as `Auth.Contoso.com:443` or `[::1]:80`.
struct HostAndPort {
    /// The host in lower case, an IPv6 address without its brackets.
    var host: String
    /// The port; `nil` if none is given.
    var port: Int?

    /// Divides `authority`, or gives `nil` if its port is none.
    init?(_ authority: String) {
        var bytes = authority.utf8[...]
        if let at = bytes.lastIndex(of: UInt8(ascii: "@")) { bytes = bytes[at...].dropFirst() }
        var host = bytes
        var port: Substring.UTF8View?
        if bytes.first == UInt8(ascii: "["), let end = bytes.firstIndex(of: UInt8(ascii: "]")) {
            host = bytes[..<end].dropFirst()
            let rest = bytes[end...].dropFirst()
            if rest.first == UInt8(ascii: ":") { port = rest.dropFirst() }
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            host = bytes[..<colon]
            port = bytes[colon...].dropFirst()
        }
        self.host = Substring(host).lowercased()
        if let port, !port.isEmpty {
            guard let number = UInt16(Substring(port)) else { return nil }
            self.port = Int(number)
        }
    }
}
