import TelemetryModel

/// The text of attribute values, the same for tags, fields, properties and bodies.
///
/// | Value      | Text                                                                 |
/// | ---------- | -------------------------------------------------------------------- |
/// | string     | itself                                                               |
/// | bool       | `true`, `false`                                                      |
/// | int        | decimal                                                              |
/// | double     | the shortest decimal that reads back; `inf`, `-inf`, `nan`           |
/// | bytes      | base64 with padding                                                  |
/// | array, map | JSON without blanks, in which bytes and non-finite doubles are texts |
/// | null       | none                                                                 |
extension AttributeValue {
    /// The text, or `nil` for null.
    var mappedText: String? {
        switch self {
        case .string(let text): text
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .double(let value): value.description
        case .bytes(let bytes): Base64.text(of: bytes)
        case .array, .map: self.jsonText
        case .null: nil
        }
    }

    /// Whether the value is "", 0, false, null or an empty container: what counts as absent where
    /// one attribute stands in for another.
    var isVoid: Bool {
        switch self {
        case .string(let text): text.isEmpty
        case .bool(let value): !value
        case .int(let value): value == 0
        case .double(let value): value == 0
        case .bytes(let bytes): bytes.isEmpty
        case .array(let values): values.isEmpty
        case .map(let pairs): pairs.isEmpty
        case .null: true
        }
    }

    private var jsonText: String {
        var writer = JSONWriter()
        writer.value(self, depth: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension JSONWriter {
    /// How deep values may be nested; what lies deeper is written as `null`.
    ///
    /// Without a bound a hostile value could exhaust the stack.
    private static let maximumDepth = 64

    /// Writes a value of any kind as JSON without blanks.
    fileprivate mutating func value(_ value: AttributeValue, depth: Int) {
        guard depth < Self.maximumDepth else { return self.raw("null") }
        switch value {
        case .string(let text): self.string(text, limit: .max)
        case .bool(let value): self.bool(value)
        case .int(let value): self.integer(value)
        case .double(let value) where value.isFinite: self.double(value)
        case .double(let value): self.string(value.description, limit: .max)
        case .bytes(let bytes): self.string(Base64.text(of: bytes), limit: .max)
        case .null: self.raw("null")
        case .array(let values):
            self.raw("[")
            for (index, value) in values.enumerated() {
                if index > 0 { self.raw(",") }
                self.value(value, depth: depth + 1)
            }
            self.raw("]")
        case .map(let pairs):
            self.raw("{")
            for (index, pair) in pairs.enumerated() {
                if index > 0 { self.raw(",") }
                self.string(pair.key, limit: .max)
                self.raw(":")
                self.value(pair.value, depth: depth + 1)
            }
            self.raw("}")
        }
    }
}

/// Bytes as text, four characters for three bytes.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    /// The text of `bytes`, with padding.
    static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            var group = UInt32(bytes[index]) << 16
            if rest > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if rest > 2 { group |= UInt32(bytes[index + 2]) }
            for place in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * place) & 0x3F)
                text.append(place <= rest ? Self.alphabet[digit] : UInt8(ascii: "="))
            }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }
}
