package import Tracing

/// The attributes of a span under way, and who changes them right now.
///
/// `span.attributes["key"] = value` takes the dictionary out, changes it in place, and puts it
/// back, so that nothing is copied. Nobody else waits meanwhile: an access that comes while the
/// dictionary is out gets an empty one to write to, an overlay, and what overlays hold is merged
/// when they and the dictionary are back. Reading during another's access sees only overlays.
package struct AttributeStore {
    /// What an access took, and must bring back.
    package struct Access {
        /// Whether it took the dictionary itself, not an overlay.
        fileprivate var isBase: Bool
        /// The attributes as they were, if they were as many as may be.
        fileprivate var full: SpanAttributes?
    }

    /// The dictionary, or the overlays that came back while it is out.
    private var attributes = SpanAttributes()
    private var isBaseHere = true
    /// How many accesses are under way.
    private(set) var accesses = 0
    /// How many attributes the limit cost.
    package private(set) var droppedCount = 0

    package init() {}

    /// The attributes as they stand.
    package var current: SpanAttributes { self.attributes }

    /// How many attributes there are.
    package var count: Int { self.attributes.count }

    /// Whether nobody changes them right now.
    package var isAtRest: Bool { self.accesses == 0 }

    /// Takes the attributes out, to be changed.
    package mutating func begin(limit: Int) -> (SpanAttributes, Access) {
        self.accesses += 1
        var access = Access(isBase: self.isBaseHere)
        self.isBaseHere = false
        var taken = SpanAttributes()
        swap(&taken, &self.attributes)
        if taken.isEmpty {
            // Few spans have more; growing step by step costs more than this.
            if access.isBase { taken.reserveCapacity(6) }
        } else if taken.count >= limit {
            access.full = taken
        }
        return (taken, access)
    }

    /// Brings attributes back.
    package mutating func end(_ access: Access, _ changed: consuming SpanAttributes, limit: Int) {
        self.accesses -= 1
        var changed = changed
        if access.isBase {
            if !self.attributes.isEmpty { changed.merge(self.attributes) }
            self.isBaseHere = true
            swap(&self.attributes, &changed)
        } else {
            self.attributes.merge(changed)
        }
        if self.isBaseHere, self.attributes.count > limit {
            self.shrink(to: limit, keeping: access.full)
        }
    }

    /// Drops what is beyond the limit: what was there before stays, with its new values.
    private mutating func shrink(to limit: Int, keeping full: SpanAttributes?) {
        var kept = SpanAttributes()
        if let full {
            let all = self.attributes
            full.forEach { key, _ in
                if let value = all.get(key) { kept.set(key, value: value) }
            }
        }
        self.attributes.forEach { key, value in
            if kept.count < limit, kept.get(key) == nil { kept.set(key, value: value) }
        }
        self.droppedCount += self.attributes.count - kept.count
        self.attributes = kept
    }
}
