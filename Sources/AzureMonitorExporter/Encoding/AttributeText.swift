import TelemetryModel
import TelemetryTransport

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
        case .bytes(let bytes): Self.base64(bytes)
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

    private static func base64(_ bytes: [UInt8]) -> String {
        var buffer = WireBuffer(capacity: (bytes.count + 2) / 3 * 4)
        buffer.append(base64: bytes)
        return String(decoding: buffer.copy(), as: UTF8.self)
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
        case .bytes(let bytes):
            self.raw("\"")
            self.buffer.append(base64: bytes)
            self.raw("\"")
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
