/// JSON values read into a flat list of nodes over the bytes they came from.
///
/// Nothing is copied or converted while reading: a node says where its text lies, and who needs a
/// string or a number asks for it. Several values may be read from the same bytes one after the
/// other, as newline-delimited bodies need it. Containers may be nested `maximumDepth` deep.
package struct JSONTape: Sendable {
    /// The kind of a value.
    package enum Kind: UInt8, Sendable {
        case null, bool, number, string, array, object

        /// The name a message uses for the kind.
        package var name: String {
            switch self {
            case .null: "null"
            case .bool: "bool"
            case .number: "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        }
    }

    /// One value: its place in the bytes and the index after its last descendant.
    package struct Node: Sendable {
        /// What the value is.
        package var kind: Kind
        /// What the kind leaves open.
        ///
        /// Of a string: contains a backslash. Of a bool: is true. Of a number: has a fraction or
        /// an exponent.
        var flag: Bool
        /// For strings: contains bytes outside ASCII.
        var isWide: Bool
        /// The first byte; of a string, the one after the quotation mark.
        var start: Int
        /// The byte after the last; of a string, its closing quotation mark.
        var end: Int
        /// The index of the node after this value and all it contains.
        package var next: Int
    }

    /// Where and why the text is not JSON.
    package struct SyntaxError: Error, Sendable {
        /// What was wrong.
        package var message: String
        /// The offset of the byte at fault.
        package var offset: Int
    }

    /// How deep arrays and objects may be nested.
    package static let maximumDepth = 128

    /// The bytes that were read.
    package let bytes: [UInt8]
    /// The nodes read so far, each followed by its descendants.
    package private(set) var nodes: [Node] = []

    /// Creates a tape over bytes of which nothing has been read yet.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        self.nodes.reserveCapacity(bytes.count / 12)
    }

    /// Reads one value and returns the index of its node and the offset after it.
    ///
    /// Blanks before the value are skipped, blanks after it are not. When it throws, the nodes
    /// are those from before the call.
    package mutating func readValue(
        at offset: Int,
        upTo limit: Int
    ) throws(SyntaxError) -> (node: Int, end: Int) {
        let first = self.nodes.count
        var reader = Reader(bytes: self.bytes, position: offset, limit: limit)
        do {
            try reader.readValue(into: &self.nodes)
        } catch {
            self.nodes.removeSubrange(first...)
            throw error
        }
        return (first, reader.position)
    }

    /// The offset of the first byte at or after `offset` that is not a blank, or `limit`.
    package func skippingBlanks(from offset: Int, upTo limit: Int) -> Int {
        var position = offset
        while position < limit {
            switch self.bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return position
            }
        }
        return limit
    }
}

extension JSONTape {
    /// The reader proper: no recursion, so that no input can exhaust the stack.
    private struct Reader {
        let bytes: [UInt8]
        var position: Int
        let limit: Int

        mutating func readValue(into nodes: inout [Node]) throws(SyntaxError) {
            var open: [Int] = []
            while true {
                self.skipBlanks()
                // Here a value begins, or an empty container ends.
                let closed: Bool
                switch self.peek {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    guard open.count < JSONTape.maximumDepth else {
                        throw self.fault("is nested more than \(JSONTape.maximumDepth) deep")
                    }
                    let isObject = self.peek == UInt8(ascii: "{")
                    nodes.append(self.node(isObject ? .object : .array, from: self.position))
                    self.position += 1
                    self.skipBlanks()
                    if self.peek == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                        self.position += 1
                        nodes[nodes.count - 1].end = self.position
                        nodes[nodes.count - 1].next = nodes.count
                        closed = true
                    } else {
                        open.append(nodes.count - 1)
                        if isObject { try self.readKey(into: &nodes) }
                        closed = false
                    }
                default:
                    try self.readScalar(into: &nodes)
                    closed = true
                }
                guard closed else { continue }
                // A value has ended: so may what contains it.
                var isNextValueDue = false
                while let container = open.last, !isNextValueDue {
                    self.skipBlanks()
                    let isObject = nodes[container].kind == .object
                    switch self.peek {
                    case UInt8(ascii: ","):
                        self.position += 1
                        if isObject {
                            self.skipBlanks()
                            try self.readKey(into: &nodes)
                        }
                        isNextValueDue = true
                    case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
                        self.position += 1
                        nodes[container].end = self.position
                        nodes[container].next = nodes.count
                        open.removeLast()
                    default:
                        throw self.fault(isObject ? "expected ',' or '}'" : "expected ',' or ']'")
                    }
                }
                if !isNextValueDue { return }
            }
        }

        private var peek: UInt8? {
            self.position < self.limit ? self.bytes[self.position] : nil
        }

        private mutating func skipBlanks() {
            while self.position < self.limit {
                switch self.bytes[self.position] {
                case 0x20, 0x09, 0x0A, 0x0D: self.position += 1
                default: return
                }
            }
        }

        private func node(_ kind: Kind, from start: Int) -> Node {
            Node(kind: kind, flag: false, isWide: false, start: start, end: start, next: 0)
        }

        private func fault(_ message: String) -> SyntaxError {
            if self.position >= self.limit {
                return SyntaxError(message: "ends too early", offset: self.limit)
            }
            return SyntaxError(message: message, offset: self.position)
        }

        private mutating func readKey(into nodes: inout [Node]) throws(SyntaxError) {
            guard self.peek == UInt8(ascii: "\"") else { throw self.fault("expected a key") }
            try self.readString(into: &nodes)
            self.skipBlanks()
            guard self.peek == UInt8(ascii: ":") else { throw self.fault("expected ':'") }
            self.position += 1
        }

        private mutating func readScalar(into nodes: inout [Node]) throws(SyntaxError) {
            switch self.peek {
            case UInt8(ascii: "\""): try self.readString(into: &nodes)
            case UInt8(ascii: "t"): try self.readWord("true", .bool, true, into: &nodes)
            case UInt8(ascii: "f"): try self.readWord("false", .bool, false, into: &nodes)
            case UInt8(ascii: "n"): try self.readWord("null", .null, false, into: &nodes)
            case .some(let byte) where byte == UInt8(ascii: "-") || 0x30...0x39 ~= byte:
                try self.readNumber(into: &nodes)
            default: throw self.fault("expected a value")
            }
        }

        private mutating func readWord(
            _ word: String,
            _ kind: Kind,
            _ flag: Bool,
            into nodes: inout [Node]
        ) throws(SyntaxError) {
            var node = self.node(kind, from: self.position)
            for byte in word.utf8 {
                guard self.peek == byte else { throw self.fault("expected a value") }
                self.position += 1
            }
            node.flag = flag
            node.end = self.position
            node.next = nodes.count + 1
            nodes.append(node)
        }

        private mutating func readString(into nodes: inout [Node]) throws(SyntaxError) {
            self.position += 1
            var node = self.node(.string, from: self.position)
            while self.position < self.limit {
                let byte = self.bytes[self.position]
                switch byte {
                case UInt8(ascii: "\""):
                    node.end = self.position
                    node.next = nodes.count + 1
                    nodes.append(node)
                    self.position += 1
                    return
                case UInt8(ascii: "\\"):
                    node.flag = true
                    self.position += 1
                    try self.skipEscape()
                case 0..<0x20:
                    throw self.fault("has a control character in a string")
                default:
                    if byte >= 0x80 { node.isWide = true }
                    self.position += 1
                }
            }
            throw self.fault("has a string without an end")
        }

        private mutating func skipEscape() throws(SyntaxError) {
            switch self.peek {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
                UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
                self.position += 1
            case UInt8(ascii: "u"):
                self.position += 1
                for _ in 0..<4 {
                    guard let byte = self.peek, JSONTape.hexValue(byte) != nil else {
                        throw self.fault("has a bad \\u escape")
                    }
                    self.position += 1
                }
            default: throw self.fault("has a bad escape")
            }
        }

        private mutating func readNumber(into nodes: inout [Node]) throws(SyntaxError) {
            var node = self.node(.number, from: self.position)
            if self.peek == UInt8(ascii: "-") { self.position += 1 }
            if self.peek == UInt8(ascii: "0") {
                self.position += 1
            } else {
                try self.readDigits()
            }
            if self.peek == UInt8(ascii: ".") {
                node.flag = true
                self.position += 1
                try self.readDigits()
            }
            if self.peek == UInt8(ascii: "e") || self.peek == UInt8(ascii: "E") {
                node.flag = true
                self.position += 1
                if self.peek == UInt8(ascii: "+") || self.peek == UInt8(ascii: "-") {
                    self.position += 1
                }
                try self.readDigits()
            }
            node.end = self.position
            node.next = nodes.count + 1
            nodes.append(node)
        }

        private mutating func readDigits() throws(SyntaxError) {
            let first = self.position
            while let byte = self.peek, byte >= 0x30, byte <= 0x39 { self.position += 1 }
            guard self.position > first else { throw self.fault("has a bad number") }
        }
    }

    fileprivate static func hexValue(_ byte: UInt8) -> UInt16? {
        switch byte {
        case 0x30...0x39: UInt16(byte - 0x30)
        case 0x41...0x46: UInt16(byte - 0x41 + 10)
        case 0x61...0x66: UInt16(byte - 0x61 + 10)
        default: nil
        }
    }
}

// MARK: - Values

extension JSONTape {
    /// The kind of the value at a node.
    package func kind(of node: Int) -> Kind { self.nodes[node].kind }

    /// Whether a bool is true.
    package func isTrue(_ node: Int) -> Bool { self.nodes[node].flag }

    /// The nodes of the elements of an array.
    package func elements(of array: Int) -> [Int] {
        var found: [Int] = []
        var node = array + 1
        while node < self.nodes[array].next {
            found.append(node)
            node = self.nodes[node].next
        }
        return found
    }

    /// The value of a member of an object; the last one if the key occurs twice.
    package func member(_ key: StaticString, of object: Int) -> Int? {
        var found: Int?
        var node = object + 1
        let end = self.nodes[object].next
        while node < end {
            if self.string(node, equals: key) { found = node + 1 }
            node = self.nodes[node + 1].next
        }
        return found
    }

    /// Whether the text of a string is the given ASCII text.
    package func string(_ node: Int, equals text: StaticString) -> Bool {
        let entry = self.nodes[node]
        guard !entry.flag else {
            var decoded: [UInt8] = []
            self.appendText(of: node, to: &decoded)
            return text.withUTF8Buffer { unsafe decoded.elementsEqual($0) }
        }
        guard entry.end - entry.start == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { buffer in
            for index in 0..<buffer.count
            where unsafe buffer[index] != self.bytes[entry.start + index] {
                return false
            }
            return true
        }
    }

    /// The integer at a number node, if it is written as one and fits.
    package func integer(_ node: Int) -> Int64? {
        let entry = self.nodes[node]
        if entry.flag {
            // 3.0 and 1e3 are integers to JSON, which knows only numbers.
            guard let value = self.double(node) else { return nil }
            return Int64(exactly: value)
        }
        var position = entry.start
        let isNegative = self.bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var value: Int64 = 0
        while position < entry.end {
            let digit = Int64(self.bytes[position] - 0x30)
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowAgain) =
                isNegative
                ? product.subtractingReportingOverflow(digit)
                : product.addingReportingOverflow(digit)
            guard !overflow, !overflowAgain else { return nil }
            value = sum
            position += 1
        }
        return value
    }

    /// The number at a number node, or nothing if it is too large for a double.
    package func double(_ node: Int) -> Double? {
        let entry = self.nodes[node]
        if !entry.flag, entry.end - entry.start <= 15, let integer = self.integer(node) {
            return Double(integer)
        }
        guard let value = Double(self.source(node)), value.isFinite else { return nil }
        return value
    }

    /// The text of a value as it stands in the bytes; of a string, what is between the marks.
    package func source(_ node: Int) -> String {
        let entry = self.nodes[node]
        return String(decoding: self.bytes[entry.start..<entry.end], as: UTF8.self)
    }

    /// The text of a string, unescaped, with U+FFFD for what is not Unicode.
    package func text(_ node: Int) -> String {
        var decoded: [UInt8] = []
        self.appendText(of: node, to: &decoded)
        return String(decoding: decoded, as: UTF8.self)
    }

    /// Appends the text of a string, unescaped, as valid UTF-8.
    ///
    /// Lone surrogates and bytes that are not UTF-8 become U+FFFD.
    package func appendText(of node: Int, to output: inout [UInt8]) {
        let entry = self.nodes[node]
        if !entry.flag {
            if !entry.isWide {
                output.append(contentsOf: self.bytes[entry.start..<entry.end])
            } else {
                Self.appendRepaired(self.bytes[entry.start..<entry.end], to: &output)
            }
            return
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(entry.end - entry.start)
        self.unescape(entry, into: &decoded)
        Self.appendRepaired(decoded[...], to: &output)
    }

    private static func appendRepaired(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) {
        // Validates and copies what is valid already; replaces only where it must.
        output.append(contentsOf: String(decoding: text, as: UTF8.self).utf8)
    }

    private func unescape(_ entry: Node, into output: inout [UInt8]) {
        var position = entry.start
        while position < entry.end {
            let byte = self.bytes[position]
            guard byte == UInt8(ascii: "\\") else {
                output.append(byte)
                position += 1
                continue
            }
            let escape = self.bytes[position + 1]
            position += 2
            switch escape {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                let first = self.codeUnit(at: position)
                position += 4
                var scalar = Unicode.Scalar(UInt32(first))
                if first & 0xFC00 == 0xD800, position + 6 <= entry.end,
                    self.bytes[position] == UInt8(ascii: "\\"),
                    self.bytes[position + 1] == UInt8(ascii: "u")
                {
                    let second = self.codeUnit(at: position + 2)
                    if second & 0xFC00 == 0xDC00 {
                        position += 6
                        let high = (UInt32(first) - 0xD800) << 10
                        scalar = Unicode.Scalar(high + UInt32(second) - 0xDC00 + 0x10000)
                    }
                }
                output.append(contentsOf: String(scalar ?? "\u{FFFD}").utf8)
            default: output.append(escape)
            }
        }
    }

    private func codeUnit(at position: Int) -> UInt16 {
        var value: UInt16 = 0
        for index in position..<position + 4 {
            value = value << 4 | (Self.hexValue(self.bytes[index]) ?? 0)
        }
        return value
    }

    /// Appends a string as JSON text with its quotation marks, in valid UTF-8.
    package func appendQuoted(_ node: Int, to output: inout [UInt8]) {
        let entry = self.nodes[node]
        if !entry.flag, !entry.isWide {
            output.append(contentsOf: self.bytes[(entry.start - 1)...entry.end])
            return
        }
        var decoded: [UInt8] = []
        self.appendText(of: node, to: &decoded)
        JSONText.append(decoded, to: &output)
    }

    /// Appends any value as JSON text in valid UTF-8, without blanks.
    package func appendValue(_ node: Int, to output: inout [UInt8]) {
        // Values are at most `maximumDepth` deep, so recursion is bounded.
        let entry = self.nodes[node]
        switch entry.kind {
        case .string: self.appendQuoted(node, to: &output)
        case .null, .bool, .number:
            output.append(contentsOf: self.bytes[entry.start..<entry.end])
        case .array:
            output.append(UInt8(ascii: "["))
            var child = node + 1
            while child < entry.next {
                if child > node + 1 { output.append(UInt8(ascii: ",")) }
                self.appendValue(child, to: &output)
                child = self.nodes[child].next
            }
            output.append(UInt8(ascii: "]"))
        case .object:
            output.append(UInt8(ascii: "{"))
            var key = node + 1
            while key < entry.next {
                if key > node + 1 { output.append(UInt8(ascii: ",")) }
                self.appendQuoted(key, to: &output)
                output.append(UInt8(ascii: ":"))
                self.appendValue(key + 1, to: &output)
                key = self.nodes[key + 1].next
            }
            output.append(UInt8(ascii: "}"))
        }
    }
}
