import TelemetryModel
import TelemetryTransport

/// Writes JSON by hand, as UTF-8 bytes.
///
/// Structure is written as literal text by whoever knows it; the writer cares for what varies:
/// texts with their limits, numbers, ids, times.
struct JSONWriter: ~Copyable {
    /// Where it is written to.
    var buffer = WireBuffer()

    /// How many texts were cut because they were over their limit.
    var cutTexts = 0

    /// The second that was written last, and its text.
    var lastSecond = SecondText()

    /// A copy of what has been written.
    var bytes: [UInt8] { self.buffer.copy() }

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
        unsafe WireBuffer.withUTF8(of: text) { unsafe self.characters($0, limit: limit) }
    }

    @inline(__always)
    private mutating func characters(_ text: UnsafeRawBufferPointer, limit: Int) {
        var count = text.count
        if count > limit {
            count = unsafe TextLimit.prefix(of: text, limit: limit)
            if count < text.count { self.cutTexts += 1 }
        }
        unsafe self.buffer.append(
            escaping: UnsafeRawBufferPointer(start: text.baseAddress, count: count)
        )
    }
}
