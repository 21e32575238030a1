/// What a resource asks for when a token of the usual kind does not do.
///
/// ```text
/// WWW-Authenticate: Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3Nf…"
/// ```
///
/// - SeeAlso: [Claims challenges](https://learn.microsoft.com/entra/identity-platform/claims-challenge)
package enum ClaimsChallenge {
    /// The claims that the header field asks for, as JSON; `nil` if it asks for none.
    package static func claims(in field: String?) -> String? {
        guard let field, field.utf8.count <= 16_384,
            Self.value(of: "error", in: field) == "insufficient_claims",
            let encoded = Self.value(of: "claims", in: field),
            let bytes = Base64.decode(encoded)
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The quoted value of a parameter.
    private static func value(of name: String, in field: String) -> Substring? {
        var rest = field[...]
        while let quote = rest.firstIndex(of: "\"") {
            let head = rest[..<quote]
            let value = rest[rest.index(after: quote)...].prefix { $0 != "\"" }
            if head.last == "=" {
                let key = head.dropLast().reversed().prefix { $0.isLetter || $0 == "_" }
                if String(key.reversed()) == name { return value }
            }
            rest = rest[value.endIndex...].dropFirst()
        }
        return nil
    }
}
