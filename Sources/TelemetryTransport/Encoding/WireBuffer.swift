/// Bytes that are written one after the other, in memory that is kept for the next who writes.
///
/// An array would ask for each byte whether it is shared; here a piece of text is one comparison
/// and one copy. Whoever encodes does little else than write, so what is small is inlined there;
/// the compiler does that across modules only if the type itself is usable from inlined code.
@safe
@usableFromInline
package struct WireBuffer: ~Copyable {
    @usableFromInline var memory: UnsafeMutableRawPointer

    /// How many bytes there is room for.
    @usableFromInline var capacity: Int

    /// Where the next byte goes.
    @usableFromInline var end = 0

    /// Creates a buffer with room for some bytes.
    package init(capacity: Int = 256) {
        self.capacity = max(capacity, 64)
        unsafe self.memory = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit {
        unsafe self.memory.deallocate()
    }

    /// How many bytes have been written.
    @inlinable package var count: Int { self.end }

    /// The byte that was written last; 0 before the first.
    @inlinable package var last: UInt8 {
        @inline(__always)
        get {
            guard self.end > 0 else { return 0 }
            return unsafe self.memory.load(fromByteOffset: self.end &- 1, as: UInt8.self)
        }
    }

    /// A copy of what was written from an offset on.
    package func copy(from start: Int = 0) -> [UInt8] {
        precondition(start >= 0 && start <= self.end, "There are not as many bytes.")
        return unsafe self.withUnsafeBytes { unsafe [UInt8]($0[start...]) }
    }

    /// Gives what was written to `body`, for as long as that takes.
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe body(UnsafeRawBufferPointer(start: self.memory, count: self.end))
    }

    // MARK: Room

    /// Makes room for so many bytes more.
    @inlinable @inline(__always)
    package mutating func reserve(_ bytes: Int) {
        if self.capacity &- self.end < bytes { self.grow(bytes) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ bytes: Int) {
        let larger = max(self.capacity * 2, self.end + bytes)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        unsafe memory.copyMemory(from: self.memory, byteCount: self.end)
        unsafe self.memory.deallocate()
        unsafe self.memory = memory
        self.capacity = larger
    }

    /// Forgets everything, and gives memory back if there is more than `limit`.
    package mutating func reset(keeping limit: Int) {
        self.end = 0
        guard self.capacity > limit else { return }
        self = WireBuffer()
    }

    /// Forgets what was written from an offset on.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.end, "There are not as many bytes.")
        self.end = count
    }

    // MARK: Appending

    /// Writes a byte.
    @inlinable @inline(__always)
    package mutating func append(_ byte: UInt8) {
        self.reserve(1)
        self.store(byte)
    }

    /// Writes text that is known when the program is built.
    @inlinable @inline(__always)
    package mutating func append(_ text: StaticString) {
        let size = text.utf8CodeUnitCount
        self.reserve(size)
        unsafe (self.memory + self.end).copyMemory(from: text.utf8Start, byteCount: size)
        self.end &+= size
    }

    /// Writes bytes.
    @inlinable @inline(__always)
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        self.reserve(bytes.count)
        unsafe (self.memory + self.end).copyMemory(from: source, byteCount: bytes.count)
        self.end &+= bytes.count
    }

    /// Writes bytes.
    package mutating func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe self.append($0) }
    }

    /// Writes the UTF-8 of a text.
    @inlinable @inline(__always)
    package mutating func append(utf8Of text: String) {
        unsafe Self.withUTF8(of: text) { unsafe self.append($0) }
    }

    /// Writes the bytes of a number as they lie in memory.
    @inlinable @inline(__always)
    package mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(
        memoryOf number: Number
    ) {
        self.reserve(MemoryLayout<Number>.size)
        self.store(number)
    }

    /// Calls `body` with the UTF-8 of a text, which native strings hold as it is.
    @inlinable @inline(__always)
    package static func withUTF8(
        of text: String,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        let isContiguous: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
            unsafe body(UnsafeRawBufferPointer($0))
        }
        guard isContiguous == nil else { return }
        // A string that another language's runtime stores; there are none on Linux.
        unsafe Array(text.utf8).withUnsafeBytes(body)
    }

    // MARK: Places

    /// Adds bytes that are still to be written, with ``replace(_:at:)``.
    @inlinable @inline(__always)
    package mutating func extend(by count: Int) {
        self.reserve(count)
        self.end &+= count
    }

    /// Writes a byte in the place of another.
    @inlinable @inline(__always)
    package mutating func replace(_ byte: UInt8, at offset: Int) {
        assert(offset < self.end, "There are not as many bytes.")
        unsafe self.memory.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// Moves what was written from an offset on to the right or, by a negative number, to the left.
    @inline(never)
    package mutating func move(from start: Int, by distance: Int) {
        precondition(start <= self.end && start + distance >= 0, "Nothing lies or fits there.")
        self.reserve(max(distance, 0))
        // The two may overlap; this is memmove, not memcpy.
        unsafe (self.memory + start + distance).copyMemory(
            from: self.memory + start,
            byteCount: self.end - start
        )
        self.end += distance
    }

    /// Writes the bytes of a number as they lie in memory, `back` bytes before the end.
    ///
    /// - Precondition: there is room for them.
    @inlinable @inline(__always)
    package mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value,
        back: Int = 0
    ) {
        let offset = self.end &- back
        assert(self.capacity &- offset >= MemoryLayout<Value>.size, "There is no room.")
        unsafe self.memory.storeBytes(of: value, toByteOffset: offset, as: Value.self)
        self.end = offset &+ MemoryLayout<Value>.size
    }

    /// Makes a number of the bytes at an offset.
    ///
    /// - Precondition: as many have been written.
    @inlinable
    package func load<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
        assert(offset + MemoryLayout<Value>.size <= self.end, "There are not as many bytes.")
        return unsafe self.memory.loadUnaligned(fromByteOffset: offset, as: Value.self)
    }
}
