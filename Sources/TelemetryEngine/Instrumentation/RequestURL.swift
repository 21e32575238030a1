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
    init(_ text: String) {
        var rest = text[...]
        if let fragment = rest.firstIndex(of: "#") {
            rest = rest[..<fragment]
        }
        var scheme: Substring = ""
        if let colon = rest.firstIndex(of: ":"), rest[colon...].hasPrefix("://") {
            scheme = rest[..<colon]
            rest = rest[colon...].dropFirst(3)
        }
        let authorityEnd = rest.firstIndex { "/?\\".contains($0) } ?? rest.endIndex
        var authority = rest[..<authorityEnd]
        let remainder = rest[authorityEnd...]
        if let at = authority.lastIndex(of: "@") {
            authority = authority[authority.index(after: at)...]
        }
        let prefix = scheme.isEmpty ? "" : "\(scheme)://"
        self.redacted = prefix + authority + Self.redactingSignatures(in: remainder)
        guard !scheme.isEmpty, !authority.isEmpty else { return }
        self.readServer(authority, scheme: scheme.lowercased())
    }

    private mutating func readServer(_ authority: Substring, scheme: String) {
        let defaultPort: Int? =
            switch scheme {
            case "http", "ws": 80
            case "https", "wss": 443
            default: nil
            }
        var hostEnd = authority.endIndex
        var host = authority
        if authority.first == "[", let bracket = authority.firstIndex(of: "]") {
            host = authority[..<bracket].dropFirst()
            hostEnd = authority.index(after: bracket)
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            hostEnd = colon
        }
        self.host = String(host)
        let port = authority[hostEnd...]
        self.port = port.first == ":" ? Int(port.dropFirst()) ?? defaultPort : defaultPort
    }

    private static func redactingSignatures(in text: Substring) -> String {
        guard let mark = text.firstIndex(of: "?") else { return String(text) }
        let query = text[text.index(after: mark)...]
        let parameters = query.split(separator: "&", omittingEmptySubsequences: false).map {
            parameter -> String in
            guard let equals = parameter.firstIndex(of: "="),
                self.signingParameters.contains(parameter[..<equals].lowercased())
            else { return String(parameter) }
            return parameter[...equals] + "REDACTED"
        }
        return text[...mark] + parameters.joined(separator: "&")
    }
}
