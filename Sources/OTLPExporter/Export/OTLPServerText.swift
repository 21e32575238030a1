/// What a server says, made fit for people to see: short, on one line, and without our secrets.
enum OTLPServerText {
    /// Cuts, masks and straightens a text.
    ///
    /// - Parameters:
    ///   - text: The server's words.
    ///   - secrets: What must not be seen if the server repeats it.
    static func harmless(_ text: String, hiding secrets: [String]) -> String {
        // Longer than what is shown, so that no secret is cut in two and seen by half.
        var bytes = Array(text.utf8.prefix(4_096))
        for secret in secrets {
            let secret = Array(secret.utf8)
            // Shorter ones are none, and could turn up again in what replaces them.
            guard secret.count > 3 else { continue }
            while let place = Self.firstRange(of: secret, in: bytes) {
                bytes.replaceSubrange(place, with: "…".utf8)
            }
        }
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        var shown = ""
        for scalar in scalars.prefix(300) {
            let isControl = scalar.properties.generalCategory == .control
            shown.unicodeScalars.append(isControl ? " " : scalar)
        }
        return scalars.count > 300 ? shown + "…" : shown
    }

    /// What of the value of a header must not be seen: all of it, and each of its words, such as a
    /// token behind `Bearer`; what is too short to be a secret is left out.
    static func secrets(in value: String) -> [String] {
        let words = value.split(separator: " ").map(String.init)
        return ([value] + (words.count > 1 ? words : [])).filter { $0.utf8.count >= 8 }
    }

    private static func firstRange(of pattern: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
        guard pattern.count <= bytes.count else { return nil }
        return (0...(bytes.count - pattern.count)).lazy
            .map { $0..<($0 + pattern.count) }
            .first { bytes[$0].elementsEqual(pattern) }
    }
}
