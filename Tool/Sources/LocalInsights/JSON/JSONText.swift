/// Writes JSON as bytes.
package enum JSONText {
    /// Appends UTF-8 text as a JSON string with its quotation marks.
    ///
    /// Escapes what JSON demands and nothing else; the text must be valid UTF-8.
    package static func append(_ text: some Sequence<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0x0A:
                output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case 0..<0x20:
                output.append(contentsOf: "\\u00".utf8)
                output.append(Self.hexDigit(byte >> 4))
                output.append(Self.hexDigit(byte & 15))
            default:
                output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends a string as a JSON string with its quotation marks.
    package static func append(_ text: String, to output: inout [UInt8]) {
        Self.append(text.utf8, to: &output)
    }

    /// Appends a double as the shortest text that reads back as the same double.
    ///
    /// It always looks like a double (`5.0`), so that readers keep the type. An infinity becomes
    /// a number too large for a double, which most readers turn into infinity again; what is not
    /// a number becomes `null`.
    package static func append(_ value: Double, to output: inout [UInt8]) {
        if value.isFinite {
            output.append(contentsOf: value.description.utf8)
        } else if value.isNaN {
            output.append(contentsOf: "null".utf8)
        } else {
            output.append(contentsOf: (value < 0 ? "-1e999" : "1e999").utf8)
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x61 + value - 10
    }
}
