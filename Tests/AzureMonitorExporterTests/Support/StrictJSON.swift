/// A JSON text, read as strictly as can be: nothing but RFC 8259, and no key twice in an object.
///
/// Independent of what the package reads JSON with, so that one mistake cannot hide another.
indirect enum StrictJSON: Equatable {
    case null
    case bool(Bool)
    case number(Double, text: String)
    case string(String)
    case array([StrictJSON])
    case object([Member])

    struct Member: Equatable {
        var key: String
        var value: StrictJSON
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    init(_ bytes: some Sequence<UInt8>) throws {
        var reader = StrictJSONReader(bytes: Array(bytes))
        self = try reader.readText()
    }

    init(_ text: String) throws { try self.init(text.utf8) }

    subscript(key: String) -> StrictJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    var string: String? { if case .string(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number, _) = self { number } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var array: [StrictJSON]? { if case .array(let values) = self { values } else { nil } }
    var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// The text again, with numbers as they were written.
    func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += "\(value)".utf8
        case .number(_, let text): bytes += text.utf8
        case .string(let text): Self.append(text, to: &bytes)
        case .array(let values):
            bytes += "[".utf8
            for (index, value) in values.enumerated() {
                if index > 0 { bytes += ",".utf8 }
                value.append(to: &bytes)
            }
            bytes += "]".utf8
        case .object(let members):
            bytes += "{".utf8
            for (index, member) in members.enumerated() {
                if index > 0 { bytes += ",".utf8 }
                Self.append(member.key, to: &bytes)
                bytes += ":".utf8
                member.value.append(to: &bytes)
            }
            bytes += "}".utf8
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes += "\"".utf8
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": bytes += "\\\(scalar)".utf8
            case "\u{00}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                bytes += "\\u".utf8
                bytes += String(repeating: "0", count: 4 - digits.count).utf8
                bytes += digits.utf8
            default: bytes += String(scalar).utf8
            }
        }
        bytes += "\"".utf8
    }

    /// Numbers are equal if their doubles are.
    static func == (lhs: StrictJSON, rhs: StrictJSON) -> Bool {
        switch (lhs, rhs) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left, _), .number(let right, _)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)):
            left.count == right.count
                && left.allSatisfy { lhs[$0.key] != nil && rhs[$0.key] == $0.value }
        default: false
        }
    }
}

private struct StrictJSONReader {
    let bytes: [UInt8]
    var index = 0

    mutating func readText() throws -> StrictJSON {
        let value = try self.readValue(depth: 0)
        self.skipBlanks()
        guard self.index == self.bytes.count else { throw self.failure("text after the value") }
        return value
    }

    func failure(_ reason: String) -> StrictJSON.Failure {
        .init(description: "\(reason) at byte \(self.index)")
    }

    mutating func skipBlanks() {
        while self.index < self.bytes.count {
            switch self.bytes[self.index] {
            case 0x20, 0x09, 0x0A, 0x0D: self.index += 1
            default: return
            }
        }
    }

    mutating func take(_ text: StaticString) -> Bool {
        let isNext = text.withUTF8Buffer { text in
            guard self.index + text.count <= self.bytes.count else { return false }
            for offset in 0..<text.count {
                guard unsafe text[offset] == self.bytes[self.index + offset] else { return false }
            }
            return true
        }
        if isNext { self.index += text.utf8CodeUnitCount }
        return isNext
    }

    mutating func readValue(depth: Int) throws -> StrictJSON {
        guard depth < 200 else { throw self.failure("nested too deep") }
        self.skipBlanks()
        guard self.index < self.bytes.count else { throw self.failure("end of text") }
        switch self.bytes[self.index] {
        case UInt8(ascii: "{"): return try self.readObject(depth: depth)
        case UInt8(ascii: "["): return try self.readArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try self.readString())
        default:
            if self.take("true") { return .bool(true) }
            if self.take("false") { return .bool(false) }
            if self.take("null") { return .null }
            return try self.readNumber()
        }
    }

    mutating func readObject(depth: Int) throws -> StrictJSON {
        self.index += 1
        var members: [StrictJSON.Member] = []
        var keys: Set<[UInt8]> = []
        self.skipBlanks()
        if self.take("}") { return .object([]) }
        repeat {
            self.skipBlanks()
            let key = try self.readString()
            guard keys.insert(Array(key.utf8)).inserted else {
                throw self.failure("key \(key) twice")
            }
            self.skipBlanks()
            guard self.take(":") else { throw self.failure("no colon") }
            members.append(.init(key: key, value: try self.readValue(depth: depth + 1)))
            self.skipBlanks()
        } while self.take(",")
        guard self.take("}") else { throw self.failure("no end of object") }
        return .object(members)
    }

    mutating func readArray(depth: Int) throws -> StrictJSON {
        self.index += 1
        var values: [StrictJSON] = []
        self.skipBlanks()
        if self.take("]") { return .array([]) }
        repeat {
            values.append(try self.readValue(depth: depth + 1))
            self.skipBlanks()
        } while self.take(",")
        guard self.take("]") else { throw self.failure("no end of array") }
        return .array(values)
    }

    mutating func readDigits() throws {
        let start = self.index
        while self.index < self.bytes.count, (0x30...0x39).contains(self.bytes[self.index]) {
            self.index += 1
        }
        guard self.index > start else { throw self.failure("no digit") }
    }

    mutating func readNumber() throws -> StrictJSON {
        let start = self.index
        _ = self.take("-")
        if !self.take("0") { try self.readDigits() }
        if self.take(".") { try self.readDigits() }
        if self.take("e") || self.take("E") {
            _ = self.take("+") || self.take("-")
            try self.readDigits()
        }
        let text = String(decoding: self.bytes[start..<self.index], as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            throw self.failure("no finite number: \(text)")
        }
        return .number(number, text: text)
    }

    mutating func readString() throws -> String {
        guard self.take("\"") else { throw self.failure("no string") }
        var text: [UInt8] = []
        while self.index < self.bytes.count {
            let byte = self.bytes[self.index]
            self.index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw self.failure("invalid UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text += String(try self.readEscape()).utf8
            case 0..<0x20: throw self.failure("control character")
            default: text.append(byte)
            }
        }
        throw self.failure("no end of string")
    }

    mutating func readEscape() throws -> Unicode.Scalar {
        guard self.index < self.bytes.count else { throw self.failure("no escape") }
        let byte = self.bytes[self.index]
        let scalar: Unicode.Scalar? =
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(byte)
            case UInt8(ascii: "b"): "\u{08}"
            case UInt8(ascii: "f"): "\u{0C}"
            case UInt8(ascii: "n"): "\n"
            case UInt8(ascii: "r"): "\r"
            case UInt8(ascii: "t"): "\t"
            default: nil
            }
        if let scalar {
            self.index += 1
            return scalar
        }
        guard self.take("u") else { throw self.failure("unknown escape") }
        let high = try self.readUnit()
        guard (0xD800..<0xDC00).contains(high) else {
            guard let scalar = Unicode.Scalar(high) else { throw self.failure("lone surrogate") }
            return scalar
        }
        guard self.take("\\u") else { throw self.failure("lone surrogate") }
        let low = try self.readUnit()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw self.failure("lone surrogate") }
        return scalar
    }

    mutating func readUnit() throws -> UInt32 {
        guard self.index + 4 <= self.bytes.count,
            let unit = UInt32(
                String(decoding: self.bytes[self.index..<(self.index + 4)], as: UTF8.self),
                radix: 16
            )
        else { throw self.failure("no code unit") }
        self.index += 4
        return unit
    }
}
