/// What may be part of a request or a command.
enum IdentityText {
    /// A tenant's id or domain: letters, digits, dots and hyphens.
    static func isTenant(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { Self.isLetterOrDigit($0) || $0 == dot || $0 == hyphen }
    }

    /// A scope or a resource: what a URL without query consists of.
    static func isScope(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                Self.isLetterOrDigit($0) || $0 == dot || $0 == hyphen || $0 == slash
                    || $0 == colon || $0 == underscore
            }
    }

    /// A subscription's id or name.
    static func isSubscription(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                Self.isLetterOrDigit($0) || $0 == dot || $0 == hyphen || $0 == underscore
                    || $0 == space
            }
    }

    /// A part of what somebody else wrote, fit for one line of a log.
    ///
    /// It ends before the first line end and after 200 characters; control characters become
    /// blanks.
    static func excerpt(_ text: some StringProtocol) -> String {
        let line = text.prefix { !$0.isNewline }.prefix(200)
        return String(line.map { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } ? $0 : " " })
    }

    private static let dot = UInt8(ascii: ".")
    private static let hyphen = UInt8(ascii: "-")
    private static let slash = UInt8(ascii: "/")
    private static let colon = UInt8(ascii: ":")
    private static let underscore = UInt8(ascii: "_")
    private static let space = UInt8(ascii: " ")

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
