/// What the type of an error is called.
enum ErrorTypeName {
    /// The full name, with the module and the enclosing types.
    ///
    /// For a private type the runtime inserts `(unknown context at $…)`, with an address that is
    /// another in every run; it is left out, or equal errors would look different.
    static func name(of error: any Error) -> String {
        let name = String(reflecting: type(of: error))
        guard name.utf8.contains(UInt8(ascii: "(")) else { return name }
        var result = ""
        var rest = name[...]
        while let start = rest.firstIndex(of: "(") {
            let context = rest[start...]
            guard context.hasPrefix("(unknown context at "), let end = context.firstIndex(of: ")")
            else {
                result += rest[...start]
                rest = rest[rest.index(after: start)...]
                continue
            }
            result += rest[..<start]
            rest = rest[rest.index(after: end)...]
            if rest.first == "." { rest = rest.dropFirst() }
        }
        return result + rest
    }
}
