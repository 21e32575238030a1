import TelemetryTransport
import Testing

@Suite struct JSONValueTests {
    @Test(arguments: [
        ("null", JSONValue.null),
        (" true ", .bool(true)),
        ("\t\r\nfalse", .bool(false)),
        ("0", .number(JSONNumber(UInt64(0)))),
        ("-1", .number(JSONNumber(Int64(-1)))),
        ("18446744073709551615", .number(JSONNumber(UInt64.max))),
        ("-9223372036854775808", .number(JSONNumber(Int64.min))),
        ("18446744073709551616", .number(JSONNumber(18446744073709551616.0))),
        ("1.5e3", .number(JSONNumber(1500.0))),
        ("1e400", .number(JSONNumber(Double.infinity))),
        (#""""#, .string("")),
        (#""a\"\\\/\b\f\n\r\tb""#, .string("a\"\\/\u{8}\u{c}\n\r\tb")),
        (#""\u00e9\ud83d\ude00é😀""#, .string("é😀é😀")),
        (#""\u0000""#, .string("\0")),
        ("[]", .array([])),
        (
            "[1, [2], {}]",
            .array([
                .number(JSONNumber(UInt64(1))),
                .array([.number(JSONNumber(UInt64(2)))]), .object(JSONObject()),
            ])
        ),
        ("\u{FEFF}null", .null),
    ])
    func aTextIsReadAsItsValue(text: String, expected: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        (#""\ud800""#, "\u{FFFD}"),
        (#""\udc00x""#, "\u{FFFD}x"),
        (#""\ud800\ud800\udc00""#, "\u{FFFD}\u{10000}"),
        (#""\ud800\n""#, "\u{FFFD}\n"),
        (#""\ud800\u0041""#, "\u{FFFD}A"),
    ])
    func aLoneSurrogateBecomesTheReplacementCharacter(text: String, expected: String) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == .string(expected))
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xC0, 0x80, 0x22],
        ] as [[UInt8]]
    )
    func invalidUTF8IsReplacedNotRefused(bytes: [UInt8]) throws {
        let text = try #require(try JSONValue(parsing: bytes).stringValue)
        #expect(text.unicodeScalars.contains("\u{FFFD}"))
    }

    @Test(arguments: [
        ("", "line 1, column 1: unexpected end of the text"),
        ("[1,]", "line 1, column 4: expected a value"),
        ("{\n  \"a\" 1}", "line 2, column 7: expected ':'"),
        ("{\"a\": 1,}", "line 1, column 9: expected a key in quotation marks"),
        ("{a: 1}", "line 1, column 2: expected a key in quotation marks"),
        ("[1 2]", "line 1, column 4: expected ',' or ']'"),
        ("\"é\u{1}\"", "line 1, column 3: a control character in text must be escaped"),
        ("[\"abc", "line 1, column 2: text without a closing quotation mark"),
        ("[\"a\\n", "line 1, column 2: text without a closing quotation mark"),
        (#""\x""#, "line 1, column 2: unknown escape sequence"),
        (#""\u12"#, #"line 1, column 2: expected four hexadecimal digits after '\u'"#),
        ("01", "line 1, column 1: a number must not begin with 0"),
        ("-", "line 1, column 2: expected a digit"),
        ("1.", "line 1, column 3: expected a digit"),
        ("1e+", "line 1, column 4: expected a digit"),
        ("NaN", "line 1, column 1: expected a value"),
        ("nul", "line 1, column 1: expected a value"),
        ("{} {}", "line 1, column 4: unexpected text after the end of the value"),
    ])
    func whatIsNotJSONIsRefusedWithItsPlace(text: String, message: String) {
        let error = #expect(throws: JSONError.self) {
            try JSONValue(parsing: Array(text.utf8))
        }
        #expect(error?.description == message)
    }

    @Test func nestingIsLimitedWithoutOverflowingTheStack() throws {
        let open = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: open) }
        #expect(error?.column == 257)
        let flat = [UInt8]("[[]]".utf8)
        #expect(throws: Never.self) { try JSONValue(parsing: flat, maximumDepth: 2) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: flat, maximumDepth: 1) }
    }

    @Test func theLastOfEqualKeysIsFoundAndTheOrderKept() throws {
        let value = try JSONValue(parsing: Array(#"{"a":1,"b":2,"a":3}"#.utf8))
        let object = try #require(value.objectValue)
        #expect(object.members.map(\.key) == ["a", "b", "a"])
        #expect(object["a"]?.numberValue?.int64Value == 3)
        #expect(object["c"] == nil)
    }

    @Test(
        arguments: [
            ("1.0", 1, 1), ("1e3", 1000, 1000), ("-1", -1, nil), ("0.5", nil, nil),
            ("9223372036854775808", nil, 9_223_372_036_854_775_808), ("1e300", nil, nil),
        ] as [(String, Int64?, UInt64?)]
    )
    func integersAreExactOrNotAtAll(text: String, signed: Int64?, unsigned: UInt64?) throws {
        let number = try #require(try JSONValue(parsing: Array(text.utf8)).numberValue)
        #expect(number.int64Value == signed)
        #expect(number.uint64Value == unsigned)
    }

    @Test func noPrefixOfATextIsReadAsAWholeOrTraps() throws {
        let text = [UInt8](#"{"a":[1.5e-3,"\ud83d\ude00",true,null,{"b":-12}]}"#.utf8)
        for end in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text[..<end])) }
        }
        #expect(throws: Never.self) { try JSONValue(parsing: text) }
    }
}
