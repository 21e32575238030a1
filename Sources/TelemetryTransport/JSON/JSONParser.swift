/// Reads one JSON text, front to back.
///
/// - SeeAlso: [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)
struct JSONParser {
    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var position = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func parseText() throws(JSONError) -> JSONValue {
        if self.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { self.position = 3 }
        self.skipBlanks()
        let value = try self.parseValue(depth: 0)
        self.skipBlanks()
        guard self.position == self.bytes.count else {
            throw self.error("unexpected text after the end of the value")
        }
        return value
    }

    private mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        guard let byte = self.current else { throw self.error("unexpected end of the text") }
        switch byte {
        case UInt8(ascii: "\""):
            return .string(try self.parseString())
        case UInt8(ascii: "{"):
            return .object(try self.parseObject(depth: depth + 1))
        case UInt8(ascii: "["):
            return .array(try self.parseArray(depth: depth + 1))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try self.parseNumber())
        case UInt8(ascii: "t"):
            try self.expect("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try self.expect("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try self.expect("null")
            return .null
        default:
            throw self.error("expected a value")
        }
    }

    private mutating func parseArray(depth: Int) throws(JSONError) -> [JSONValue] {
        try self.checkDepth(depth)
        self.position += 1
        self.skipBlanks()
        var elements: [JSONValue] = []
        if self.consume(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try self.parseValue(depth: depth))
            self.skipBlanks()
            if self.consume(UInt8(ascii: "]")) { return elements }
            guard self.consume(UInt8(ascii: ",")) else {
                throw self.error("expected ',' or ']'")
            }
            self.skipBlanks()
        }
    }

    private mutating func parseObject(depth: Int) throws(JSONError) -> JSONObject {
        try self.checkDepth(depth)
        self.position += 1
        self.skipBlanks()
        var members: [JSONObject.Member] = []
        if self.consume(UInt8(ascii: "}")) { return JSONObject(members) }
        while true {
            guard self.current == UInt8(ascii: "\"") else {
                throw self.error("expected a key in quotation marks")
            }
            let key = try self.parseString()
            self.skipBlanks()
            guard self.consume(UInt8(ascii: ":")) else { throw self.error("expected ':'") }
            self.skipBlanks()
            members.append(.init(key: key, value: try self.parseValue(depth: depth)))
            self.skipBlanks()
            if self.consume(UInt8(ascii: "}")) { return JSONObject(members) }
            guard self.consume(UInt8(ascii: ",")) else {
                throw self.error("expected ',' or '}'")
            }
            self.skipBlanks()
        }
    }

    // MARK: Text

    private mutating func parseString() throws(JSONError) -> String {
        let opening = self.position
        self.position += 1
        let start = self.position
        while let byte = self.current {
            switch byte {
            case UInt8(ascii: "\""):
                let text = String(decoding: self.bytes[start..<self.position], as: UTF8.self)
                self.position += 1
                return text
            case UInt8(ascii: "\\"):
                return try self.parseEscapedString(opening: opening, start: start)
            case 0x00..<0x20:
                throw self.error("a control character in text must be escaped")
            default:
                self.position += 1
            }
        }
        throw self.error("text without a closing quotation mark", at: opening)
    }

    /// Reads on at the first backslash of a text that began at `start`.
    private mutating func parseEscapedString(
        opening: Int,
        start: Int
    ) throws(JSONError) -> String {
        var text = Array(self.bytes[start..<self.position])
        while let byte = self.current {
            switch byte {
            case UInt8(ascii: "\""):
                self.position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try self.parseEscape(into: &text)
            case 0x00..<0x20:
                throw self.error("a control character in text must be escaped")
            default:
                text.append(byte)
                self.position += 1
            }
        }
        throw self.error("text without a closing quotation mark", at: opening)
    }

    private mutating func parseEscape(into text: inout [UInt8]) throws(JSONError) {
        let start = self.position
        self.position += 1
        guard let byte = self.current else { throw self.error("unexpected end of the text") }
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var unit = try self.parseCodeUnit(escape: start)
            if (0xD800..<0xDC00).contains(unit), self.isAtUnicodeEscape {
                let second = self.position
                self.position += 2
                let low = try self.parseCodeUnit(escape: second)
                if (0xDC00..<0xE000).contains(low) {
                    unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    // Lone, and what follows is an escape of its own.
                    self.position = second
                }
            }
            // Surrogates are no scalars, so lone ones end up as the replacement character.
            let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
            if let encoded = UTF8.encode(scalar) { text.append(contentsOf: encoded) }
        default:
            throw self.error("unknown escape sequence", at: start)
        }
    }

    private var isAtUnicodeEscape: Bool {
        self.position + 1 < self.bytes.count
            && self.bytes[self.position] == UInt8(ascii: "\\")
            && self.bytes[self.position + 1] == UInt8(ascii: "u")
    }

    private mutating func parseCodeUnit(escape: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch self.current {
            case .some(let byte) where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
                digit = byte - UInt8(ascii: "0")
            case .some(let byte) where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
                digit = byte - UInt8(ascii: "a") + 10
            case .some(let byte) where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte):
                digit = byte - UInt8(ascii: "A") + 10
            default:
                throw self.error("expected four hexadecimal digits after '\\u'", at: escape)
            }
            unit = unit << 4 | UInt32(digit)
            self.position += 1
        }
        return unit
    }

    // MARK: Numbers

    private mutating func parseNumber() throws(JSONError) -> JSONNumber {
        let start = self.position
        let isNegative = self.consume(UInt8(ascii: "-"))
        let digits = self.position
        var magnitude: UInt64 = 0
        var isExact = true
        while let digit = self.currentDigit {
            let (scaled, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.addingReportingOverflow(UInt64(digit))
            if overflow || carry { isExact = false }
            magnitude = sum
            self.position += 1
        }
        guard self.position > digits else { throw self.error("expected a digit") }
        if self.bytes[digits] == UInt8(ascii: "0"), self.position > digits + 1 {
            throw self.error("a number must not begin with 0", at: digits)
        }
        if self.consume(UInt8(ascii: ".")) {
            isExact = false
            try self.skipDigits()
        }
        if self.current == UInt8(ascii: "e") || self.current == UInt8(ascii: "E") {
            isExact = false
            self.position += 1
            if self.current == UInt8(ascii: "+") || self.current == UInt8(ascii: "-") {
                self.position += 1
            }
            try self.skipDigits()
        }
        if isExact, !isNegative { return JSONNumber(magnitude) }
        if isExact, magnitude > 0, magnitude <= UInt64(Int64.max) + 1 {
            return JSONNumber(Int64(truncatingIfNeeded: 0 &- magnitude))
        }
        let text = String(decoding: self.bytes[start..<self.position], as: UTF8.self)
        guard let value = Double(text) else { throw self.error("not a number", at: start) }
        return JSONNumber(value)
    }

    private var currentDigit: UInt8? {
        guard let byte = self.current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
            return nil
        }
        return byte - UInt8(ascii: "0")
    }

    private mutating func skipDigits() throws(JSONError) {
        guard self.currentDigit != nil else { throw self.error("expected a digit") }
        while self.currentDigit != nil { self.position += 1 }
    }

    // MARK: Bytes

    private var current: UInt8? {
        self.position < self.bytes.count ? self.bytes[self.position] : nil
    }

    private mutating func skipBlanks() {
        while self.position < self.bytes.count {
            switch self.bytes[self.position] {
            case 0x20, 0x09, 0x0A, 0x0D: self.position += 1
            default: return
            }
        }
    }

    private mutating func consume(_ byte: UInt8) -> Bool {
        guard self.current == byte else { return false }
        self.position += 1
        return true
    }

    private mutating func expect(_ literal: StaticString) throws(JSONError) {
        let start = self.position
        let text = literal.description.utf8
        guard self.bytes[start...].starts(with: text) else {
            throw self.error("expected a value", at: start)
        }
        self.position += text.count
    }

    private func checkDepth(_ depth: Int) throws(JSONError) {
        guard depth <= self.maximumDepth else {
            throw self.error("nested deeper than \(self.maximumDepth) levels")
        }
    }

    private func error(_ message: String, at offset: Int? = nil) -> JSONError {
        let before = self.bytes[..<(offset ?? self.position)]
        let line = before.count { $0 == 0x0A } + 1
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
        return JSONError(message: message, line: line, column: column)
    }
}
