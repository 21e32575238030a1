/// The address of a service: scheme, host, port and the path that all its addresses begin with.
package struct EndpointURL: Hashable, Sendable {
    /// Why a text is no such address.
    package struct Problem: Error, Hashable {
        /// What is wrong, as the end of a sentence, without any part of the text.
        package let explanation: String
    }

    /// Whether the scheme is `https` rather than `http`.
    package let isSecure: Bool

    /// The host in lower case and without a trailing dot; an IPv6 address in its brackets.
    package let host: String

    /// The port, unless it is the scheme's own.
    package let port: Int?

    /// The path without slashes at its end: empty, or `/` and more.
    package var path: String

    /// The query, if there is one; it may hold a secret and is never printed.
    package var query: String?

    /// Reads an absolute URL; a fragment is ignored.
    package init(_ text: String) throws(Problem) {
        guard let (isSecure, rest) = Self.splitScheme(text) else {
            throw Problem(explanation: "does not begin with http:// or https://")
        }
        // Bytes, not characters: a combining mark would hide what stands before it.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw Problem(
                explanation: "has a blank, a backslash, a control character or a character "
                    + "beyond ASCII in it"
            )
        }
        let isEnd: (Character) -> Bool = { $0 == "/" || $0 == "?" || $0 == "#" }
        let authority = rest.prefix { !isEnd($0) }
        guard !authority.contains("@") else {
            throw Problem(explanation: "has a user name or password in it")
        }
        let (host, port) = try Self.splitAuthority(authority)
        self.isSecure = isSecure
        self.host = host
        self.port = port == (isSecure ? 443 : 80) ? nil : port
        let tail = rest[authority.endIndex...].prefix { $0 != "#" }
        var path = tail.prefix { $0 != "?" }
        while path.last == "/" { path.removeLast() }
        self.path = String(path)
        let query = tail.drop { $0 != "?" }.dropFirst()
        self.query = query.isEmpty ? nil : String(query)
    }

    /// Scheme, host and port.
    package var origin: String {
        "\(self.isSecure ? "https" : "http")://\(self.host)\(self.port.map { ":\($0)" } ?? "")"
    }

    /// The whole address with `suffix` after the path.
    package func appending(path suffix: String) -> String {
        self.origin + self.path + suffix + (self.query.map { "?\($0)" } ?? "")
    }

    /// Whether the host is this machine, by name or address.
    package var isLoopback: Bool {
        if self.host == "localhost" || self.host == "[::1]" || self.host.hasSuffix(".localhost") {
            return true
        }
        let numbers = self.host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers.first == "127"
            && numbers.allSatisfy { $0.utf8.count <= 3 && UInt8($0) != nil }
    }

    private static func splitScheme(_ text: String) -> (isSecure: Bool, rest: Substring)? {
        for (prefix, isSecure) in [("https://", true), ("http://", false)] {
            let start = text.prefix(prefix.count)
            if start.lowercased() == prefix {
                return (isSecure, text[start.endIndex...])
            }
        }
        return nil
    }

    private static func splitAuthority(
        _ authority: Substring
    ) throws(Problem) -> (host: String, port: Int?) {
        let hostEnd: Substring.Index
        if authority.first == "[" {
            guard let bracket = authority.firstIndex(of: "]") else {
                throw Problem(explanation: "has a bracket that is not closed")
            }
            hostEnd = authority.index(after: bracket)
            let address = authority[..<bracket].dropFirst()
            guard address.contains(":"),
                address.utf8.allSatisfy({
                    Unicode.Scalar($0).properties.isASCIIHexDigit || $0 == UInt8(ascii: ":")
                        || $0 == UInt8(ascii: ".")
                })
            else { throw Problem(explanation: "has no IPv6 address in its brackets") }
        } else {
            hostEnd = authority.firstIndex(of: ":") ?? authority.endIndex
        }
        var host = authority[..<hostEnd]
        if host.last == "." { host.removeLast() }
        guard !host.isEmpty, host.first != "." else {
            throw Problem(explanation: "has no host")
        }
        guard host.first == "[" || host.utf8.allSatisfy(Self.isHostCharacter) else {
            throw Problem(explanation: "has a character in its host that no host name may have")
        }
        let rest = authority[hostEnd...]
        guard !rest.isEmpty else { return (host.lowercased(), nil) }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits), port > 0
        else { throw Problem(explanation: "has a port that is not a number from 1 to 65535") }
        return (host.lowercased(), Int(port))
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension EndpointURL: CustomStringConvertible {
    /// The address without its query.
    package var description: String { self.origin + self.path }
}
