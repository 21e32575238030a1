/// Reads the numbers of a JSON object, and checks that the rest is JSON, too.
///
/// As the Python client does, it takes `NaN` and `Infinity` for numbers; who asks has to look
/// whether a number is finite.
struct JSONNumberReader {
    /// How deep the text may be nested; what is deeper is not read.
    private static let maximumDepth = 64

    private let bytes: [UInt8]
    private var index = 0

    /// Creates a reader of `text`.
    init(_ text: String) {
        self.bytes = Array(text.utf8)
    }

    /// The members of the object that are numbers, in their order; `nil` if the text is not one
    /// JSON object.
    mutating func readObject() -> [(key: String, value: Double)]? {
        var numbers: [(key: String, value: Double)] = []
        self.skipBlanks()
        let isObject = self.skipObject(depth: 0) { numbers.append(($0, $1)) }
        self.skipBlanks()
        return isObject && self.index == self.bytes.count ? numbers : nil
    }

    private var current: UInt8? {
        self.index < self.bytes.count ? self.bytes[self.index] : nil
    }

    private mutating func take(_ text: StaticString) -> Bool {
        let isNext = self.bytes[self.index...].starts(with: text.description.utf8)
        if isNext { self.index += text.utf8CodeUnitCount }
        return isNext
    }

    private mutating func skipBlanks() {
        while let byte = self.current,
            byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
        {
            self.index += 1
        }
    }

    private mutating func skipObject(
        depth: Int,
        whereNumber found: (String, Double) -> Void = { _, _ in }
    ) -> Bool {
        guard depth < Self.maximumDepth, self.take("{") else { return false }
        self.skipBlanks()
        if self.take("}") { return true }
        while true {
            guard let key = self.readString() else { return false }
            self.skipBlanks()
            guard self.take(":") else { return false }
            self.skipBlanks()
            if let number = self.readNumber() {
                found(key, number)
            } else if !self.skipValue(depth: depth) {
                return false
            }
            self.skipBlanks()
            if self.take("}") { return true }
            guard self.take(",") else { return false }
            self.skipBlanks()
        }
    }

    private mutating func skipArray(depth: Int) -> Bool {
        guard depth < Self.maximumDepth, self.take("[") else { return false }
        self.skipBlanks()
        if self.take("]") { return true }
        while true {
            guard self.readNumber() != nil || self.skipValue(depth: depth) else { return false }
            self.skipBlanks()
            if self.take("]") { return true }
            guard self.take(",") else { return false }
            self.skipBlanks()
        }
    }

    /// Skips a value that is no number.
    private mutating func skipValue(depth: Int) -> Bool {
        switch self.current {
        case UInt8(ascii: "{"): self.skipObject(depth: depth + 1)
        case UInt8(ascii: "["): self.skipArray(depth: depth + 1)
        case UInt8(ascii: "\""): self.readString() != nil
        default: self.take("true") || self.take("false") || self.take("null")
        }
    }

    private mutating func readNumber() -> Double? {
        if self.take("NaN") { return .nan }
        if self.take("Infinity") { return .infinity }
        if self.take("-Infinity") { return -.infinity }
        let start = self.index
        _ = self.take("-")
        if !self.take("0"), self.skipDigits() == 0 {
            self.index = start
            return nil
        }
        let end = self.index
        if self.take("."), self.skipDigits() == 0 { self.index = end }
        let beforeExponent = self.index
        if self.take("e") || self.take("E") {
            _ = self.take("+") || self.take("-")
            if self.skipDigits() == 0 { self.index = beforeExponent }
        }
        return Double(String(decoding: self.bytes[start..<self.index], as: UTF8.self))
    }

    private mutating func skipDigits() -> Int {
        let start = self.index
        while let byte = self.current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            self.index += 1
        }
        return self.index - start
    }

    private mutating func readString() -> String? {
        guard self.take("\"") else { return nil }
        var text: [UInt8] = []
        while let byte = self.current {
            self.index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = self.readEscape() else { return nil }
                text.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func readEscape() -> Unicode.Scalar? {
        guard let byte = self.current else { return nil }
        self.index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return .init(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return self.readCodePoint()
        default: return nil
        }
    }

    private mutating func readCodePoint() -> Unicode.Scalar? {
        guard let unit = self.readUnit() else { return nil }
        guard (0xD800..<0xDC00).contains(unit) else {
            return Unicode.Scalar(unit) ?? "\u{FFFD}"
        }
        // The first half of a pair; without its second half it means nothing.
        let rest = self.index
        guard self.take(#"\u"#), let low = self.readUnit(), (0xDC00..<0xE000).contains(low) else {
            self.index = rest
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func readUnit() -> UInt32? {
        guard self.index + 4 <= self.bytes.count else { return nil }
        let digits = self.bytes[self.index..<(self.index + 4)]
        let text = String(decoding: digits, as: UTF8.self)
        guard digits.first != UInt8(ascii: "+"), let unit = UInt32(text, radix: 16) else {
            return nil
        }
        self.index += 4
        return unit
    }
}
