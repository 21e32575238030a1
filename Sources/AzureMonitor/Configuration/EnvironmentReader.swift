internal import Configuration
private import TelemetryTransport

/// Reads variables by their names, as text, and collects what is wrong with them.
///
/// OpenTelemetry's rules: an empty variable is an unset one, and one that cannot be understood is
/// said and ignored.
struct EnvironmentReader {
    private let reader: ConfigReader
    /// What was wrong, for people; never a value that may be a secret.
    private(set) var notices: [String] = []

    init(_ reader: ConfigReader) {
        self.reader = reader
    }

    /// The text of a variable; `nil` if unset or blank.
    func text(_ name: String, isSecret: Bool = false) -> String? {
        let key = ConfigKey(name.lowercased().split(separator: "_").map(String.init))
        guard let text = self.reader.string(forKey: key, isSecret: isSecret) else { return nil }
        let trimmed = String(text.trimmingBlanks)
        return trimmed.isEmpty ? nil : trimmed
    }

    /// A whole number of at least `minimum`.
    mutating func integer(_ name: String, atLeast minimum: Int = 0) -> Int? {
        guard let text = self.text(name) else { return nil }
        guard let number = Int(text), number >= minimum else {
            self.ignore(name, "is not a whole number of at least \(minimum)")
            return nil
        }
        return number
    }

    /// A number of milliseconds of at least `minimum`.
    mutating func milliseconds(_ name: String, atLeast minimum: Int = 0) -> Duration? {
        self.integer(name, atLeast: minimum).map { .milliseconds($0) }
    }

    /// A number that `isValid` accepts.
    mutating func number(
        _ name: String,
        _ requirement: String,
        isValid: (Double) -> Bool
    ) -> Double? {
        guard let text = self.text(name) else { return nil }
        guard let number = Double(text), isValid(number) else {
            self.ignore(name, "is not \(requirement)")
            return nil
        }
        return number
    }

    /// Whether a variable is `true`, in any case; everything else is `false`.
    func isTrue(_ name: String) -> Bool {
        self.text(name)?.lowercased() == "true"
    }

    /// The items of a comma-separated list, blanks trimmed; `nil` if unset.
    func list(_ name: String) -> [String]? {
        self.text(name)?.split(separator: ",").map { String($0.trimmingBlanks) }.filter {
            !$0.isEmpty
        }
    }

    /// Notes what somebody else found wrong.
    mutating func add(_ notices: [String]) {
        for notice in notices where !self.notices.contains(notice) { self.notices.append(notice) }
    }

    /// Notes that a variable, or a part of it, has no effect.
    mutating func ignore(_ name: String, _ reason: String) {
        let notice = "\(name) \(reason); it is ignored"
        // A list may name the same unknown thing twice.
        if !self.notices.contains(notice) { self.notices.append(notice) }
    }
}
