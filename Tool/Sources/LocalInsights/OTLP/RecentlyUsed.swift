/// A dictionary that holds so many values and no more: whoever was not used for longest makes room.
///
/// Looking up, inserting and removing the oldest take constant time.
struct RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// How many values it may hold; at least one.
    let capacity: Int

    private struct Node {
        var key: Key
        var value: Value
        /// The node that was used next, or nothing for the newest.
        var newer: Int?
        /// The node that was used before, or nothing for the oldest.
        var older: Int?
    }

    /// Nodes never move, and are never removed: a newcomer takes over the oldest one's.
    private var nodes: [Node] = []
    private var places: [Key: Int] = [:]
    private var newest: Int?
    private var oldest: Int?

    /// Creates an empty dictionary.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// How many values it holds.
    var count: Int { self.nodes.count }

    /// Looks for a value and, if there is one, lets `body` change it; it is the newest then.
    ///
    /// - Returns: what `body` returns, or `nil` if the key is not there.
    mutating func use<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
        guard let place = self.places[key] else { return nil }
        self.unlink(place)
        self.linkAsNewest(place)
        return body(&self.nodes[place].value)
    }

    /// Inserts a value whose key is not there yet, as the newest.
    ///
    /// - Returns: the oldest value if it had to make room.
    mutating func insert(_ key: Key, _ value: Value) -> Value? {
        guard self.nodes.count >= self.capacity, let place = self.oldest else {
            self.nodes.append(Node(key: key, value: value))
            self.places[key] = self.nodes.count - 1
            self.linkAsNewest(self.nodes.count - 1)
            return nil
        }
        self.unlink(place)
        let removed = self.nodes[place]
        self.places[removed.key] = nil
        self.nodes[place] = Node(key: key, value: value)
        self.places[key] = place
        self.linkAsNewest(place)
        return removed.value
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (self.nodes[place].newer, self.nodes[place].older)
        if let newer { self.nodes[newer].older = older } else { self.newest = older }
        if let older { self.nodes[older].newer = newer } else { self.oldest = newer }
        self.nodes[place].newer = nil
        self.nodes[place].older = nil
    }

    private mutating func linkAsNewest(_ place: Int) {
        self.nodes[place].older = self.newest
        if let newest = self.newest { self.nodes[newest].newer = place }
        self.newest = place
        if self.oldest == nil { self.oldest = place }
    }
}
