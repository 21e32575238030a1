/// What a server says, made fit for people to see: short, on one line, and without our secrets.
enum OTLPServerText {
    /// The most scalars that are shown.
    private static let maximumLength = 300

    /// Cuts, masks and straightens a text.
    ///
    /// - Parameters:
    ///   - text: The server's words, from their beginning to their end: a secret that was cut in two
    ///     would be seen by half.
    ///   - secrets: What must not be seen if the server repeats it.
    static func harmless(_ text: String, hiding secrets: [String]) -> String {
        let secrets = secrets.map { Array($0.utf8) }
            // Shorter ones are none.
            .filter { $0.count > 3 }
            // One may begin with another.
            .sorted { $0.count > $1.count }
        var rest = Array(text.utf8)[...]
        var bytes: [UInt8] = []
        // Of one scalar more than is shown no byte is missing then.
        while let byte = rest.first, bytes.count < 4 * (Self.maximumLength + 1) {
            if let secret = secrets.first(where: { rest.starts(with: $0) }) {
                bytes += "…".utf8
                rest = rest.dropFirst(secret.count)
            } else {
                bytes.append(byte)
                rest = rest.dropFirst()
            }
        }
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        var shown = ""
        for scalar in scalars.prefix(Self.maximumLength) {
            let isControl = scalar.properties.generalCategory == .control
            shown.unicodeScalars.append(isControl ? " " : scalar)
        }
        return scalars.count > Self.maximumLength ? shown + "…" : shown
    }

    /// What of the value of a header must not be seen: all of it, and each of its words, such as a
    /// token behind `Bearer`; what is too short to be a secret is left out.
    static func secrets(in value: String) -> [String] {
        let words = value.split(separator: " ").map(String.init)
        return ([value] + (words.count > 1 ? words : [])).filter { $0.utf8.count >= 8 }
    }
}
