import TelemetryModel

/// Finds keys that occur again; two keys are equal if their bytes are.
struct DuplicateKeys {
    private struct Bytes: Hashable {
        var key: [UInt8]
    }

    /// One bit of each key's hash: while it is new, so is the key.
    private var filter: UInt64 = 0

    /// The keys, once there are too many to compare each with each.
    private var known: Set<Bytes>?

    /// Whether the key at `position` is new among those before it, known keys apart.
    @inline(__always)
    mutating func insert(
        hash: UInt64,
        at position: Int,
        in elements: [Attributes.Element]
    ) -> Bool {
        let bit: UInt64 = 1 << (hash >> 58)
        let mayBeKnown = self.filter & bit != 0
        self.filter |= bit
        if position < 64 {
            return !mayBeKnown || self.isNew(position, in: elements)
        }
        return self.insertIntoSet(position, in: elements)
    }

    private func isNew(_ position: Int, in elements: [Attributes.Element]) -> Bool {
        let key = elements[position].key
        return !elements[..<position].contains { element in
            if case .null = element.value { return false }
            return element.key.utf8.elementsEqual(key.utf8)
        }
    }

    private mutating func insertIntoSet(
        _ position: Int,
        in elements: [Attributes.Element]
    ) -> Bool {
        var known = self.known.take() ?? []
        if known.isEmpty {
            for element in elements[..<position] {
                if case .null = element.value { continue }
                known.insert(Bytes(key: Array(element.key.utf8)))
            }
        }
        let isNew = known.insert(Bytes(key: Array(elements[position].key.utf8))).inserted
        self.known = known
        return isNew
    }
}
