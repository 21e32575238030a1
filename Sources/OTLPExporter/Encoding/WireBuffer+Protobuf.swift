/// Bytes that are written front to back: an array without the checks that each append costs.
///
/// Memory safe from outside: what is written has been reserved, positions are checked, and nobody
/// else holds the memory, so it may also go from task to task.
@safe
struct WireBuffer: ~Copyable, @unchecked Sendable {
    private var base: UnsafeMutableRawPointer

    /// How many bytes there is room for.
    private(set) var capacity: Int

    /// How many bytes have been written.
    private(set) var count = 0

    /// Creates an empty buffer with room for so many bytes.
    init(capacity: Int) {
        self.capacity = max(capacity, 64)
        unsafe self.base = .allocate(byteCount: self.capacity, alignment: 8)
    }

    deinit {
        unsafe self.base.deallocate()
    }

    /// Makes sure that so many bytes more can be written.
    @inline(__always)
    private mutating func reserve(_ size: Int) {
        if self.capacity &- self.count < size { self.grow(by: size) }
    }

    @inline(never)
    private mutating func grow(by size: Int) {
        let capacity = max(self.capacity * 2, self.count + size)
        let base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
        unsafe base.copyMemory(from: self.base, byteCount: self.count)
        unsafe self.base.deallocate()
        unsafe self.base = base
        self.capacity = capacity
    }

    /// The byte that was written last; 0 before the first.
    @inline(__always)
    var last: UInt8 {
        guard self.count > 0 else { return 0 }
        return unsafe self.base.load(fromByteOffset: self.count &- 1, as: UInt8.self)
    }

    // MARK: Appending

    /// Appends one byte.
    @inline(__always)
    mutating func append(_ byte: UInt8) {
        self.reserve(1)
        unsafe self.base.storeBytes(of: byte, toByteOffset: self.count, as: UInt8.self)
        self.count &+= 1
    }

    /// Appends the bytes of a number as they lie in memory.
    @inline(__always)
    mutating func append<Number: FixedWidthInteger>(memoryOf number: Number) {
        let size = MemoryLayout<Number>.size
        self.reserve(size)
        unsafe self.base.storeBytes(of: number, toByteOffset: self.count, as: Number.self)
        self.count &+= size
    }

    /// Appends the bytes of a literal.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        unsafe self.append(
            UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }

    /// Appends bytes.
    mutating func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { unsafe self.append($0) }
    }

    /// Appends the UTF-8 of a text.
    @inline(__always)
    mutating func append(_ text: String) {
        unsafe Self.withUTF8(of: text) { unsafe self.append($0) }
    }

    /// Appends bytes.
    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        self.reserve(bytes.count)
        unsafe (self.base + self.count).copyMemory(from: start, byteCount: bytes.count)
        self.count &+= bytes.count
    }

    /// Appends an integer as Protocol Buffers shorten it: seven bits a byte, the lowest first.
    @inline(__always)
    mutating func append(varint value: UInt64) {
        self.reserve(10)
        var rest = value
        while rest >= 0x80 {
            unsafe self.base.storeBytes(
                of: UInt8(truncatingIfNeeded: rest) | 0x80,
                toByteOffset: self.count,
                as: UInt8.self
            )
            self.count &+= 1
            rest >>= 7
        }
        unsafe self.base.storeBytes(
            of: UInt8(truncatingIfNeeded: rest),
            toByteOffset: self.count,
            as: UInt8.self
        )
        self.count &+= 1
    }

    /// Appends an integer in decimal.
    mutating func append(decimal value: UInt64) {
        let digits = value.decimalDigits
        self.reserve(digits)
        var offset = self.count + digits
        self.count = offset
        var rest = value
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            offset &-= 1
            unsafe self.base.storeBytes(
                of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit),
                toByteOffset: offset,
                as: UInt8.self
            )
            rest = quotient
        } while rest > 0
    }

    // MARK: Lengths

    /// Leaves `reserved` bytes for a length that ``writeLength(at:reserved:)`` writes later.
    ///
    /// - Returns: the position after them.
    @inline(__always)
    mutating func skip(_ reserved: Int) -> Int {
        self.reserve(reserved)
        self.count &+= reserved
        return self.count
    }

    /// Writes how many bytes follow `start`, as a varint into the `reserved` bytes before it.
    ///
    /// If it needs more or fewer of them, what follows is moved.
    @inline(__always)
    mutating func writeLength(at start: Int, reserved: Int) {
        precondition(start >= reserved && start <= self.count, "No length was left out there.")
        let length = self.count &- start
        let size = UInt64(truncatingIfNeeded: length).varintSize
        if size != reserved { self.move(from: start, by: size &- reserved) }
        var offset = start &- reserved
        var rest = length
        while rest >= 0x80 {
            unsafe self.base.storeBytes(
                of: UInt8(truncatingIfNeeded: rest) | 0x80,
                toByteOffset: offset,
                as: UInt8.self
            )
            offset &+= 1
            rest >>= 7
        }
        unsafe self.base.storeBytes(
            of: UInt8(truncatingIfNeeded: rest),
            toByteOffset: offset,
            as: UInt8.self
        )
    }

    @inline(never)
    private mutating func move(from start: Int, by distance: Int) {
        self.reserve(max(distance, 0))
        // The two may overlap; this is memmove, not memcpy.
        unsafe (self.base + start + distance).copyMemory(
            from: self.base + start,
            byteCount: self.count - start
        )
        self.count += distance
    }

    // MARK: Taking out

    /// Forgets everything from `position` on.
    mutating func truncate(to position: Int) {
        precondition(position >= 0 && position <= self.count, "Nothing was written there.")
        self.count = position
    }

    /// The bytes from `position` on.
    func copy(from position: Int = 0) -> [UInt8] {
        precondition(position >= 0 && position <= self.count, "Nothing was written there.")
        return unsafe [UInt8](
            UnsafeRawBufferPointer(start: self.base + position, count: self.count - position)
        )
    }

    // MARK: Texts

    /// Calls `body` with the UTF-8 of a text, which native strings hold as it is.
    @inline(__always)
    static func withUTF8(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        let isContiguous: Void? = unsafe text.utf8.withContiguousStorageIfAvailable(body)
        guard isContiguous == nil else { return }
        // A string that another language's runtime stores; there are none on Linux.
        unsafe Array(text.utf8).withUnsafeBufferPointer(body)
    }
}

extension UInt64 {
    /// How many bytes the number takes as a varint, 1 to 10.
    @inline(__always)
    var varintSize: Int {
        // One byte for every seven bits begun; 9/64 is as good as 1/7 up to 64 bits.
        let bits = 64 &- (self | 1).leadingZeroBitCount
        return (bits &* 9 &+ 64) >> 6
    }

    /// How many digits the number has in decimal, 1 to 20.
    fileprivate var decimalDigits: Int {
        var digits = 1
        var rest = self
        while rest >= 10_000 {
            rest /= 10_000
            digits += 4
        }
        if rest >= 1000 { return digits + 3 }
        if rest >= 100 { return digits + 2 }
        return rest >= 10 ? digits + 1 : digits
    }
}
