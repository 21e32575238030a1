/// Pairs of key and value in the order in which they were set.
///
/// A list, not a dictionary: records carry a handful of attributes, are written front to back, and
/// keep the order of whoever set them. Looking a key up is linear.
public struct Attributes: Hashable, Sendable {
    /// One pair.
    public struct Element: Hashable, Sendable {
        /// The key; may be any text, the empty one included.
        public var key: String

        /// The value.
        public var value: AttributeValue

        /// Creates a pair.
        public init(key: String, value: AttributeValue) {
            self.key = key
            self.value = value
        }
    }

    /// The pairs, for those who look at them without copying each.
    package private(set) var elements: [Element]

    /// Creates attributes from pairs, whose keys the caller keeps unique.
    public init(_ elements: [Element] = []) {
        self.elements = elements
    }

    /// The value of `key`; setting `nil` removes the pair, setting another value keeps its place.
    public subscript(_ key: String) -> AttributeValue? {
        get { self.elements.first { $0.key == key }?.value }
        set {
            let index = self.elements.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (.some(let index), .some(let value)): self.elements[index].value = value
            case (.some(let index), .none): self.elements.remove(at: index)
            case (.none, .some(let value)): self.elements.append(Element(key: key, value: value))
            case (.none, .none): break
            }
        }
    }

    /// Appends a pair without looking whether its key is there already.
    public mutating func append(key: String, value: AttributeValue) {
        self.elements.append(Element(key: key, value: value))
    }

    /// Makes room for `count` pairs.
    public mutating func reserveCapacity(_ count: Int) {
        self.elements.reserveCapacity(count)
    }

    /// Sets every pair of `other`, replacing values of keys that are there.
    public mutating func merge(_ other: Attributes) {
        for element in other.elements {
            self[element.key] = element.value
        }
    }

    /// Removes the pairs for which `shouldBeRemoved` is true.
    public mutating func removeAll(where shouldBeRemoved: (Element) throws -> Bool) rethrows {
        try self.elements.removeAll(where: shouldBeRemoved)
    }

    /// Shortens the list to its first `count` pairs and returns how many were dropped.
    public mutating func truncate(to count: Int) -> Int {
        let surplus = self.elements.count - count
        guard surplus > 0 else { return 0 }
        self.elements.removeLast(surplus)
        return surplus
    }
}

extension Attributes: RandomAccessCollection, MutableCollection {
    /// The position of the first pair.
    public var startIndex: Int { self.elements.startIndex }

    /// The position past the last pair.
    public var endIndex: Int { self.elements.endIndex }

    /// The pair at `position`.
    public subscript(position: Int) -> Element {
        get { self.elements[position] }
        set { self.elements[position] = newValue }
    }
}

extension Attributes: ExpressibleByDictionaryLiteral {
    /// Creates attributes in the order of the literal.
    public init(dictionaryLiteral elements: (String, AttributeValue)...) {
        self.init(elements.map { Element(key: $0.0, value: $0.1) })
    }
}
