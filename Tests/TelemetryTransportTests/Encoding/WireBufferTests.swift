import Testing

@testable import TelemetryTransport

/// What both exporters write with, where the tests of their own texts do not look.
@Suite struct WireBufferTests {
    private func text(_ write: (inout WireBuffer) -> Void) -> String {
        var buffer = WireBuffer(capacity: 0)
        write(&buffer)
        return String(decoding: buffer.copy(), as: UTF8.self)
    }

    @Test(
        "what is written stays when the memory grows",
        arguments: [0, 1, 63, 64, 65, 127, 128, 129, 5000]
    )
    func growth(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        var buffer = WireBuffer(capacity: 0)
        for byte in bytes { buffer.append(byte) }
        buffer.append(bytes)
        #expect(buffer.count == 2 * count)
        #expect(buffer.copy() == bytes + bytes)
        #expect(buffer.copy(from: count) == bytes)
        #expect(buffer.last == bytes.last ?? 0)
    }

    @Test("what lies behind a place moves to both sides", arguments: [-3, -1, 0, 1, 200])
    func moving(distance: Int) {
        var buffer = WireBuffer(capacity: 64)
        let bytes = (0..<60).map { UInt8($0) }
        buffer.append(bytes)
        buffer.move(from: 10, by: distance)
        #expect(buffer.count == 60 + distance)
        #expect(buffer.copy(from: 10 + distance) == Array(bytes[10...]))
        #expect(Array(buffer.copy().prefix(7)) == Array(bytes.prefix(7)))
    }

    @Test("what is forgotten is gone, and too much memory is given back")
    func forgetting() {
        var buffer = WireBuffer(capacity: 0)
        buffer.append([UInt8](repeating: 1, count: 1000))
        buffer.truncate(to: 3)
        #expect(buffer.copy() == [1, 1, 1])
        buffer.reset(keeping: 2000)
        #expect(buffer.count == 0)
        #expect(buffer.capacity >= 1000)
        buffer.reset(keeping: 100)
        #expect(buffer.capacity == 256)
    }

    @Test(
        "integers have all their digits",
        arguments: [0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 99_999, .max] as [UInt64]
    )
    func decimals(value: UInt64) {
        #expect(self.text { $0.append(decimal: value) } == String(value))
        let negative = -Int64(clamping: value)
        #expect(self.text { $0.append(decimal: negative) } == String(negative))
    }

    @Test("the least integer has a sign")
    func least() {
        #expect(self.text { $0.append(decimal: Int64.min) } == "-9223372036854775808")
    }

    @Test("hexadecimal digits are sixteen, and small letters")
    func hexadecimal() {
        #expect(self.text { $0.append(hex: 0xFEDC_BA98_7654_3210) } == "fedcba9876543210")
        #expect(self.text { $0.append(hex: 0xA) } == "000000000000000a")
    }

    @Test(
        "base64 is padded",
        arguments: [
            ([], ""), ([0], "AA=="), ([0xFB, 0xFF], "+/8="), ([1, 2, 3], "AQID"),
            ([255, 255, 255, 255], "/////w=="),
        ] as [([UInt8], String)]
    )
    func base64(bytes: [UInt8], expected: String) {
        #expect(self.text { $0.append(base64: bytes) } == expected)
    }

    @Test("a quoted text escapes what must be escaped and nothing else")
    func quoting() {
        #expect(
            self.text { $0.append(quoting: "a\"b\\c\u{0}\u{1F}\u{7F}\u{8}\u{C}\n\r\t/é😀\u{2028}") }
                == "\"a\\\"b\\\\c\\u0000\\u001f\u{7F}\\b\\f\\n\\r\\t/é😀\u{2028}\""
        )
        #expect(self.text { $0.append(quoting: "") } == #""""#)
    }

    @Test("a workspace that was given back is lent again, empty")
    func lending() {
        let workspaces = EncodingWorkspaces(keeping: 1 << 10)
        let first = workspaces.take()
        first.buffer.append("something")
        workspaces.giveBack(first)
        let again = workspaces.take()
        #expect(again === first)
        #expect(again.buffer.count == 0)
        #expect(workspaces.take() !== first)
    }
}
