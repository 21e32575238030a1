/// What a span keeps of the address of a request.
struct RequestURL: Equatable {
    /// The host, without the brackets of an IPv6 address.
    private(set) var host: String?

    /// The port; that of the scheme if the address has none.
    private(set) var port: Int?

    /// The address without user, password, fragment and signatures.
    private(set) var redacted: String

    /// Parameters whose values give access to what they sign.
    private static let signingParameters: Set<String> = [
        "awsaccesskeyid", "signature", "sig", "x-goog-signature", "x-amz-signature",
        "x-amz-credential", "x-amz-security-token",
    ]

    /// Reads an address; what is not one has neither host nor port, and is kept without a part that
    /// could be a password.
    ///
    /// Reads bytes, not characters: a combining mark after an `@` would hide it.
    init(_ text: String) {
        var rest = text.utf8[...]
        if let fragment = rest.firstIndex(of: UInt8(ascii: "#")) {
            rest = rest[..<fragment]
        }
        var scheme = rest.prefix(0)
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")),
            rest[colon...].starts(with: "://".utf8)
        {
            scheme = rest[..<colon]
            rest = rest[colon...].dropFirst(3)
        }
        let authorityEnd = rest.firstIndex { "/?\\".utf8.contains($0) } ?? rest.endIndex
        var authority = rest[..<authorityEnd]
        let remainder = rest[authorityEnd...]
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            authority = authority[authority.index(after: at)...]
        }
        self.redacted = scheme.isEmpty ? "" : "\(Substring(scheme))://"
        self.redacted += Substring(authority)
        self.redacted += Self.redactingSignatures(in: remainder)
        guard !scheme.isEmpty, !authority.isEmpty else { return }
        self.readServer(authority, scheme: Substring(scheme).lowercased())
    }

    private mutating func readServer(_ authority: Substring.UTF8View, scheme: String) {
        let defaultPort: Int? =
            switch scheme {
            case "http", "ws": 80
            case "https", "wss": 443
            default: nil
            }
        var hostEnd = authority.endIndex
        var host = authority
        if authority.first == UInt8(ascii: "["),
            let bracket = authority.firstIndex(of: UInt8(ascii: "]"))
        {
            host = authority[..<bracket].dropFirst()
            hostEnd = authority.index(after: bracket)
        } else if let colon = authority.lastIndex(of: UInt8(ascii: ":")) {
            host = authority[..<colon]
            hostEnd = colon
        }
        self.host = String(Substring(host))
        let port = authority[hostEnd...].dropFirst()
        self.port = Int(String(Substring(port))) ?? defaultPort
    }

    private static func redactingSignatures(in text: Substring.UTF8View) -> String {
        guard let mark = text.firstIndex(of: UInt8(ascii: "?")) else {
            return String(Substring(text))
        }
        let query = text[text.index(after: mark)...]
        let parameters =
            query
            .split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
            .map { parameter -> String in
                guard let equals = parameter.firstIndex(of: UInt8(ascii: "=")),
                    self.signingParameters.contains(Substring(parameter[..<equals]).lowercased())
                else { return String(Substring(parameter)) }
                return Substring(parameter[...equals]) + "REDACTED"
            }
        return Substring(text[...mark]) + parameters.joined(separator: "&")
    }
}
