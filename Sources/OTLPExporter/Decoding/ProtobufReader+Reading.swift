import TelemetryModel

// What a field of a type that is not the expected one holds is left out, as if it were unknown:
// that is what readers of Protocol Buffers do.

extension ProtobufReader {
    /// Calls `body` with every field of the message.
    func forEachField(
        _ body: (Field) throws(UnreadableItem) -> Void
    ) throws(UnreadableItem) {
        var reader = self
        while let field = try reader.next() { try body(field) }
    }

    /// The trace id; `nil` if empty or all zeros.
    func traceID() throws(UnreadableItem) -> TraceID? {
        guard self.count > 0 else { return nil }
        guard self.count == 16, let high = self.bigEndian(0), let low = self.bigEndian(1) else {
            throw UnreadableItem(path: "", reason: "expected 16 bytes, found \(self.count)")
        }
        let id = TraceID(high: high, low: low)
        return id.isValid ? id : nil
    }

    /// The span id; `nil` if empty or all zeros.
    func spanID() throws(UnreadableItem) -> SpanID? {
        guard self.count > 0 else { return nil }
        guard self.count == 8, let value = self.bigEndian(0) else {
            throw UnreadableItem(path: "", reason: "expected 8 bytes, found \(self.count)")
        }
        let id = SpanID(rawValue: value)
        return id.isValid ? id : nil
    }
}

extension ProtobufReader.Value {
    /// Appends what one occurrence of a repeated number of eight bytes holds, packed or not.
    func appendFixed64s(to numbers: inout [UInt64]) throws(UnreadableItem) {
        switch self {
        case .fixed64(let value):
            numbers.append(value)
        case .bytes(var packed):
            // Only once: to make room for a few more again and again is to copy all of them each time.
            if numbers.isEmpty { numbers.reserveCapacity(packed.count / 8) }
            while let value = try packed.nextFixed64() { numbers.append(value) }
        default:
            break
        }
    }

    /// Appends what one occurrence of a repeated varint holds, packed or not.
    func appendVarints(to numbers: inout [UInt64]) throws(UnreadableItem) {
        switch self {
        case .varint(let value):
            numbers.append(value)
        case .bytes(var packed):
            while let value = try packed.nextVarint() { numbers.append(value) }
        default:
            break
        }
    }
}

extension Timestamp {
    init(protobuf value: UInt64) {
        self.init(nanosecondsSinceEpoch: value)
    }
}

extension Int {
    /// An unsigned 32-bit integer, cut as readers of Protocol Buffers cut.
    init(protobufCount value: UInt64) {
        self.init(UInt32(truncatingIfNeeded: value))
    }
}

extension Int32 {
    /// A signed integer that was written by zigzag.
    init(protobufSigned value: UInt64) {
        let bits = UInt32(truncatingIfNeeded: value)
        self.init(bitPattern: bits >> 1 ^ (0 &- (bits & 1)))
    }
}
