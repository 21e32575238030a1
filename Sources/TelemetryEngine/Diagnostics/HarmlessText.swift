/// Text that may be shown to people: to a terminal, in a log.
enum HarmlessText {
    /// The text with control characters escaped and, beyond `limit` scalars, cut.
    ///
    /// Line ends are control characters as well, so that one line stays one; so are the marks that
    /// change the direction of writing.
    static func escaping(_ text: String, limit: Int = 4_096) -> String {
        // Nearly all text is harmless already.
        if text.utf8.count <= limit, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) {
            return text
        }
        var result = ""
        for (position, scalar) in text.unicodeScalars.enumerated() {
            if position == limit {
                result += "…"
                break
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate:
                switch scalar {
                case "\n": result += "\\n"
                case "\r": result += "\\r"
                case "\t": result += "\\t"
                default: result += "\\u{\(String(scalar.value, radix: 16))}"
                }
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The text with all but the first eight digits of every UUID hidden: instrumentation keys
    /// are such, and are nobody's business.
    static func maskingKeys(_ text: String) -> String {
        var bytes = Array(text.utf8)
        var start = 0
        while start + 36 <= bytes.count {
            if Self.isKey(bytes[start..<(start + 36)]) {
                for position in (start + 8)..<(start + 36)
                where bytes[position] != UInt8(ascii: "-") {
                    bytes[position] = UInt8(ascii: "*")
                }
                start += 36
            } else {
                start += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isKey(_ bytes: ArraySlice<UInt8>) -> Bool {
        for (offset, byte) in bytes.enumerated() {
            switch offset {
            case 8, 13, 18, 23:
                guard byte == UInt8(ascii: "-") else { return false }
            default:
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): break
                case UInt8(ascii: "a")...UInt8(ascii: "f"): break
                case UInt8(ascii: "A")...UInt8(ascii: "F"): break
                default: return false
                }
            }
        }
        return true
    }
}
