/// How much the engine says about itself.
public struct DiagnosticLevel: Hashable, Comparable, Sendable {
    private let rank: Int

    /// The name, as it stands in configurations and in lines.
    package let name: String

    /// Nothing at all.
    public static let off = DiagnosticLevel(rank: 0, name: "off")
    /// Telemetry is lost.
    public static let error = DiagnosticLevel(rank: 1, name: "error")
    /// Something is wrong and nothing lost yet; the default.
    public static let warning = DiagnosticLevel(rank: 2, name: "warning")
    /// A change of state that is no trouble.
    public static let info = DiagnosticLevel(rank: 3, name: "info")
    /// Single steps.
    public static let debug = DiagnosticLevel(rank: 4, name: "debug")

    private init(rank: Int, name: String) {
        self.rank = rank
        self.name = name
    }

    /// Reads a level's name in either case; `nil` if it is none.
    ///
    /// Besides the names here, `none`, `warn`, `verbose` and `trace` are understood.
    package init?(_ name: some StringProtocol) {
        switch name.lowercased() {
        case "off", "none": self = .off
        case "error": self = .error
        case "warn", "warning": self = .warning
        case "info", "information": self = .info
        case "debug", "verbose", "trace": self = .debug
        default: return nil
        }
    }

    /// Whether `lhs` says less than `rhs`.
    public static func < (lhs: DiagnosticLevel, rhs: DiagnosticLevel) -> Bool {
        lhs.rank < rhs.rank
    }
}
