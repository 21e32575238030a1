import TelemetryModel

/// The positions of records that belong to one scope.
struct ScopeGroup {
    var scope: InstrumentationScope
    var positions: [Int]
}

extension Array {
    /// The elements by their scope: scopes in the order in which they come first, positions
    /// ascending.
    func grouped(by scope: (Element) -> InstrumentationScope) -> [ScopeGroup] {
        var groups: [ScopeGroup] = []
        var places: [InstrumentationScope: Int] = [:]
        // Neighbours mostly have the same scope, and comparing is cheaper than hashing.
        var current = -1
        for position in self.indices {
            let scope = scope(self[position])
            if current < 0 || groups[current].scope != scope {
                if let place = places[scope] {
                    current = place
                } else {
                    current = groups.count
                    places[scope] = current
                    groups.append(ScopeGroup(scope: scope, positions: []))
                    // Most lists have one scope only; with many the room would add up.
                    if current == 0 { groups[0].positions.reserveCapacity(self.count) }
                }
            }
            groups[current].positions.append(position)
        }
        return groups
    }
}
