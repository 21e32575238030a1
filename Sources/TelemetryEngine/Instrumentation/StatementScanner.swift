/// Reads statements in SQL, as far as a span needs it: words, names and literals.
struct StatementScanner {
    enum Token: Equatable {
        /// A keyword or a name without quotation marks.
        case word(String)
        /// A name in quotation marks of whatever kind, with them.
        case quotedName(String)
        /// A text, number or other value.
        case literal
        /// White space and comments.
        case blank
        /// Any other character.
        case symbol(UInt8)
    }

    private var rest: Substring.UTF8View

    /// Whether text stands in double quotation marks, too.
    private let hasDoubleQuotedTexts: Bool

    /// Whether a backslash escapes a quotation mark; `nil` if that is not known.
    private let hasBackslashes: Bool?

    /// Creates a scanner.
    ///
    /// - Parameter system: the value of `db.system.name`, which decides what is a literal.
    init(_ statement: String, system: String) {
        self.rest = statement.utf8[...]
        switch system {
        case "mysql", "mariadb":
            (self.hasDoubleQuotedTexts, self.hasBackslashes) = (true, true)
        case "sqlite", "microsoft.sql_server", "oracle.db", "ibm.db2":
            (self.hasDoubleQuotedTexts, self.hasBackslashes) = (false, false)
        case "postgresql":
            // Only in texts marked by an E, which are recognised.
            (self.hasDoubleQuotedTexts, self.hasBackslashes) = (false, false)
        default:
            (self.hasDoubleQuotedTexts, self.hasBackslashes) = (false, nil)
        }
    }

    /// The next token; `nil` at the end.
    mutating func next() -> Token? {
        guard let byte = self.rest.first else { return nil }
        switch byte {
        case UInt8(ascii: "'"):
            self.skipText(backslashes: self.hasBackslashes)
            return .literal
        case UInt8(ascii: "\""):
            if self.hasDoubleQuotedTexts {
                self.skipText(backslashes: self.hasBackslashes)
                return .literal
            }
            return .quotedName(self.takeName(closing: byte))
        case UInt8(ascii: "`"):
            return .quotedName(self.takeName(closing: byte))
        case UInt8(ascii: "["):
            return self.takeBracketedName()
        case UInt8(ascii: "$"):
            return self.takeDollar()
        case UInt8(ascii: "-") where self.rest.starts(with: "--".utf8):
            self.skip { $0 != UInt8(ascii: "\n") }
            return .blank
        case UInt8(ascii: "#") where self.hasBackslashes == true:
            self.skip { $0 != UInt8(ascii: "\n") }
            return .blank
        case UInt8(ascii: "/") where self.rest.starts(with: "/*".utf8):
            self.skipComment()
            return .blank
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            self.skipNumber()
            return .literal
        case UInt8(ascii: ".") where self.rest.dropFirst().first?.isDigit == true:
            self.skipNumber()
            return .literal
        case _ where byte.isBlank:
            self.skip { $0.isBlank }
            return .blank
        case _ where byte.isWord:
            return self.takeWord()
        default:
            self.rest.removeFirst()
            return .symbol(byte)
        }
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        self.rest = self.rest.drop(while: condition)
    }

    /// Skips a text; two quotation marks in it stand for one.
    ///
    /// Where it is not known what a backslash means, the first one makes the rest of the statement
    /// part of the text: better too little is kept than a value.
    private mutating func skipText(backslashes: Bool?) {
        guard let quote = self.rest.popFirst() else { return }
        while let byte = self.rest.popFirst() {
            if byte == UInt8(ascii: "\\") {
                switch backslashes {
                case .some(true): _ = self.rest.popFirst()
                case .some(false): break
                case .none: self.rest = self.rest[self.rest.endIndex...]
                }
            } else if byte == quote {
                guard self.rest.first == quote else { return }
                self.rest.removeFirst()
            }
        }
    }

    private mutating func takeName(closing: UInt8) -> String {
        let whole = self.rest
        self.rest.removeFirst()
        while let byte = self.rest.popFirst() {
            if byte == closing {
                guard self.rest.first == closing else { break }
                self.rest.removeFirst()
            }
        }
        return String(Substring(whole[..<self.rest.startIndex]))
    }

    /// A name in square brackets, or an array or index, whose elements are tokens of their own.
    private mutating func takeBracketedName() -> Token {
        let inside = self.rest.dropFirst()
        guard let first = inside.first, first.isWord, !first.isDigit,
            let end = inside.firstIndex(where: { !$0.isWord && !$0.isBlank }),
            inside[end] == UInt8(ascii: "]")
        else {
            self.rest.removeFirst()
            return .symbol(UInt8(ascii: "["))
        }
        let name = self.rest[...end]
        self.rest = self.rest[self.rest.index(after: end)...]
        return .quotedName(String(Substring(name)))
    }

    /// A parameter such as `$1`, or a text between two equal marks such as `$body$`.
    private mutating func takeDollar() -> Token {
        let afterDollar = self.rest.dropFirst()
        let tagEnd = afterDollar.firstIndex { !$0.isWord } ?? afterDollar.endIndex
        if afterDollar.first?.isDigit == true {
            let parameter = self.rest[..<tagEnd]
            self.rest = self.rest[tagEnd...]
            return .word(String(Substring(parameter)))
        }
        guard tagEnd < afterDollar.endIndex, afterDollar[tagEnd] == UInt8(ascii: "$") else {
            self.rest.removeFirst()
            return .symbol(UInt8(ascii: "$"))
        }
        let mark = self.rest[...tagEnd]
        var body = self.rest[self.rest.index(after: tagEnd)...]
        while let dollar = body.firstIndex(of: UInt8(ascii: "$")) {
            body = body[dollar...]
            if body.starts(with: mark) {
                self.rest = body.dropFirst(mark.count)
                return .literal
            }
            body = body.dropFirst()
        }
        self.rest = self.rest[self.rest.endIndex...]
        return .literal
    }

    private mutating func skipComment() {
        self.rest = self.rest.dropFirst(2)
        while !self.rest.isEmpty {
            if self.rest.starts(with: "*/".utf8) {
                self.rest = self.rest.dropFirst(2)
                return
            }
            self.rest.removeFirst()
        }
    }

    /// Skips digits, letters and points, and the sign of an exponent: `0xFF`, `1.5e-3`.
    private mutating func skipNumber() {
        var last: UInt8 = 0
        while let byte = self.rest.first {
            let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            let isExponent = last == UInt8(ascii: "e") || last == UInt8(ascii: "E")
            guard byte.isWord || byte == UInt8(ascii: ".") || isSign && isExponent else { return }
            last = byte
            self.rest.removeFirst()
        }
    }

    /// A word; with a text right after it, such as `X'00'` or `E'a\'b'`, a literal.
    private mutating func takeWord() -> Token {
        let whole = self.rest
        self.skip { $0.isWord || $0 == UInt8(ascii: "$") }
        let word = whole[..<self.rest.startIndex]
        if self.rest.first == UInt8(ascii: "'"), word.count <= 2 || word.first == UInt8(ascii: "_")
        {
            let isEscaped = word.elementsEqual("e".utf8) || word.elementsEqual("E".utf8)
            self.skipText(backslashes: isEscaped ? true : self.hasBackslashes)
            return .literal
        }
        return .word(String(Substring(word)))
    }
}

extension StatementScanner {
    /// A statement with `?` for literals, one space for white space, and no comments.
    static func sanitize(_ statement: String, system: String) -> String {
        var scanner = StatementScanner(statement, system: system)
        var text = ""
        var isAfterBlank = true
        while let token = scanner.next() {
            var isBlank = false
            switch token {
            case .word(let word): text += word
            case .quotedName(let name): text += name
            case .literal: text += "?"
            case .symbol(let byte): text.unicodeScalars.append(Unicode.Scalar(byte))
            case .blank:
                isBlank = true
                if !isAfterBlank { text += " " }
            }
            isAfterBlank = isBlank
        }
        if text.last == " " { text.removeLast() }
        return text
    }

    /// What a statement does first, and to which table.
    struct Summary: Equatable {
        /// The first word, in capitals: `SELECT`.
        var operation: String?
        /// The first table named, without quotation marks: `public.users`.
        var collection: String?
    }

    /// Reads no further than to the first table.
    static func summarize(_ statement: String, system: String) -> Summary {
        var scanner = StatementScanner(statement, system: system)
        var summary = Summary()
        var isNameNext = false
        while let token = scanner.next() {
            switch token {
            case .blank, .literal:
                continue
            case .word(let word):
                let keyword = word.uppercased()
                if summary.operation == nil {
                    summary.operation = keyword
                    isNameNext = keyword == "UPDATE"
                } else if self.leadsToTable.contains(keyword) {
                    isNameNext = true
                } else if isNameNext, !self.precedesTable.contains(keyword) {
                    summary.collection = scanner.qualified(word)
                    return summary
                }
            case .quotedName(let name):
                if isNameNext {
                    summary.collection = scanner.qualified(String(name.dropFirst().dropLast()))
                    return summary
                }
            case .symbol:
                // A subquery after FROM: the table stands inside.
                isNameNext = false
            }
        }
        return summary
    }

    private static let leadsToTable: Set<String> = ["FROM", "INTO", "TABLE", "UPDATE"]

    private static let precedesTable: Set<String> = [
        "IF", "NOT", "EXISTS", "ONLY", "OR", "ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK",
        "LATERAL",
    ]

    /// A name with the names that follow it after points.
    private mutating func qualified(_ first: String) -> String {
        var name = first
        while self.rest.first == UInt8(ascii: ".") {
            self.rest.removeFirst()
            switch self.next() {
            case .word(let word): name += "." + word
            case .quotedName(let quoted): name += "." + quoted.dropFirst().dropLast()
            default: return name
            }
        }
        return name
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }

    /// Letters, digits, underscore, and all of UTF-8 beyond ASCII.
    fileprivate var isWord: Bool {
        self.isDigit || self >= 0x80 || self == UInt8(ascii: "_")
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}
