/// Bytes that are written one after the other, in memory that is kept for the next who writes.
///
/// An array would ask for each byte whether it is shared; here a piece of text is one comparison
/// and one copy.
@safe
struct ByteBuffer: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int

    /// How many bytes have been written.
    private(set) var count = 0

    /// Creates a buffer with room for some bytes.
    init(capacity: Int = 256) {
        self.capacity = max(capacity, 64)
        unsafe self.memory = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit {
        unsafe self.memory.deallocate()
    }

    /// A copy of what was written.
    var bytes: [UInt8] { unsafe self.withUnsafeBytes { unsafe [UInt8]($0) } }

    /// A copy of what was written from an offset on.
    func bytes(from start: Int) -> [UInt8] {
        unsafe self.withUnsafeBytes { unsafe [UInt8]($0[start...]) }
    }

    /// Gives what was written to `body`, for as long as that takes.
    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe body(UnsafeRawBufferPointer(start: self.memory, count: self.count))
    }

    /// Makes room for so many bytes more.
    @inline(__always)
    mutating func reserve(_ bytes: Int) {
        if self.capacity &- self.count < bytes { self.grow(bytes) }
    }

    @inline(never)
    private mutating func grow(_ bytes: Int) {
        let larger = max(self.capacity * 2, self.count + bytes)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        unsafe memory.copyMemory(from: self.memory, byteCount: self.count)
        unsafe self.memory.deallocate()
        unsafe self.memory = memory
        self.capacity = larger
    }

    /// Forgets everything, and gives memory back if there is more than `limit`.
    mutating func reset(keeping limit: Int) {
        self.count = 0
        guard self.capacity > limit else { return }
        self = ByteBuffer()
    }

    /// Forgets what was written from an offset on.
    mutating func truncate(to count: Int) {
        assert(count <= self.count, "There are not as many bytes.")
        self.count = count
    }

    /// Forgets what was written before an offset; the rest becomes the beginning.
    mutating func removeFirst(_ count: Int) {
        let rest = self.count - count
        unsafe self.memory.copyMemory(from: self.memory + count, byteCount: rest)
        self.count = rest
    }

    /// Writes a byte.
    @inline(__always)
    mutating func append(_ byte: UInt8) {
        self.reserve(1)
        unsafe self.memory.storeBytes(of: byte, toByteOffset: self.count, as: UInt8.self)
        self.count &+= 1
    }

    /// Writes text that is known when the program is built.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        let size = text.utf8CodeUnitCount
        self.reserve(size)
        unsafe (self.memory + self.count).copyMemory(from: text.utf8Start, byteCount: size)
        self.count &+= size
    }

    /// Writes bytes.
    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        self.reserve(bytes.count)
        unsafe (self.memory + self.count).copyMemory(from: source, byteCount: bytes.count)
        self.count &+= bytes.count
    }

    /// Writes bytes.
    mutating func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe self.append($0) }
    }

    /// Adds bytes that are still to be written, with ``replace(_:at:)``.
    mutating func extend(by count: Int) {
        self.reserve(count)
        self.count &+= count
    }

    /// Writes a byte in the place of another.
    @inline(__always)
    mutating func replace(_ byte: UInt8, at offset: Int) {
        assert(offset < self.count, "There are not as many bytes.")
        unsafe self.memory.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// Writes the bytes of a number as they lie in memory, `back` bytes before the end.
    ///
    /// - Precondition: there is room for them.
    @inline(__always)
    mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, back: Int = 0) {
        let offset = self.count &- back
        unsafe self.memory.storeBytes(of: value, toByteOffset: offset, as: Value.self)
        self.count = offset &+ MemoryLayout<Value>.size
    }

    /// Makes a number of the bytes at an offset.
    ///
    /// - Precondition: as many have been written.
    func load<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
        assert(offset + MemoryLayout<Value>.size <= self.count, "There are not as many bytes.")
        return unsafe self.memory.loadUnaligned(fromByteOffset: offset, as: Value.self)
    }
}
