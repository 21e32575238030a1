import TelemetryModel

/// Pairs as they are read: a key that comes again replaces the value and keeps the first place.
struct UniqueAttributes {
    private(set) var attributes = Attributes()

    /// Where a key stands in a long list, so that a hundred thousand keys do not take for ever; in
    /// a short one it is looked for.
    private var places: [String: Int] = [:]

    private static let shortList = 32

    /// Adds a pair, or replaces the value of its key.
    mutating func append(_ pair: Attributes.Element) {
        if let place = self.place(of: pair.key) {
            self.attributes[place].value = pair.value
        } else {
            self.attributes.append(key: pair.key, value: pair.value)
        }
    }

    private mutating func place(of key: String) -> Int? {
        let count = self.attributes.count
        guard count >= Self.shortList else {
            return self.attributes.firstIndex { $0.key == key }
        }
        if self.places.isEmpty {
            for (place, pair) in self.attributes.enumerated() { self.places[pair.key] = place }
        }
        if let place = self.places[key] { return place }
        self.places[key] = count
        return nil
    }
}
