import TelemetryModel
import TelemetryTransport

// How the JSON encoding of Protocol Buffers writes its scalar types. An absent member and `null`
// both stand for the default.
//
// - SeeAlso: https://protobuf.dev/programming-guides/json/

extension JSONValue {
    func asObject() throws(UnreadableItem) -> JSONObject {
        guard case .object(let object) = self else { throw self.unexpected("an object") }
        return object
    }

    func asString() throws(UnreadableItem) -> String {
        guard case .string(let text) = self else { throw self.unexpected("text") }
        return text
    }

    func asInt64() throws(UnreadableItem) -> Int64 {
        switch self {
        case .string(let text):
            if let value = Int64(text) { return value }
            if let value = Self.number(in: text)?.int64Value { return value }
            throw UnreadableItem(path: "", reason: "expected a 64-bit integer")
        case .number(let number):
            if let value = number.int64Value { return value }
            throw UnreadableItem(path: "", reason: "expected a 64-bit integer")
        default:
            throw self.unexpected("a 64-bit integer as text or number")
        }
    }

    func asUInt64() throws(UnreadableItem) -> UInt64 {
        switch self {
        case .string(let text):
            if let value = UInt64(text) { return value }
            if let value = Self.number(in: text)?.uint64Value { return value }
            throw UnreadableItem(path: "", reason: "expected an unsigned 64-bit integer")
        case .number(let number):
            if let value = number.uint64Value { return value }
            throw UnreadableItem(path: "", reason: "expected an unsigned 64-bit integer")
        default:
            throw self.unexpected("an unsigned 64-bit integer as text or number")
        }
    }

    func asDouble() throws(UnreadableItem) -> Double {
        switch self {
        case .number(let number):
            return number.doubleValue
        case .string("NaN"):
            return .nan
        case .string("Infinity"):
            return .infinity
        case .string("-Infinity"):
            return -.infinity
        case .string(let text):
            if let value = Self.number(in: text)?.doubleValue { return value }
            throw UnreadableItem(path: "", reason: "expected a number")
        default:
            throw self.unexpected("a number")
        }
    }

    func unexpected(_ expected: String) -> UnreadableItem {
        UnreadableItem(path: "", reason: "expected \(expected), found \(self.kindDescription)")
    }

    private static func number(in text: String) -> JSONNumber? {
        guard text.utf8.count < 400 else { return nil }
        return (try? JSONValue(parsing: Array(text.utf8)))?.numberValue
    }
}

extension JSONObject {
    /// The member called `key`, unless it is absent or `null`.
    private func present(_ key: String) -> JSONValue? {
        let value = self[key]
        return value == .null ? nil : value
    }

    func object(_ key: String) throws(UnreadableItem) -> JSONObject? {
        guard let value = self.present(key) else { return nil }
        return try at(key) { () throws(UnreadableItem) in try value.asObject() }
    }

    func array(_ key: String) throws(UnreadableItem) -> [JSONValue] {
        switch self.present(key) {
        case nil: return []
        case .array(let elements): return elements
        case .some(let value): throw value.unexpected("an array").inside(key)
        }
    }

    func string(_ key: String) throws(UnreadableItem) -> String? {
        guard let value = self.present(key) else { return nil }
        return try at(key) { () throws(UnreadableItem) in try value.asString() }
    }

    func nonEmptyString(_ key: String) throws(UnreadableItem) -> String? {
        guard let text = try self.string(key), !text.isEmpty else { return nil }
        return text
    }

    func bool(_ key: String) throws(UnreadableItem) -> Bool {
        switch self.present(key) {
        case nil: return false
        case .bool(let value): return value
        case .some(let value): throw value.unexpected("true or false").inside(key)
        }
    }

    func uint64(_ key: String) throws(UnreadableItem) -> UInt64 {
        guard let value = self.present(key) else { return 0 }
        return try at(key) { () throws(UnreadableItem) in try value.asUInt64() }
    }

    func uint32(_ key: String) throws(UnreadableItem) -> UInt32 {
        guard let value = UInt32(exactly: try self.uint64(key)) else {
            throw UnreadableItem(path: key, reason: "expected an unsigned 32-bit integer")
        }
        return value
    }

    func int32(_ key: String) throws(UnreadableItem) -> Int32 {
        guard let value = self.present(key) else { return 0 }
        let wide = try at(key) { () throws(UnreadableItem) in try value.asInt64() }
        guard let narrow = Int32(exactly: wide) else {
            throw UnreadableItem(path: key, reason: "expected a 32-bit integer")
        }
        return narrow
    }

    func double(_ key: String) throws(UnreadableItem) -> Double? {
        guard let value = self.present(key) else { return nil }
        return try at(key) { () throws(UnreadableItem) in try value.asDouble() }
    }

    func uint64s(_ key: String) throws(UnreadableItem) -> [UInt64] {
        var result: [UInt64] = []
        for (index, value) in try self.array(key).enumerated() {
            result.append(
                try at("\(key)[\(index)]") { () throws(UnreadableItem) in try value.asUInt64() }
            )
        }
        return result
    }

    func doubles(_ key: String) throws(UnreadableItem) -> [Double] {
        var result: [Double] = []
        for (index, value) in try self.array(key).enumerated() {
            result.append(
                try at("\(key)[\(index)]") { () throws(UnreadableItem) in try value.asDouble() }
            )
        }
        return result
    }

    func timestamp(_ key: String) throws(UnreadableItem) -> Timestamp {
        Timestamp(nanosecondsSinceEpoch: try self.uint64(key))
    }

    /// The number of an enumeration's value, which may also be given by name; 0 if absent.
    ///
    /// An unknown name is 0, the value that every enumeration of the protocol keeps for unknown.
    func enumeration(_ key: String, names: [String]) throws(UnreadableItem) -> Int64 {
        guard let value = self.present(key) else { return 0 }
        if case .string(let text) = value, Int64(text) == nil {
            return Int64(names.firstIndex(of: text) ?? 0)
        }
        return try at(key) { () throws(UnreadableItem) in try value.asInt64() }
    }

    /// The trace id; `nil` if absent, empty or all zeros.
    func traceID(_ key: String) throws(UnreadableItem) -> TraceID? {
        guard let text = try self.nonEmptyString(key) else { return nil }
        guard let id = TraceID(hex: text) else {
            throw UnreadableItem(path: key, reason: "expected 32 hex digits")
        }
        return id.isValid ? id : nil
    }

    /// The span id; `nil` if absent, empty or all zeros.
    func spanID(_ key: String) throws(UnreadableItem) -> SpanID? {
        guard let text = try self.nonEmptyString(key) else { return nil }
        guard let id = SpanID(hex: text) else {
            throw UnreadableItem(path: key, reason: "expected 16 hex digits")
        }
        return id.isValid ? id : nil
    }

    func requiredTraceID(_ key: String) throws(UnreadableItem) -> TraceID {
        guard let id = try self.traceID(key) else {
            throw UnreadableItem(path: key, reason: "expected 32 hex digits, not all zeros")
        }
        return id
    }

    func requiredSpanID(_ key: String) throws(UnreadableItem) -> SpanID {
        guard let id = try self.spanID(key) else {
            throw UnreadableItem(path: key, reason: "expected 16 hex digits, not all zeros")
        }
        return id
    }
}
