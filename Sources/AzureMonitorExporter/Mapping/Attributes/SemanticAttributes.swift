import TelemetryModel

/// The attributes of one record, as the mapping uses them up.
///
/// Every known key is found once, when the attributes are loaded. From there on the mapping asks
/// for keys without comparing texts, and marks those whose values it used: a key is *consumed* if,
/// and only if, its value went somewhere else. What was not consumed becomes properties.
///
/// A value is reused for one record after another, so that loading allocates nothing.
struct SemanticAttributes {
    /// The attributes as loaded.
    private(set) var elements: [Attributes.Element] = []

    /// How many attributes were left out because their keys are over the limit.
    private(set) var refusedKeys = 0

    /// The known keys that are there, as bits.
    private var present: UInt128 = 0

    /// Where each known key is; meaningful only for those that are there.
    private var positions = [Int32](repeating: 0, count: SemanticKey.allCases.count)

    /// The attributes that are not to become properties, by position.
    private var excluded = PositionSet()

    private let table = SemanticKeyTable.shared

    /// Takes the attributes of the next record.
    ///
    /// Null values, empty keys, keys over the limit, and all but the first of several pairs with
    /// equal keys are left out at once.
    mutating func load(_ attributes: Attributes) {
        let elements = attributes.elements
        self.elements = elements
        self.present = 0
        self.excluded.removeAll()
        var duplicates = DuplicateKeys()
        for position in elements.indices {
            if case .null = elements[position].value {
                self.excluded.insert(position)
                continue
            }
            let isKept: Bool? = unsafe elements[position].key.utf8.withContiguousStorageIfAvailable
            {
                unsafe self.classify($0, of: elements, at: position, seen: &duplicates)
            }
            if let isKept {
                if !isKept { self.excluded.insert(position) }
                continue
            }
            // A string that another language's runtime stores; there are none on Linux.
            let isCopyKept = unsafe Array(elements[position].key.utf8).withUnsafeBufferPointer {
                unsafe self.classify($0, of: elements, at: position, seen: &duplicates)
            }
            if !isCopyKept { self.excluded.insert(position) }
        }
    }

    private mutating func classify(
        _ name: UnsafeBufferPointer<UInt8>,
        of elements: [Attributes.Element],
        at position: Int,
        seen duplicates: inout DuplicateKeys
    ) -> Bool {
        guard !name.isEmpty else { return false }
        let hash = unsafe SemanticKeyTable.hash(of: name)
        if let known = unsafe self.table.find(name, hash: hash) {
            guard self.present & known.bit == 0 else { return false }
            self.present |= known.bit
            self.positions[Int(known.rawValue)] = Int32(truncatingIfNeeded: position)
            return true
        }
        if name.count > Limits.key,
            TextLimit.isExceeded(by: elements[position].key, limit: Limits.key)
        {
            self.refusedKeys += 1
            return false
        }
        return duplicates.insert(hash: hash, at: position, in: elements)
    }
}

// MARK: Asking for known keys

extension SemanticAttributes {
    /// Whether the attribute is there, even if its value is empty.
    @inline(__always)
    func has(_ key: SemanticKey) -> Bool { self.present & key.bit != 0 }

    /// Whether one of two attributes is there.
    @inline(__always)
    func has(_ key: SemanticKey, or other: SemanticKey) -> Bool {
        self.present & (key.bit | other.bit) != 0
    }

    /// The attribute's value, if it is there.
    @inline(__always)
    func value(_ key: SemanticKey) -> AttributeValue? {
        guard self.present & key.bit != 0 else { return nil }
        return self.elements[Int(self.positions[Int(key.rawValue)])].value
    }

    /// The attribute's text, if it is there; may be empty.
    @inline(__always)
    func text(_ key: SemanticKey) -> String? {
        self.value(key)?.mappedText
    }

    /// The attribute's text, unless it is absent or its text is empty; 0 and false count.
    func filledText(_ key: SemanticKey) -> String? {
        guard let text = self.text(key), !text.isEmpty else { return nil }
        return text
    }

    /// The attribute's text, unless it is absent or void.
    func solidText(_ key: SemanticKey) -> String? {
        guard let value = self.value(key), !value.isVoid else { return nil }
        return value.mappedText
    }

    /// An attribute that was chosen among several.
    struct Choice {
        /// Whose value it is.
        var key: SemanticKey
        /// The value's text.
        var text: String
    }

    /// The first of the attributes that is neither absent nor void.
    func first(
        _ first: SemanticKey,
        _ second: SemanticKey? = nil,
        _ third: SemanticKey? = nil,
        _ fourth: SemanticKey? = nil,
        _ fifth: SemanticKey? = nil
    ) -> Choice? {
        if let text = self.solidText(first) { return Choice(key: first, text: text) }
        if let second, let text = self.solidText(second) {
            return Choice(key: second, text: text)
        }
        if let third, let text = self.solidText(third) { return Choice(key: third, text: text) }
        if let fourth, let text = self.solidText(fourth) {
            return Choice(key: fourth, text: text)
        }
        if let fifth, let text = self.solidText(fifth) { return Choice(key: fifth, text: text) }
        return nil
    }
}

// MARK: Consuming

extension SemanticAttributes {
    /// Marks the attribute as used, so that it does not become a property.
    mutating func consume(_ key: SemanticKey) {
        guard self.has(key) else { return }
        self.excluded.insert(Int(self.positions[Int(key.rawValue)]))
    }

    /// Marks a chosen attribute as used, and gives its text.
    mutating func consume(_ choice: Choice?) -> String? {
        guard let choice else { return nil }
        self.consume(choice.key)
        return choice.text
    }

    /// Marks the attribute as used if it is there, and gives its text.
    mutating func consumeText(_ key: SemanticKey) -> String? {
        guard let text = self.text(key) else { return nil }
        self.consume(key)
        return text
    }

    /// Marks the attribute as used if its text is not empty, and gives the text.
    mutating func consumeFilledText(_ key: SemanticKey) -> String? {
        guard let text = self.filledText(key) else { return nil }
        self.consume(key)
        return text
    }

    /// Whether the attribute at `position` is to become a property.
    @inline(__always)
    func isProperty(at position: Int) -> Bool { !self.excluded.contains(position) }
}
