internal import Tracing

/// The attributes of a recording, and who is changing them.
///
/// To change them in place they are taken out, changed without a lock, and put back. Of several
/// accesses that overlap, the first holds the attributes; the others write into empty ones, which
/// are merged when they end. Merging may release values of foreign types, so it happens outside
/// the lock: ``finish(_:)`` hands out what is to be merged, and is called again afterwards.
struct AttributeLedger {
    /// All attributes; while they are out, what was written meanwhile.
    private(set) var current = SpanAttributes(Dictionary())

    /// How many accesses are under way.
    private(set) var accessCount = 0

    private var isOut = false

    mutating func begin(limit: Int) -> AttributeAccess {
        self.accessCount += 1
        guard !self.isOut else {
            return AttributeAccess(role: .follower)
        }
        self.isOut = true
        var access = AttributeAccess(role: .holder)
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
        case .sole, .holder:
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

    /// Takes over attributes that nobody is changing; there were none here.
    mutating func adopt(_ attributes: SpanAttributes) {
        self.current = attributes
    }

    /// Takes over attributes that are with somebody who changes them.
    mutating func adoptLent() {
        self.isOut = true
        self.accessCount += 1
    }

    /// Replaces the attributes, or what was written while they are out; returns the old ones.
    mutating func replace(with attributes: SpanAttributes) -> SpanAttributes {
        let old = self.current
        self.current = attributes
        return old
    }
}

/// Attributes on loan from an ``AttributeLedger``.
///
/// Two words, because it lives in the frame of the accessor that lends the attributes: a larger
/// frame would be allocated for each attribute that is set.
struct AttributeAccess {
    enum Role {
        /// Has the attributes, and the ledger knows nothing of it, unless others came.
        case sole
        /// Has the attributes.
        case holder
        /// Has what it writes itself.
        case follower
        /// Came after the end, or to a span that is not recorded; what it writes is forgotten.
        case forgotten
    }

    /// What few accesses have.
    private struct Burden {
        var role: Role
        var previous: SpanAttributes?
        var pending: SpanAttributes?
    }

    private enum Standing {
        case sole, holder, follower, forgotten
        indirect case burdened(Burden)
    }

    var attributes: SpanAttributes
    private var standing: Standing

    init(attributes: SpanAttributes = SpanAttributes(Dictionary()), role: Role) {
        self.attributes = attributes
        switch role {
        case .sole: self.standing = .sole
        case .holder: self.standing = .holder
        case .follower: self.standing = .follower
        case .forgotten: self.standing = .forgotten
        }
    }

    private var burden: Burden {
        get {
            switch self.standing {
            case .sole: Burden(role: .sole)
            case .holder: Burden(role: .holder)
            case .follower: Burden(role: .follower)
            case .forgotten: Burden(role: .forgotten)
            case .burdened(let burden): burden
            }
        }
        set { self.standing = .burdened(newValue) }
    }

    var role: Role { self.burden.role }

    /// Whether the access began without a lock, and may end so.
    var isSole: Bool {
        switch self.standing {
        case .sole: true
        case .burdened(let burden): burden.role == .sole
        case .holder, .follower, .forgotten: false
        }
    }

    /// The attributes at the beginning, if they were as many as may be.
    var previous: SpanAttributes? {
        get { self.burden.previous }
        set { self.burden.previous = newValue }
    }

    /// What others wrote meanwhile, to be merged.
    fileprivate var pending: SpanAttributes? {
        get { self.burden.pending }
        set { self.burden.pending = newValue }
    }

    private var isBurdened: Bool {
        if case .burdened = self.standing { true } else { false }
    }

    fileprivate mutating func becomeHolder(of attributes: SpanAttributes) {
        // What this access wrote comes after what it now holds.
        self.pending = self.attributes
        self.attributes = attributes
        self.burden.role = .holder
    }

    /// Whether there is nothing to be done by ``settle(limit:)``, which is nearly always so.
    @inline(__always)
    func isSettled(limit: Int) -> Bool {
        if case .sole = self.standing { self.attributes.count <= limit } else { false }
    }

    /// Merges what others wrote and keeps the limit; returns how many attributes that cost.
    mutating func settle(limit: Int) -> Int {
        var dropped = self.trim(to: limit)
        guard self.isBurdened, let pending = self.pending else { return dropped }
        self.pending = nil
        switch self.role {
        case .sole, .holder:
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
        guard self.attributes.count > limit, self.role != .forgotten else { return 0 }
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
