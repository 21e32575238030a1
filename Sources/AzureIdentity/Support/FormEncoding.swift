/// Text as forms and queries carry it.
///
/// - SeeAlso: [RFC 3986, section 2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3)
enum FormEncoding {
    /// `name=value` pairs in their order; whatever is not unreserved is escaped.
    static func encode(_ fields: [(name: String, value: String)]) -> String {
        var text = ""
        for (name, value) in fields {
            if !text.isEmpty { text.append("&") }
            Self.append(name, to: &text)
            text.append("=")
            Self.append(value, to: &text)
        }
        return text
    }

    private static func append(_ value: String, to text: inout String) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text.append("%")
                if byte < 0x10 { text.append("0") }
                text.append(String(byte, radix: 16, uppercase: true))
            }
        }
    }
}
