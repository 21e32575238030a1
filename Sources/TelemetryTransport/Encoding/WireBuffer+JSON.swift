// Texts and numbers as JSON has them; structure is written by whoever knows it.

extension WireBuffer {
    /// Writes a text between quotation marks; only `"`, `\` and control characters are escaped.
    package mutating func append(quoting text: String) {
        self.append(UInt8(ascii: "\""))
        unsafe Self.withUTF8(of: text) { unsafe self.append(escaping: $0) }
        self.append(UInt8(ascii: "\""))
    }

    /// Writes a text as it stands between quotation marks.
    ///
    /// Eight bytes are copied at a time while nothing among them needs to be escaped.
    package mutating func append(escaping text: UnsafeRawBufferPointer) {
        guard let base = text.baseAddress else { return }
        let count = text.count
        // Whole words are stored, whose last bytes the next ones replace.
        self.reserve(count &+ 8)
        var index = 0
        while index &+ 8 <= count {
            let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if Self.mayNeedEscape(word) {
                unsafe self.escape(base + index, count: 8, rest: count &- index)
            } else {
                self.store(word)
            }
            index &+= 8
        }
        guard index < count else { return }
        let tail = count &- index
        if count >= 8 {
            // The last eight bytes, some of which stand there already as they are.
            let word = unsafe base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            if !Self.mayNeedEscape(word) {
                return self.store(word, back: 8 &- tail)
            }
        }
        unsafe self.escape(base + index, count: tail, rest: tail)
    }

    /// Copies a few bytes one by one, and sees to it that there is room for the rest.
    private mutating func escape(_ bytes: UnsafeRawPointer, count: Int, rest: Int) {
        for index in 0..<count {
            let byte = unsafe bytes.load(fromByteOffset: index, as: UInt8.self)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                self.escape(byte)
                self.reserve(rest &+ 8)
            } else {
                self.store(byte)
            }
        }
    }

    /// Whether one of eight bytes is below 0x20, `"` or `\`.
    ///
    /// The usual test for a zero byte in a word: it may report a byte above a true one as well,
    /// but never one where there is none.
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
        case UInt8(ascii: "\""): self.append(#"\""#)
        case UInt8(ascii: "\\"): self.append(#"\\"#)
        case 0x08: self.append(#"\b"#)
        case 0x09: self.append(#"\t"#)
        case 0x0A: self.append(#"\n"#)
        case 0x0C: self.append(#"\f"#)
        case 0x0D: self.append(#"\r"#)
        default:
            self.append(#"\u00"#)
            self.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            let digit = byte & 0xF
            self.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
    }

    /// Writes an integer.
    package mutating func append(decimal value: Int64) {
        if value < 0 { self.append(UInt8(ascii: "-")) }
        self.append(decimal: value.magnitude)
    }

    /// Writes an integer.
    package mutating func append(decimal value: UInt64) {
        self.extend(by: value.decimalDigits)
        var place = self.end
        var rest = value
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            place &-= 1
            self.replace(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit), at: place)
            rest = quotient
        } while rest > 0
    }

    /// Writes the sixteen lower-case hexadecimal digits of a number.
    package mutating func append(hex value: UInt64) {
        self.reserve(16)
        self.store(Self.hexDigits(UInt32(truncatingIfNeeded: value >> 32)).bigEndian)
        self.store(Self.hexDigits(UInt32(truncatingIfNeeded: value)).bigEndian)
    }

    /// The eight hexadecimal digits of a number, the first in the highest byte.
    private static func hexDigits(_ value: UInt32) -> UInt64 {
        // Spread the eight nibbles over eight bytes, then turn all of them into digits at once.
        var nibbles = UInt64(value)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let ones: UInt64 = 0x0101_0101_0101_0101
        let isLetter = ((nibbles &+ ones &* 6) >> 4) & ones
        return nibbles &+ ones &* 0x30 &+ isLetter &* 0x27
    }

    /// Writes bytes as base64, four characters for three bytes, with padding.
    package mutating func append(base64 bytes: [UInt8]) {
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            var group = UInt32(bytes[index]) << 16
            if rest > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if rest > 2 { group |= UInt32(bytes[index + 2]) }
            for place in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * place) & 0x3F)
                self.append(place <= rest ? Self.base64Digits[digit] : UInt8(ascii: "="))
            }
            index += 3
        }
    }

    private static let base64Digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
}

extension UInt64 {
    /// How many digits the number has in decimal, 1 to 20.
    fileprivate var decimalDigits: Int {
        var digits = 1
        var rest = self
        while rest >= 10_000 {
            rest /= 10_000
            digits += 4
        }
        if rest >= 1000 { return digits + 3 }
        if rest >= 100 { return digits + 2 }
        return rest >= 10 ? digits + 1 : digits
    }
}
