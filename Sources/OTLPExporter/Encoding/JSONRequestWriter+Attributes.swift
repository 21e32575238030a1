import TelemetryModel
import TelemetryTransport

extension JSONRequestWriter {
    /// Writes the member `attributes`, unless there are none.
    mutating func attributes(_ attributes: Attributes) {
        guard !attributes.isEmpty else { return }
        self.key(#""attributes":["#)
        self.pairs(attributes, depth: 0)
        self.bytes.append("]")
    }

    private mutating func pairs(_ pairs: Attributes, depth: Int) {
        for pair in pairs {
            self.separate()
            self.bytes.append(#"{"key":"#)
            self.bytes.append(quoting: pair.key)
            self.bytes.append(#","value":"#)
            self.value(pair.value, depth: depth)
            self.bytes.append("}")
        }
    }

    /// Writes an `AnyValue`: an object of one member that says the type; none is null.
    mutating func value(_ value: AttributeValue, depth: Int = 0) {
        switch value {
        case .string(let text):
            self.bytes.append(#"{"stringValue":"#)
            self.bytes.append(quoting: text)
            self.bytes.append("}")
        case .bool(true):
            self.bytes.append(#"{"boolValue":true}"#)
        case .bool(false):
            self.bytes.append(#"{"boolValue":false}"#)
        case .int(let value):
            self.bytes.append(#"{"intValue":""#)
            self.bytes.append(decimal: value)
            self.bytes.append(#""}"#)
        case .double(let value):
            self.bytes.append(#"{"doubleValue":"#)
            self.double(value)
            self.bytes.append("}")
        case .bytes(let bytes):
            self.bytes.append(#"{"bytesValue":""#)
            self.bytes.append(base64: bytes)
            self.bytes.append(#""}"#)
        case .null:
            self.bytes.append("{}")
        case .array, .map:
            self.nested(value, depth: depth)
        }
    }

    private mutating func nested(_ value: AttributeValue, depth: Int) {
        guard depth < maximumValueDepth else {
            self.cutValues += 1
            self.bytes.append("{}")
            return
        }
        switch value {
        case .array(let values):
            self.bytes.append(#"{"arrayValue":{"values":["#)
            for value in values {
                self.separate()
                self.value(value, depth: depth + 1)
            }
            self.bytes.append("]}}")
        case .map(let pairs):
            self.bytes.append(#"{"kvlistValue":{"values":["#)
            self.pairs(pairs, depth: depth + 1)
            self.bytes.append("]}}")
        default:
            break
        }
    }
}
