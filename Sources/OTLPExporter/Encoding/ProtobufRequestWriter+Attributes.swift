import TelemetryModel
import TelemetryTransport

extension ProtobufRequestWriter {
    /// Writes pairs, each as an element of the repeated field.
    @inline(__always)
    mutating func attributes(_ field: UInt32, _ attributes: Attributes) {
        for attribute in attributes {
            self.pair(field, attribute, depth: 0)
        }
    }

    /// Writes a `KeyValue`: key = 1, value = 2.
    @inline(__always)
    private mutating func pair(_ field: UInt32, _ pair: Attributes.Element, depth: Int) {
        guard let valueSize = Self.size(of: pair.value) else {
            let start = self.open(field, reserving: 1)
            self.text(1, pair.key)
            self.nested(2, pair.value, depth: depth)
            self.close(start, reserved: 1)
            return
        }
        let key = pair.key.utf8.count
        // Two tags and two lengths; a proto3 text that is empty is left out.
        let size =
            (key == 0 ? 0 : 1 + UInt64(key).varintSize + key)
            + 1 + UInt64(valueSize).varintSize + valueSize
        self.begin(field, length: size)
        self.text(1, pair.key)
        self.begin(2, length: valueSize)
        self.simple(pair.value)
    }

    /// Writes an `AnyValue`.
    mutating func value(_ field: UInt32, _ value: AttributeValue, depth: Int = 0) {
        guard let size = Self.size(of: value) else {
            self.nested(field, value, depth: depth)
            return
        }
        self.begin(field, length: size)
        self.simple(value)
    }

    /// How many bytes the content of an `AnyValue` takes; `nil` if it holds others.
    @inline(__always)
    private static func size(of value: AttributeValue) -> Int? {
        switch value {
        case .string(let text): 1 + UInt64(text.utf8.count).varintSize + text.utf8.count
        case .bool: 2
        case .int(let value): 1 + UInt64(bitPattern: value).varintSize
        case .double: 9
        case .bytes(let bytes): 1 + UInt64(bytes.count).varintSize + bytes.count
        case .null: 0
        case .array, .map: nil
        }
    }

    /// Writes the content of an `AnyValue` that holds no others.
    ///
    /// string_value = 1, bool_value = 2, int_value = 3, double_value = 4, bytes_value = 7; each is
    /// written even if it is its type's default, or the value would be null.
    @inline(__always)
    private mutating func simple(_ value: AttributeValue) {
        switch value {
        case .string(let text): self.member(1, text)
        case .bool(let value): self.member(2, varint: value ? 1 : 0)
        case .int(let value): self.member(3, varint: UInt64(bitPattern: value))
        case .double(let value): self.member(4, bits: value.bitPattern)
        case .bytes(let bytes):
            self.begin(7, length: bytes.count)
            self.bytes.append(bytes)
        case .null, .array, .map: break
        }
    }

    /// Writes an `AnyValue` that holds others: array_value = 5, kvlist_value = 6; in both, values
    /// = 1.
    private mutating func nested(_ field: UInt32, _ value: AttributeValue, depth: Int) {
        let start = self.open(field, reserving: 1)
        if depth < maximumValueDepth {
            switch value {
            case .array(let values):
                let list = self.open(5, reserving: 1)
                for value in values { self.value(1, value, depth: depth + 1) }
                self.close(list, reserved: 1)
            case .map(let pairs):
                let list = self.open(6, reserving: 1)
                for pair in pairs { self.pair(1, pair, depth: depth + 1) }
                self.close(list, reserved: 1)
            default:
                break
            }
        } else {
            self.cutValues += 1
        }
        self.close(start, reserved: 1)
    }
}
