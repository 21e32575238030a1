#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

/// Bytes as text, and back.
enum Base64 {
    /// The usual form, with padding.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString()
    }

    /// The form for URLs, without padding.
    static func encodeForURL(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for character in Self.encode(bytes) {
            switch character {
            case "+": text.append("-")
            case "/": text.append("_")
            case "=": break
            default: text.append(character)
            }
        }
        return text
    }

    /// Reads the usual form or the one for URLs, with or without padding.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var usual = text.map { character -> Character in
            switch character {
            case "-": "+"
            case "_": "/"
            default: character
            }
        }
        while usual.count % 4 != 0 { usual.append("=") }
        return Data(base64Encoded: String(usual)).map(Array.init)
    }
}
