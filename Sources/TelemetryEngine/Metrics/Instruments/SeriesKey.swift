internal import TelemetryModel

/// What a series is found by: kind, label, and dimensions in any order.
///
/// Making one allocates nothing. Keys that are kept have no dimension twice; keys to look one up by
/// may, and then equal none that is kept.
struct SeriesKey: Sendable {
    /// What the instrument was made as.
    let kind: InstrumentKind
    /// The instrument's label.
    let label: String
    /// The dimensions as they were given.
    let dimensions: [(String, String)]

    /// Whether a dimension's name occurs twice.
    var hasDuplicates: Bool {
        for (position, dimension) in self.dimensions.enumerated().dropFirst()
        where self.dimensions[..<position].contains(where: { $0.0 == dimension.0 }) {
            return true
        }
        return false
    }

    /// The key with the dimensions that are selected, of equal names the last one.
    func selecting(_ selection: MetricView.AttributeSelection) -> SeriesKey {
        var selected: [(String, String)] = []
        for dimension in self.dimensions where selection.contains(dimension.0) {
            if let index = selected.firstIndex(where: { $0.0 == dimension.0 }) {
                selected[index].1 = dimension.1
            } else {
                selected.append(dimension)
            }
        }
        return SeriesKey(kind: self.kind, label: self.label, dimensions: selected)
    }

    /// The dimensions as attributes.
    var attributes: Attributes {
        Attributes(
            self.dimensions.map { Attributes.Element(key: $0.0, value: .string($0.1)) }
        )
    }
}

extension SeriesKey: Hashable {
    static func == (lhs: SeriesKey, rhs: SeriesKey) -> Bool {
        guard lhs.kind == rhs.kind, lhs.dimensions.count == rhs.dimensions.count,
            lhs.label == rhs.label
        else { return false }
        var inOrder = true
        for index in lhs.dimensions.indices where lhs.dimensions[index] != rhs.dimensions[index] {
            inOrder = false
            break
        }
        // In another order: one side has no duplicates, so each must be in the other.
        return inOrder || (lhs.isContained(in: rhs) && rhs.isContained(in: lhs))
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(self.kind.rawValue)
        hasher.combine(self.label)
        switch self.dimensions.count {
        case 0: break
        case 1:
            hasher.combine(self.dimensions[0].0)
            hasher.combine(self.dimensions[0].1)
        default:
            // A sum, so that the order does not matter.
            var sum = 0
            for (key, value) in self.dimensions {
                var pair = Hasher()
                pair.combine(key)
                pair.combine(value)
                sum &+= pair.finalize()
            }
            hasher.combine(sum)
        }
    }

    private func isContained(in other: SeriesKey) -> Bool {
        self.dimensions.allSatisfy { dimension in other.dimensions.contains { $0 == dimension } }
    }
}
