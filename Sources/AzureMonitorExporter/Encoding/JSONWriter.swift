import TelemetryModel

/// Writes JSON by hand, as UTF-8 bytes.
///
/// Structure is written as literal text by whoever knows it; the writer cares for what varies:
/// texts with their limits, numbers, ids, times. Only `"`, `\` and control characters are escaped.
struct JSONWriter: ~Copyable {
    /// Where it is written to.
    var buffer: ByteBuffer

    /// How many texts were cut because they were over their limit.
    var cutTexts = 0

    /// The second that was written last, and its text.
    var lastSecond = SecondText()

    /// Creates a writer on memory of its own.
    init() {
        self.buffer = ByteBuffer()
    }

    /// Creates a writer on memory that was used before.
    init(_ buffer: consuming ByteBuffer) {
        self.buffer = buffer
    }

    /// A copy of what has been written.
    var bytes: [UInt8] { self.buffer.bytes }

    /// How many bytes have been written.
    var count: Int { self.buffer.count }

    /// Writes text that is JSON already.
    @inline(__always)
    mutating func raw(_ text: StaticString) {
        self.buffer.append(text)
    }

    /// Writes bytes that are JSON already.
    @inline(__always)
    mutating func raw(_ bytes: [UInt8]) {
        self.buffer.append(bytes)
    }

    /// Writes `text` between quotation marks, cut to `limit` UTF-16 units.
    mutating func string(_ text: String, limit: Int) {
        self.buffer.append(UInt8(ascii: "\""))
        self.characters(text, limit: limit)
        self.buffer.append(UInt8(ascii: "\""))
    }

    /// Writes `name`, which is `"key":` with a comma before it if need be, and then `text`.
    @inline(__always)
    mutating func field(_ name: StaticString, _ text: String, limit: Int) {
        self.raw(name)
        self.string(text, limit: limit)
    }

    /// Writes a field, or nothing if there is no text.
    @inline(__always)
    mutating func field(_ name: StaticString, _ text: String?, limit: Int) {
        guard let text else { return }
        self.raw(name)
        self.string(text, limit: limit)
    }

    /// Writes `true` or `false`.
    mutating func bool(_ value: Bool) {
        if value { self.raw("true") } else { self.raw("false") }
    }

    /// Writes the characters of `text` as they stand between quotation marks, cut to `limit`
    /// UTF-16 units at a scalar's boundary.
    mutating func characters(_ text: String, limit: Int) {
        let isContiguous: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
            unsafe self.characters($0, limit: limit)
        }
        guard isContiguous == nil else { return }
        // A string that another language's runtime stores; there are none on Linux.
        unsafe Array(text.utf8).withUnsafeBufferPointer { unsafe self.characters($0, limit: limit) }
    }

    @inline(__always)
    private mutating func characters(_ text: UnsafeBufferPointer<UInt8>, limit: Int) {
        var count = text.count
        if count > limit {
            count = unsafe TextLimit.prefix(of: text, limit: limit)
            if count < text.count { self.cutTexts += 1 }
        }
        unsafe self.escape(UnsafeRawBufferPointer(start: text.baseAddress, count: count))
    }

    /// Copies eight bytes at a time while nothing among them needs to be escaped.
    private mutating func escape(_ text: UnsafeRawBufferPointer) {
        guard let base = text.baseAddress else { return }
        let count = text.count
        // Whole words are stored, whose last bytes the next ones replace.
        self.buffer.reserve(count &+ 8)
        var index = 0
        while index &+ 8 <= count {
            let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if Self.mayNeedEscape(word) {
                unsafe self.escape(base + index, count: 8, rest: count &- index)
            } else {
                self.buffer.store(word)
            }
            index &+= 8
        }
        guard index < count else { return }
        let tail = count &- index
        if count >= 8 {
            // The last eight bytes, some of which stand there already as they are.
            let word = unsafe base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            if !Self.mayNeedEscape(word) {
                return self.buffer.store(word, back: 8 &- tail)
            }
        }
        unsafe self.escape(base + index, count: tail, rest: tail)
    }

    /// Copies a few bytes one by one, and sees to it that there is room for the rest.
    private mutating func escape(_ bytes: UnsafeRawPointer, count: Int, rest: Int) {
        for index in 0..<count {
            let byte = unsafe bytes.load(fromByteOffset: index, as: UInt8.self)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                self.escape(byte)
                self.buffer.reserve(rest &+ 8)
            } else {
                self.buffer.store(byte)
            }
        }
    }

    /// Whether one of eight bytes is below 0x20, `"` or `\`.
    ///
    /// The usual test for a zero byte in a word: it may report a byte above a true one as well,
    /// but never one where there is none.
    @inline(__always)
    private static func mayNeedEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let controls = (word &- ones &* 0x20) & ~word
        let found =
            controls | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
        return found & (ones &* 0x80) != 0
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.raw(#"\""#)
        case UInt8(ascii: "\\"): self.raw(#"\\"#)
        case 0x08: self.raw(#"\b"#)
        case 0x09: self.raw(#"\t"#)
        case 0x0A: self.raw(#"\n"#)
        case 0x0C: self.raw(#"\f"#)
        case 0x0D: self.raw(#"\r"#)
        default:
            self.raw(#"\u00"#)
            self.buffer.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            let digit = byte & 0xF
            self.buffer.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
    }
}
