/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Hashable, Sendable {
    /// What is wrong, without any part of the text.
    public var message: String

    /// The line, counted from 1.
    public var line: Int

    /// The column in that line, counted from 1 in Unicode scalars.
    public var column: Int

    /// Creates an error.
    public init(message: String, line: Int, column: Int) {
        self.message = message
        self.line = line
        self.column = column
    }
}

extension JSONError: CustomStringConvertible {
    /// Place and message: `line 3, column 14: …`.
    public var description: String {
        "line \(self.line), column \(self.column): \(self.message)"
    }
}
