/// Writes messages of Protocol Buffers by hand, so that nothing of what is tested is needed to.
struct ProtobufText {
    private(set) var bytes: [UInt8] = []

    init(_ write: (inout ProtobufText) -> Void = { _ in }) {
        write(&self)
    }

    mutating func varint(_ field: Int, _ value: UInt64) {
        self.append(UInt64(field << 3))
        self.append(value)
    }

    mutating func fixed64(_ field: Int, _ value: UInt64) {
        self.append(UInt64(field << 3 | 1))
        for shift in 0..<8 { self.bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
    }

    mutating func double(_ field: Int, _ value: Double) {
        self.fixed64(field, value.bitPattern)
    }

    mutating func fixed32(_ field: Int, _ value: UInt32) {
        self.append(UInt64(field << 3 | 5))
        for shift in 0..<4 { self.bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
    }

    mutating func bytes(_ field: Int, _ value: [UInt8]) {
        self.append(UInt64(field << 3 | 2))
        self.append(UInt64(value.count))
        self.bytes += value
    }

    mutating func string(_ field: Int, _ value: String) {
        self.bytes(field, Array(value.utf8))
    }

    mutating func message(_ field: Int, _ write: (inout ProtobufText) -> Void) {
        self.bytes(field, ProtobufText(write).bytes)
    }

    /// A `KeyValue` whose value is text.
    mutating func attribute(_ field: Int, _ key: String, _ value: String) {
        self.message(field) {
            $0.string(1, key)
            $0.message(2) { $0.string(1, value) }
        }
    }

    private mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
