extension StringProtocol {
    /// The text without blanks, tabs and line ends around it.
    package var trimmingBlanks: SubSequence {
        let isBlank: (Character) -> Bool = { $0.isWhitespace }
        let start = self.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return start }
        return start[...last]
    }
}
