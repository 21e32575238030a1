/// Protocol Buffers by hand, as simple as can be.
enum Wire {
    static func varint(_ value: UInt64) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + Self.varint(value >> 7)
    }

    static func varint(_ field: UInt64, _ value: UInt64) -> [UInt8] {
        Self.varint(field << 3) + Self.varint(value)
    }

    static func fixed64(_ field: UInt64, _ value: UInt64) -> [UInt8] {
        Self.varint(field << 3 | 1) + (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    static func fixed32(_ field: UInt64, _ value: UInt32) -> [UInt8] {
        Self.varint(field << 3 | 5) + (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    static func bytes(_ field: UInt64, _ bytes: [UInt8]...) -> [UInt8] {
        let content = bytes.flatMap { $0 }
        return Self.varint(field << 3 | 2) + Self.varint(UInt64(content.count)) + content
    }

    static func text(_ field: UInt64, _ text: String) -> [UInt8] {
        Self.bytes(field, Array(text.utf8))
    }

    /// A request of one resource and one scope.
    static func request(_ items: [UInt8]...) -> [UInt8] {
        Self.bytes(1, Self.bytes(2, items.flatMap { $0 }))
    }
}
