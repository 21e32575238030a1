/// What became of a row.
struct RowResult: Sendable {
    var number: Int
    var title: String
    var expected: String
    var seen: String
    var failures: [String]
    var seconds: Double
    /// The most memory that any process gained, in bytes.
    var growth: Int

    var passed: Bool { self.failures.isEmpty }

    /// The head of the table, as Markdown.
    static let tableHead = """
        | row | what | expected | seen | memory | time |
        |---|---|---|---|---|---|
        """

    /// The row as a line of a Markdown table.
    var tableLine: String {
        let verdict = self.passed ? self.seen : "**failed**: \(self.failures.count); \(self.seen)"
        return "| \(self.number) | \(self.title) | \(self.expected) | \(verdict) "
            + "| +\(max(0, self.growth) / 1_000_000) MB | \(Int(self.seconds.rounded())) s |"
    }
}
