import TelemetryModel
import TelemetryTesting
import Testing

@testable import AzureMonitorExporter

@Suite struct JSONWriterTests {
    static func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func onlyWhatMustBeEscapedIs() {
        #expect(
            Self.text {
                $0.string("a\"b\\c\u{0}\u{1F}\u{7F}\u{8}\u{C}\n\r\t/é😀\u{2028}", limit: .max)
            }
                == "\"a\\\"b\\\\c\\u0000\\u001f\u{7F}\\b\\f\\n\\r\\t/é😀\u{2028}\""
        )
    }

    @Test func everyPlaceOfAWordIsLookedAt() throws {
        for length in 0..<40 {
            for place in 0..<length {
                for character: Unicode.Scalar in [
                    "\"", "\\", "\u{0}", "\u{1F}", " ", "!", "#", "é",
                ] {
                    var scalars = Array(repeating: Unicode.Scalar("a"), count: length)
                    scalars[place] = character
                    var text = ""
                    text.unicodeScalars.append(contentsOf: scalars)
                    let written = Self.text { $0.string(text, limit: .max) }
                    #expect(try StrictJSON(written).string == text)
                }
            }
        }
    }

    @Test(arguments: [
        ("abc", 3, "abc"), ("abcd", 3, "abc"), ("a😀b", 2, "a"), ("a😀b", 3, "a😀"), ("ééé", 2, "éé"),
        ("€€", 1, "€"), ("e\u{301}x", 1, "e"), ("😀", 1, ""), ("x", 0, ""),
    ])
    func textsAreCutBetweenScalars(_ text: String, _ limit: Int, _ cut: String) {
        #expect(Self.text { $0.string(text, limit: limit) } == "\"\(cut)\"")
        #expect(TextLimit.cut(text, to: limit) == cut)
        var writer = JSONWriter()
        writer.string(text, limit: limit)
        #expect(writer.cutTexts == (text == cut ? 0 : 1))
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123457Z"),
            (1_700_000_000_000_000_499, "2023-11-14T22:13:20Z"),
            (1_700_000_000_999_999_500, "2023-11-14T22:13:21Z"),
            (1_700_000_000_100_000_000, "2023-11-14T22:13:20.100000Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
            (951_868_799_999_999_000, "2000-02-29T23:59:59.999999Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00Z"),
            (UInt64.max, "2554-07-21T23:34:33.709552Z"),
        ] as [(UInt64, String)]
    )
    func timesAreWrittenInMicroseconds(_ nanoseconds: UInt64, _ expected: String) {
        let time = Timestamp(nanosecondsSinceEpoch: nanoseconds)
        #expect(Self.text { $0.time(time) } == "\"\(expected)\"")
    }

    @Test(
        arguments: [
            (0, "0.00:00:00.000"), (499_999, "0.00:00:00.000"), (500_000, "0.00:00:00.001"),
            (1_234_567_890, "0.00:00:01.235"), (999_500_000, "0.00:00:01.000"),
            (86_399_999_500_000, "1.00:00:00.000"), (86_400_000_000_000_000, "999.23:59:59.999"),
            (UInt64.max - 1, "999.23:59:59.999"),
        ] as [(UInt64, String)]
    )
    func durationsAreRoundedAndClamped(_ nanoseconds: UInt64, _ expected: String) {
        let start = Timestamp(nanosecondsSinceEpoch: 1)
        let end = Timestamp(nanosecondsSinceEpoch: 1 + nanoseconds)
        #expect(Self.text { $0.duration(from: start, to: end) } == "\"\(expected)\"")
        let none = Self.text { $0.duration(from: end, to: start) }
        #expect(none == "\"0.00:00:00.000\"")
    }

    @Test func numbersReadBack() throws {
        for value in [0, 9, 10, 1234, .max, .min, -1, -10] as [Int64] {
            #expect(Self.text { $0.integer(value) } == String(value))
        }
        for value in [0, -0.0, 1e16, 1e-7, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 0.1] {
            let text = Self.text { $0.double(value) }
            #expect(try StrictJSON(text).number?.bitPattern == value.bitPattern)
        }
    }

    @Test func idsAreSixteenDigitsAHalf() {
        var random = SeededGenerator(seed: 3)
        for number in (0..<200).map({ _ in random.next() }) + [0, .max, 1] {
            let id = SpanID(rawValue: number)
            #expect(Self.text { $0.hex(id) } == id.description)
        }
    }

    @Test func everyKnownKeyIsFound() {
        var attributes = Attributes()
        for key in SemanticKey.allCases {
            attributes.append(key: key.name, value: .string(key.name))
        }
        var semantic = SemanticAttributes()
        semantic.load(attributes)
        for key in SemanticKey.allCases { #expect(semantic.text(key) == key.name) }
        semantic.load(Attributes(attributes.map { .init(key: $0.key + "x", value: $0.value) }))
        for key in SemanticKey.allCases { #expect(!semantic.has(key)) }
    }

    @Test func base64HasPadding() {
        let rows: [([UInt8], String)] = [
            ([], ""), ([0], "AA=="), ([1, 2], "AQI="), ([1, 2, 3], "AQID"), ([251, 255], "+/8="),
        ]
        for (bytes, text) in rows { #expect(AttributeValue.bytes(bytes).mappedText == text) }
    }
}
