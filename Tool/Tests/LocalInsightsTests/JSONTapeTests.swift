import Testing

@testable import LocalInsights

@Suite struct JSONTapeTests {
    private func read(_ bytes: [UInt8]) throws -> JSONTape {
        var tape = JSONTape(bytes)
        let value = try tape.readValue(at: 0, upTo: bytes.count)
        let end = tape.skippingBlanks(from: value.end, upTo: bytes.count)
        guard end == bytes.count else {
            throw JSONTape.SyntaxError(message: "goes on", offset: end)
        }
        return tape
    }

    @Test(arguments: [
        "{", "[", "\"", "nul", "tru", "-", "01x", "1.", "1e", "+1", ".5", "[1,]", "[1 2]",
        "{\"a\"}",
        "{\"a\":}", "{\"a\":1,}", "{a:1}", "\"\\x\"", "\"\\u12g4\"", "\"\\u12\"", "\"\u{1}\"",
        "[1}", "{\"a\":1]", "NaN", "Infinity", "'a'", "\"\\", "[\"a\":1]", "//\n1", "",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: (any Error).self) { try self.read(Array(text.utf8)) }
    }

    @Test func `nesting has a limit and needs no stack`() throws {
        let depth = JSONTape.maximumDepth
        let deepest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        _ = try self.read(Array(deepest.utf8))
        for opening in ["[", "{\"a\":", "[{\"a\":"] {
            let hostile = String(repeating: opening, count: 200_000)
            #expect(throws: JSONTape.SyntaxError.self) { try self.read(Array(hostile.utf8)) }
        }
    }

    @Test(arguments: [
        (#""plain""#, "plain"), (#""a\n\t\"\\\/\b\f\r""#, "a\n\t\"\\/\u{8}\u{C}\r"),
        (#""\u00e4\u20AC""#, "ä€"), (#""\ud83d\ude00""#, "😀"), (#""\ud800""#, "\u{FFFD}"),
        (#""\ud800x""#, "\u{FFFD}x"), (#""\udc00\ud800""#, "\u{FFFD}\u{FFFD}"),
        (#""\ud800\ud83d\ude00""#, "\u{FFFD}😀"), (#""\u0000""#, "\u{0}"), (#""ü€😀""#, "ü€😀"),
    ])
    func `strings are unescaped to valid Unicode`(json: String, expected: String) throws {
        #expect(try self.read(Array(json.utf8)).text(0) == expected)
    }

    @Test func `bytes that are not UTF-8 are replaced`() throws {
        let tape = try self.read([0x22, 0x61, 0xFF, 0xC3, 0x28, 0xED, 0xA0, 0x80, 0x22])
        var output: [UInt8] = []
        tape.appendQuoted(0, to: &output)
        let text = try #require(String(validating: output, as: UTF8.self))
        #expect(text.hasPrefix("\"a\u{FFFD}"))
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min), ("9223372036854775808", nil), ("1.0", 1),
            ("1.5", nil), ("1e3", 1000), ("1e999", nil), ("12345678901234567890123", nil),
        ] as [(String, Int64?)]
    )
    func `integers are exact or none`(json: String, expected: Int64?) throws {
        #expect(try self.read(Array(json.utf8)).integer(0) == expected)
    }

    @Test(
        arguments: [
            ("0.1", 0.1), ("-1.5e-3", -0.0015), ("9007199254740993", 9_007_199_254_740_992),
            ("5e-324", Double.leastNonzeroMagnitude), ("1e999", nil), ("1e-999", 0),
            ("123456789012345678901", 1.2345678901234568e20),
        ] as [(String, Double?)]
    )
    func `doubles are exact or none`(json: String, expected: Double?) throws {
        #expect(try self.read(Array(json.utf8)).double(0) == expected)
    }

    @Test func `the last of equal keys counts, however it is written`() throws {
        let tape = try self.read(Array(#"{"a":1,"b":2,"\u0061":3}"#.utf8))
        #expect(tape.member("a", of: 0).flatMap { tape.integer($0) } == 3)
    }

    @Test func `values are written back without blanks`() throws {
        let tape = try self.read(
            Array(#" { "a" : [ 1 , {"b":"\ud800"} , [] , {} , null ] } "#.utf8)
        )
        var output: [UInt8] = []
        tape.appendValue(0, to: &output)
        #expect(
            String(decoding: output, as: UTF8.self)
                == "{\"a\":[1,{\"b\":\"\u{FFFD}\"},[],{},null]}"
        )
    }

    @Test func `a failure leaves the nodes from before`() throws {
        let bytes = Array("[1] [1,".utf8)
        var tape = JSONTape(bytes)
        let value = try tape.readValue(at: 0, upTo: bytes.count)
        let count = tape.nodes.count
        #expect(throws: JSONTape.SyntaxError.self) {
            try tape.readValue(at: value.end, upTo: bytes.count)
        }
        #expect(tape.nodes.count == count)
    }
}
