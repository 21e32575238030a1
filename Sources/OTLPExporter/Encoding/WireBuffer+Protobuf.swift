import TelemetryTransport

// Integers and lengths as Protocol Buffers have them.

extension WireBuffer {
    /// Writes an integer as Protocol Buffers shorten it: seven bits a byte, the lowest first.
    @inline(__always)
    mutating func append(varint value: UInt64) {
        self.reserve(10)
        var rest = value
        while rest >= 0x80 {
            self.store(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.store(UInt8(truncatingIfNeeded: rest))
    }

    /// Leaves `reserved` bytes for a length that ``writeLength(at:reserved:)`` writes later.
    ///
    /// - Returns: the position after them.
    @inline(__always)
    mutating func skip(_ reserved: Int) -> Int {
        self.extend(by: reserved)
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
            self.replace(UInt8(truncatingIfNeeded: rest) | 0x80, at: offset)
            offset &+= 1
            rest >>= 7
        }
        self.replace(UInt8(truncatingIfNeeded: rest), at: offset)
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
}
