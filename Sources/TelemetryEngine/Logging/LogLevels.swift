public import Logging

/// The levels from which loggers take records, by label.
///
/// An override holds for the logger of exactly that label and for those whose label continues it
/// after something that is neither a letter nor a digit: `com.example` holds for
/// `com.example.http` and `com.example-http`, not for `com.examples`. Of several the longest
/// counts. A level that somebody sets on a logger counts for that logger, as ever.
public struct LogLevels: Hashable, Sendable {
    /// The level where no override holds; the default is `info`, as swift-log's own handlers have
    /// it.
    public var `default`: Logger.Level

    /// Levels by label.
    public var overrides: [String: Logger.Level]

    /// Creates levels.
    public init(default: Logger.Level = .info, overrides: [String: Logger.Level] = [:]) {
        self.default = `default`
        self.overrides = overrides
    }

    /// The level for a label.
    package func level(for label: String) -> Logger.Level {
        guard !self.overrides.isEmpty else { return self.default }
        if let exact = self.overrides[label] { return exact }
        let holding = self.overrides.filter { key, _ in
            guard !key.isEmpty, label.hasPrefix(key) else { return false }
            let next = label.dropFirst(key.count).first
            return next.map { !$0.isLetter && !$0.isNumber } ?? true
        }
        return holding.max { $0.key.utf8.count < $1.key.utf8.count }?.value ?? self.default
    }
}
