extension BidirectionalCollection<UInt8> {
    /// The bytes without the spaces and tabs around them: the *optional white space* of HTTP.
    func trimmingWhitespace() -> SubSequence {
        func isWhitespace(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        }
        guard let start = self.firstIndex(where: { !isWhitespace($0) }),
            let last = self.lastIndex(where: { !isWhitespace($0) })
        else { return self[self.endIndex...] }
        return self[start...last]
    }
}

extension UInt8 {
    /// Whether the byte may stand in a *token* of HTTP.
    var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
