internal import Tracing

/// The attributes of a recording, and who is changing them.
///
/// To change them in place they are taken out, changed without a lock, and put back. Of several
/// accesses that overlap, the first holds the attributes; the others write into empty ones, which
/// are merged when they end. Merging may release values of foreign types, so it happens outside
/// the lock: ``finish(_:)`` hands out what is to be merged, and is called again afterwards.
struct AttributeLedger {
    /// All attributes; while they are out, what was written meanwhile.
    private(set) var current: SpanAttributes = [:]

    /// How many accesses are under way.
    private(set) var accessCount = 0

    private var isOut = false

    mutating func begin(limit: Int) -> AttributeAccess {
        self.accessCount += 1
        guard !self.isOut else {
            return AttributeAccess(attributes: [:], role: .follower)
        }
        self.isOut = true
        var access = AttributeAccess(attributes: [:], role: .holder)
        if self.current.count >= limit {
            // The dictionary has no order: only the old one tells which attributes came first.
            access.previous = self.current
        }
        // Swapped, here and below: to copy and to clear would count references up and down.
        swap(&self.current, &access.attributes)
        return access
    }

    /// Puts back what an access changed.
    ///
    /// - Returns: whether the access has ended; if not, the caller merges and calls again.
    mutating func finish(_ access: inout AttributeAccess) -> Bool {
        switch access.role {
        case .forgotten:
            return true
        case .holder:
            guard self.current.isEmpty else {
                access.pending = self.current
                self.current = [:]
                return false
            }
            swap(&self.current, &access.attributes)
            self.isOut = false
        case .follower:
            if !access.attributes.isEmpty {
                guard self.isOut else {
                    access.becomeHolder(of: self.current)
                    self.current = [:]
                    self.isOut = true
                    return false
                }
                guard self.current.isEmpty else {
                    access.pending = self.current
                    self.current = [:]
                    return false
                }
                swap(&self.current, &access.attributes)
            }
        }
        self.accessCount -= 1
        return true
    }

    /// Replaces the attributes, or what was written while they are out; returns the old ones.
    mutating func replace(with attributes: SpanAttributes) -> SpanAttributes {
        let old = self.current
        self.current = attributes
        return old
    }
}

/// Attributes on loan from an ``AttributeLedger``.
struct AttributeAccess {
    enum Role {
        /// Has the attributes.
        case holder
        /// Has what it writes itself.
        case follower
        /// Came after the end; what it writes is forgotten.
        case forgotten
    }

    var attributes: SpanAttributes
    private(set) var role: Role

    /// The attributes at the beginning, if they were as many as may be.
    var previous: SpanAttributes?

    /// What others wrote meanwhile, to be merged.
    fileprivate(set) var pending: SpanAttributes?

    init(attributes: SpanAttributes, role: Role) {
        self.attributes = attributes
        self.role = role
    }

    fileprivate mutating func becomeHolder(of attributes: SpanAttributes) {
        // What this access wrote comes after what it now holds.
        self.pending = self.attributes
        self.attributes = attributes
        self.role = .holder
    }

    /// Merges what others wrote and keeps the limit; returns how many attributes that cost.
    mutating func settle(limit: Int) -> Int {
        var dropped = self.trim(to: limit)
        guard let pending = self.pending else { return dropped }
        self.pending = nil
        switch self.role {
        case .holder:
            self.previous = self.attributes
            self.attributes.merge(pending)
        case .follower:
            var merged = pending
            merged.merge(self.attributes)
            self.attributes = merged
        case .forgotten:
            break
        }
        dropped += self.trim(to: limit)
        return dropped
    }

    private mutating func trim(to limit: Int) -> Int {
        guard self.role != .forgotten, self.attributes.count > limit else { return 0 }
        let surplus = self.attributes.count - limit
        self.attributes = self.attributes.limited(to: limit, preferring: self.previous)
        return surplus
    }
}

extension SpanAttributes {
    /// At most `limit` of the attributes: first those whose keys are in `previous`, then others in
    /// the order of their keys.
    func limited(to limit: Int, preferring previous: SpanAttributes? = nil) -> SpanAttributes {
        guard self.count > limit else { return self }
        var kept: SpanAttributes = [:]
        var others: [(key: String, value: SpanAttribute)] = []
        // swift-format-ignore: ReplaceForEachWithForLoop
        self.forEach { key, value in
            if previous?.get(key) != nil, kept.count < limit {
                kept.set(key, value: value)
            } else {
                others.append((key, value))
            }
        }
        if kept.count < limit {
            others.sort { $0.key < $1.key }
            for other in others.prefix(limit - kept.count) {
                kept.set(other.key, value: other.value)
            }
        }
        return kept
    }
}
