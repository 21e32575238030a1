/// Reads the fields of one message, front to back, whatever bytes there are.
///
/// - SeeAlso: [Protocol Buffers, Encoding](https://protobuf.dev/programming-guides/encoding/)
struct ProtobufReader {
    /// One field; of a repeated one, one occurrence.
    struct Field {
        var number: UInt32
        var value: Value
    }

    /// The value of a field, as far as the wire says what it is.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// A text, bytes, a message, or packed numbers.
        case bytes(ProtobufReader)
        /// A group, which no message of ours has; it has been skipped.
        case group
    }

    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    /// Creates a reader of a message.
    init(_ bytes: [UInt8]) {
        self.init(bytes, 0..<bytes.count)
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        self.position = range.lowerBound
        self.end = range.upperBound
    }

    /// How many bytes are left.
    var count: Int { self.end - self.position }

    /// The next field; `nil` at the end of the message.
    mutating func next() throws(UnreadableItem) -> Field? {
        guard self.position < self.end else { return nil }
        let (number, type) = try self.tag()
        let value: Value
        switch type {
        case 0: value = .varint(try self.varint())
        case 1: value = .fixed64(try self.fixed64())
        case 2: value = .bytes(try self.message())
        case 3:
            try self.skipGroup()
            value = .group
        case 5: value = .fixed32(try self.fixed32())
        default: throw UnreadableItem(path: "", reason: "a field has no type that there is")
        }
        return Field(number: number, value: value)
    }

    // MARK: Content

    /// What is left, as text; invalid UTF-8 becomes U+FFFD.
    var text: String { String(decoding: self.bytes[self.position..<self.end], as: UTF8.self) }

    /// What is left.
    var content: [UInt8] { Array(self.bytes[self.position..<self.end]) }

    /// What is left as a big-endian number; `nil` unless it has as many bytes.
    func bigEndian(_ index: Int) -> UInt64? {
        let start = self.position + 8 * index
        guard index >= 0, start + 8 <= self.end else { return nil }
        return self.bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The next packed varint; `nil` at the end.
    mutating func nextVarint() throws(UnreadableItem) -> UInt64? {
        self.position < self.end ? try self.varint() : nil
    }

    /// The next packed number of eight bytes; `nil` at the end.
    mutating func nextFixed64() throws(UnreadableItem) -> UInt64? {
        self.position < self.end ? try self.fixed64() : nil
    }

    // MARK: The wire

    private static let tooShort = UnreadableItem(path: "", reason: "the bytes end too early")

    private mutating func tag() throws(UnreadableItem) -> (number: UInt32, type: UInt8) {
        let tag = try self.varint()
        guard let narrow = UInt32(exactly: tag), narrow >= 8 else {
            throw UnreadableItem(path: "", reason: "a field has no number that there is")
        }
        return (narrow >> 3, UInt8(narrow & 7))
    }

    private mutating func varint() throws(UnreadableItem) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while self.position < self.end {
            let byte = self.bytes[self.position]
            self.position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 70 else {
                throw UnreadableItem(path: "", reason: "a number has more than ten bytes")
            }
        }
        throw Self.tooShort
    }

    private mutating func fixed64() throws(UnreadableItem) -> UInt64 {
        let low = UInt64(try self.fixed32())
        return low | UInt64(try self.fixed32()) << 32
    }

    private mutating func fixed32() throws(UnreadableItem) -> UInt32 {
        guard self.count >= 4 else { throw Self.tooShort }
        var value: UInt32 = 0
        for index in 0..<4 {
            value |= UInt32(self.bytes[self.position + index]) << UInt32(8 * index)
        }
        self.position += 4
        return value
    }

    private mutating func message() throws(UnreadableItem) -> ProtobufReader {
        let length = try self.varint()
        guard length <= UInt64(self.count) else { throw Self.tooShort }
        let start = self.position
        self.position += Int(length)
        return ProtobufReader(self.bytes, start..<self.position)
    }

    /// Skips to the end of a group and of all groups inside it.
    private mutating func skipGroup() throws(UnreadableItem) {
        var depth = 1
        while depth > 0 {
            switch try self.tag().type {
            case 0: _ = try self.varint()
            case 1: _ = try self.fixed64()
            case 2: _ = try self.message()
            case 3: depth += 1
            case 4: depth -= 1
            case 5: _ = try self.fixed32()
            default: throw UnreadableItem(path: "", reason: "a field has no type that there is")
            }
        }
    }
}
