import Foundation

/// Lines that leave the process at once, whoever reads them.
public enum Output {
    /// Writes a figure to standard output: a name and a number, with a tab between them.
    public static func figure(_ name: String, _ value: Double) {
        self.line("\(name)\t\(value)")
    }

    /// Writes a line to standard output.
    public static func line(_ text: String) {
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }

    /// Writes a line for people to standard error.
    public static func note(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}
