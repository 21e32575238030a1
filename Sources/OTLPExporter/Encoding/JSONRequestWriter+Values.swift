// Texts and numbers as JSON has them.

extension JSONRequestWriter {
    /// Writes a text between quotation marks; only `"`, `\` and control characters are escaped.
    mutating func string(_ text: String) {
        self.bytes.append(UInt8(ascii: "\""))
        unsafe WireBuffer.withUTF8(of: text) { unsafe self.characters($0) }
        self.bytes.append(UInt8(ascii: "\""))
    }

    private mutating func characters(_ text: UnsafeBufferPointer<UInt8>) {
        var written = 0
        var index = 0
        while index < text.count {
            if index &+ 8 <= text.count {
                let word = unsafe UnsafeRawBufferPointer(text).loadUnaligned(
                    fromByteOffset: index,
                    as: UInt64.self
                )
                if !Self.mayNeedEscape(word) {
                    index &+= 8
                    continue
                }
            }
            let byte = unsafe text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                index &+= 1
                continue
            }
            unsafe self.bytes.append(UnsafeBufferPointer(rebasing: text[written..<index]))
            self.escape(byte)
            index &+= 1
            written = index
        }
        unsafe self.bytes.append(UnsafeBufferPointer(rebasing: text[written...]))
    }

    /// Whether one of eight bytes is below 0x20, `"` or `\`; may be wrong only in saying yes.
    ///
    /// A byte is zero if subtracting one borrows from its highest bit, which was not set.
    @inline(__always)
    private static func mayNeedEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let controls = (word &- ones &* 0x20) & ~word
        let found =
            controls | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
        return found & (ones &* 0x80) != 0
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.bytes.append(#"\""#)
        case UInt8(ascii: "\\"): self.bytes.append(#"\\"#)
        case 0x0A: self.bytes.append(#"\n"#)
        case 0x0D: self.bytes.append(#"\r"#)
        case 0x09: self.bytes.append(#"\t"#)
        default:
            self.bytes.append(#"\u00"#)
            self.bytes.append(Self.hexDigits[Int(byte >> 4)])
            self.bytes.append(Self.hexDigits[Int(byte & 0xF)])
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// Writes an integer between quotation marks.
    mutating func quoted(_ value: UInt64) {
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(decimal: value)
        self.bytes.append(UInt8(ascii: "\""))
    }

    /// Writes an integer.
    mutating func decimal(_ value: Int64) {
        if value < 0 { self.bytes.append(UInt8(ascii: "-")) }
        self.bytes.append(decimal: value.magnitude)
    }

    /// Writes the shortest decimal that reads back as the same double, or the name of what has
    /// none.
    mutating func double(_ value: Double) {
        if value.isFinite {
            self.bytes.append(value.description)
        } else if value.isNaN {
            self.bytes.append(#""NaN""#)
        } else if value > 0 {
            self.bytes.append(#""Infinity""#)
        } else {
            self.bytes.append(#""-Infinity""#)
        }
    }

    /// Writes sixteen hexadecimal digits.
    mutating func hex(_ value: UInt64) {
        self.bytes.append(
            memoryOf: Self.hexDigits(UInt32(truncatingIfNeeded: value >> 32)).bigEndian
        )
        self.bytes.append(memoryOf: Self.hexDigits(UInt32(truncatingIfNeeded: value)).bigEndian)
    }

    /// The eight hexadecimal digits of a number, the first in the highest byte.
    private static func hexDigits(_ value: UInt32) -> UInt64 {
        // The eight nibbles are spread over eight bytes, and all of them made digits at once.
        var nibbles = UInt64(value)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let ones: UInt64 = 0x0101_0101_0101_0101
        let isLetter = ((nibbles &+ ones &* 6) >> 4) & ones
        return nibbles &+ ones &* 0x30 &+ isLetter &* 0x27
    }

    /// Writes bytes as base64 between quotation marks, with padding.
    mutating func base64(_ bytes: [UInt8]) {
        self.bytes.append(UInt8(ascii: "\""))
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            var group = UInt32(bytes[index]) << 16
            if rest > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if rest > 2 { group |= UInt32(bytes[index + 2]) }
            for place in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * place) & 0x3F)
                self.bytes.append(place <= rest ? Self.base64Digits[digit] : UInt8(ascii: "="))
            }
            index += 3
        }
        self.bytes.append(UInt8(ascii: "\""))
    }

    private static let base64Digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
}
