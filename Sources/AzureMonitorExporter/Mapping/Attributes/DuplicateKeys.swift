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

    /// Whether the key is new among those before `position`, known keys apart.
    @inline(__always)
    mutating func insert(
        _ key: String,
        hash: UInt64,
        at position: Int,
        in attributes: Attributes
    ) -> Bool {
        let bit: UInt64 = 1 << (hash >> 58)
        let mayBeKnown = self.filter & bit != 0
        self.filter |= bit
        if position < 64 {
            return !mayBeKnown || self.isNew(key, before: position, in: attributes)
        }
        return self.insertIntoSet(key, before: position, in: attributes)
    }

    private func isNew(_ key: String, before position: Int, in attributes: Attributes) -> Bool {
        !attributes[..<position].contains { element in
            if case .null = element.value { return false }
            return element.key.utf8.elementsEqual(key.utf8)
        }
    }

    private mutating func insertIntoSet(
        _ key: String,
        before position: Int,
        in attributes: Attributes
    ) -> Bool {
        var known = self.known.take() ?? []
        if known.isEmpty {
            for element in attributes[..<position] {
                if case .null = element.value { continue }
                known.insert(Bytes(key: Array(element.key.utf8)))
            }
        }
        let isNew = known.insert(Bytes(key: Array(key.utf8))).inserted
        self.known = known
        return isNew
    }
}
