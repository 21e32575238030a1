/// Finds the ``SemanticKey`` of an attribute's key.
///
/// Nearly every attribute of every record passes through here, so it is an open hash table over a
/// few bytes of the key rather than a dictionary: about 10 ns a look-up instead of 60.
struct SemanticKeyTable: Sendable {
    /// The table; built once in the life of the process.
    static let shared = SemanticKeyTable()

    /// Places in the table, a power of two and about three times the number of keys.
    private static let capacity = 256
    private static let vacant = UInt8.max

    /// The raw value of the key at each place, or `vacant`.
    private var places: [UInt8]
    /// The keys' bytes, one after the other.
    private var names: [UInt8] = []
    /// Where in `names` each key starts, and where the last one ends.
    private var bounds: [Int] = [0]

    private init() {
        self.places = Array(repeating: Self.vacant, count: Self.capacity)
        for key in SemanticKey.allCases {
            let name = Array(key.name.utf8)
            self.names += name
            self.bounds.append(self.names.count)
            var place = Int(truncatingIfNeeded: Self.hash(of: name)) & (Self.capacity - 1)
            while self.places[place] != Self.vacant { place = (place + 1) & (Self.capacity - 1) }
            self.places[place] = key.rawValue
        }
    }

    /// The semantic key whose bytes are `name`, if there is one.
    @inline(__always)
    func find(_ name: UnsafeBufferPointer<UInt8>, hash: UInt64) -> SemanticKey? {
        var place = Int(truncatingIfNeeded: hash) & (Self.capacity - 1)
        while self.places[place] != Self.vacant {
            let rawValue = self.places[place]
            if unsafe self.isName(of: rawValue, name) { return SemanticKey(rawValue: rawValue) }
            place = (place + 1) & (Self.capacity - 1)
        }
        return nil
    }

    @inline(__always)
    private func isName(of rawValue: UInt8, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = self.bounds[Int(rawValue)]
        guard self.bounds[Int(rawValue) + 1] - start == name.count else { return false }
        return unsafe self.names.withUnsafeBytes { names in
            let known = unsafe UnsafeRawBufferPointer(rebasing: names[start..<(start + name.count)])
            let other = UnsafeRawBufferPointer(name)
            guard name.count >= 8 else { return unsafe known.elementsEqual(other) }
            // Eight bytes at a time; the last eight may overlap those before.
            var offset = 0
            while true {
                let left = unsafe known.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let right = unsafe other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                guard left == right else { return false }
                if offset == name.count - 8 { return true }
                offset = min(offset + 8, name.count - 8)
            }
        }
    }

    /// A hash of the key's length, its first eight bytes and its last eight.
    ///
    /// Good enough to tell the known keys apart; whoever chooses keys that collide only slows the
    /// mapping down to comparing them.
    @inline(__always)
    static func hash(of name: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var first: UInt64 = 0
        var last: UInt64 = 0
        if name.count >= 8 {
            let bytes = UnsafeRawBufferPointer(name)
            first = unsafe bytes.loadUnaligned(as: UInt64.self)
            last = unsafe bytes.loadUnaligned(fromByteOffset: name.count - 8, as: UInt64.self)
        } else {
            for index in 0..<name.count { first = unsafe first << 8 | UInt64(name[index]) }
        }
        var hash = (first ^ UInt64(name.count)) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ (hash >> 32) ^ last) &* 0xD6E8_FEB8_6659_FD93
        return hash ^ (hash >> 32)
    }

    private static func hash(of name: [UInt8]) -> UInt64 {
        unsafe name.withUnsafeBufferPointer { unsafe Self.hash(of: $0) }
    }
}
