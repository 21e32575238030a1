import Testing

/// A text that nobody sends who means well.
struct HostileText: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String

    var testDescription: String { self.name }

    init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }

    /// A text of bytes that need not be UTF-8.
    init(_ name: String, bytes: [UInt8]) {
        self.init(name, String(decoding: bytes, as: UTF8.self))
    }

    /// Whether the text is so large that a test should use it sparingly.
    var isLarge: Bool { self.text.utf8.count >= Self.megabyte }

    static let megabyte = 1 << 20

    static let small: [HostileText] = [
        HostileText("empty", ""),
        HostileText("blanks", " \t \u{A0}\u{3000} "),
        HostileText("one NUL", "\0"),
        HostileText("a NUL inside", "before\0after"),
        HostileText(
            "all control characters",
            String(String.UnicodeScalarView((0..<0x20).map { Unicode.Scalar(UInt8($0)) }))
                + "\u{7F}\u{80}\u{85}\u{9B}\u{9F}"
        ),
        HostileText("lines", "first\r\nX-Injected: yes\n\nsecond\u{2028}third\u{2029}\u{85}"),
        HostileText("all bytes", bytes: Array(0...255)),
        HostileText("half a scalar", bytes: [0x61, 0xF0, 0x9F, 0x98]),
        HostileText("encoded surrogates", bytes: [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80, 0x62]),
        HostileText("overlong slash", bytes: [0xC0, 0xAF, 0xE0, 0x80, 0xAF]),
        HostileText("beyond Unicode", bytes: [0xF4, 0x90, 0x80, 0x80, 0xFF, 0xFE]),
        HostileText("escapes of surrogates", #"\ud800 \udc00\ud800 \u0000 \uD83D"#),
        HostileText(
            "noncharacters",
            bytes: [
                0xEF, 0xBB, 0xBF, 0xEF, 0xBF, 0xBE, 0xEF, 0xBF, 0xBF, 0xF4, 0x8F, 0xBF, 0xBF, 0xEF,
                0xB7, 0x90, 0xEE, 0x80, 0x80,
            ]
        ),
        HostileText("JSON", #""},{"name":"injected","x":[1e999,null,"\""#),
        HostileText("percent", "%00%0d%0a%ff%zz%4%%%25%u0041%s%n%@"),
        HostileText("pairs", ";=;==;;=;a=b;=;,=,,a=,=b;,"),
        HostileText("key=value", "InstrumentationKey=;IngestionEndpoint=http://[::1;a==b"),
        HostileText("emoji", "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿🇩🇪👍🏽"),
        HostileText(
            "combining",
            "=\u{301};\u{301},\u{301}%\u{301}0\u{301}\"\u{301}e\u{301}\u{301}"
        ),
        HostileText("right to left", "\u{202E}txt.exe\u{202C}\u{200F}\u{2066}x"),
        HostileText("number", "-999999999999999999999999999999.9e99999"),
        HostileText("URL", "http://u:p@[::1%25]:99999999999999999999/a b?q=%zz&&=#?#"),
        HostileText("path", "../../../../dev/null/\0/..//./~"),
        HostileText("SQL", "SELECT 'it''s \\' -- /* $$ \" ` [ E'\\' FROM . . .a.\"b"),
        // A single character to Swift, of thousands of scalars.
        HostileText("many accents", "e" + String(repeating: "\u{301}", count: 20_000)),
        HostileText("many quotation marks", String(repeating: "\"", count: 40_000)),
        HostileText("many emoji", String(repeating: "🤦", count: 10_000)),
        HostileText("many separators", String(repeating: ";=,%", count: 10_000)),
        HostileText("traceparent", "00-\(String(repeating: "0", count: 32))-ffffffffffffffff-01"),
    ]

    static let large: [HostileText] = [
        HostileText("1 MB of letters", String(repeating: "x", count: Self.megabyte)),
        HostileText("1 MB of NULs", String(repeating: "\0", count: Self.megabyte)),
    ]

    static let all = Self.small + Self.large
}

/// An error that describes itself in somebody else's words.
struct HostileError: Error, CustomStringConvertible {
    var description: String
}
