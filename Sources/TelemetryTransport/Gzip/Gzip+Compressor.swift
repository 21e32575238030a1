private import CZlib

extension Gzip {
    /// Compresses one body after the other with the same memory.
    ///
    /// Either hand over a body whole, or its parts with ``append(_:)-(RawSpan)`` and take the
    /// result with ``finish()``. Memory is taken at the first use: 260 KB of state, and as much
    /// for output as the largest body needed.
    ///
    /// Where even that cannot be had, the output is valid gzip without compression.
    @safe
    public struct Compressor: ~Copyable, @unchecked Sendable {
        // zlib's state points back at the stream, which therefore must not move.
        private var stream: UnsafeMutablePointer<z_stream>?
        private var output: UnsafeMutableRawBufferPointer
        private var stored: StoredMember?
        private let level: Int32

        /// Creates a compressor, which takes no memory yet.
        ///
        /// - Parameter level: From 1 (fastest, the default) to 9 (smallest).
        public init(level: Int = 1) {
            unsafe self.stream = nil
            unsafe self.output = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            self.level = Int32(min(max(level, 1), 9))
        }

        deinit {
            if let stream = unsafe self.stream {
                unsafe deflateEnd(stream)
                unsafe stream.deallocate()
            }
            unsafe self.output.deallocate()
        }

        /// Compresses a whole body.
        ///
        /// Parts appended before and not finished are part of it.
        ///
        /// - Parameter bytes: The content.
        /// - Returns: One gzip member.
        public mutating func compress(_ bytes: [UInt8]) -> [UInt8] {
            unsafe bytes.withUnsafeBytes { unsafe self.append($0) }
            return self.finish()
        }

        /// Compresses a part of a body.
        ///
        /// - Parameter part: The next bytes of the content.
        public mutating func append(_ part: RawSpan) {
            unsafe part.withUnsafeBytes { unsafe self.append($0) }
        }

        /// Compresses a part of a body.
        ///
        /// - Parameter part: The next bytes of the content; not used after the call.
        @unsafe
        public mutating func append(_ part: UnsafeRawBufferPointer) {
            guard let stream = unsafe self.prepared() else {
                unsafe self.stored?.append(part)
                return
            }
            // zlib counts in 32 bits.
            var rest = unsafe part[...]
            while unsafe !rest.isEmpty {
                let piece = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
                unsafe rest = rest.dropFirst(piece.count)
                // zlib does not write to its input; the field lacks a `const`.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
                )
                unsafe stream.pointee.avail_in = uInt(piece.count)
                while unsafe stream.pointee.avail_in > 0 {
                    unsafe self.deflateOnce(stream, Z_NO_FLUSH)
                }
            }
        }

        /// Ends the body and begins the next.
        ///
        /// - Returns: One gzip member with all that was appended.
        public mutating func finish() -> [UInt8] {
            guard let stream = unsafe self.prepared() else {
                let member = self.stored.take()
                return member?.finished() ?? []
            }
            while unsafe self.deflateOnce(stream, Z_FINISH) != Z_STREAM_END {}
            let count = unsafe self.written(by: stream)
            let member = unsafe [UInt8](self.output.prefix(count))
            unsafe deflateReset(stream)
            unsafe self.pointToOutput(stream, used: 0)
            return member
        }

        /// Calls zlib with room to write to.
        @discardableResult
        private mutating func deflateOnce(
            _ stream: UnsafeMutablePointer<z_stream>,
            _ flush: Int32
        ) -> Int32 {
            if unsafe stream.pointee.avail_out == 0 {
                let used = unsafe self.output.count
                let larger = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: max(64 << 10, used * 2),
                    alignment: 16
                )
                unsafe larger.copyMemory(from: UnsafeRawBufferPointer(self.output))
                unsafe self.output.deallocate()
                unsafe self.output = larger
                unsafe self.pointToOutput(stream, used: used)
            }
            return unsafe deflate(stream, flush)
        }

        private func written(by stream: UnsafeMutablePointer<z_stream>) -> Int {
            // `total_out` has 32 bits on some platforms, the difference of two pointers never.
            guard let base = unsafe self.output.baseAddress,
                let next = unsafe stream.pointee.next_out
            else {
                return 0
            }
            return unsafe UnsafeMutableRawPointer(next) - base
        }

        private func pointToOutput(_ stream: UnsafeMutablePointer<z_stream>, used: Int) {
            guard let base = unsafe self.output.baseAddress else {
                return
            }
            unsafe stream.pointee.next_out = (base + used).assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_out = uInt(
                min(self.output.count - used, Int(UInt32.max))
            )
        }

        /// The stream, made at the first call; `nil` if there is no memory for it.
        private mutating func prepared() -> UnsafeMutablePointer<z_stream>? {
            if let stream = unsafe self.stream {
                return unsafe stream
            }
            if self.stored != nil {
                return nil
            }
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            unsafe stream.initialize(to: z_stream())
            // 15 bits of window, and 16 to ask for gzip; memory level 8 is zlib's default.
            let result = unsafe deflateInit2_(
                stream,
                self.level,
                Z_DEFLATED,
                15 + 16,
                8,
                Z_DEFAULT_STRATEGY,
                ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)
            )
            guard result == Z_OK else {
                unsafe stream.deallocate()
                self.stored = StoredMember()
                return nil
            }
            unsafe self.stream = stream
            return unsafe stream
        }
    }
}

/// A gzip member whose content stands in it as it is.
struct StoredMember {
    private var content: [UInt8] = []

    /// Adds to the content.
    ///
    /// - Parameter part: The next bytes.
    mutating func append(_ part: UnsafeRawBufferPointer) {
        unsafe self.content.append(contentsOf: part)
    }

    /// The member: header, blocks of at most 65,535 bytes, checksum and length.
    func finished() -> [UInt8] {
        var member: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        member.reserveCapacity(self.content.count + self.content.count / 65535 * 5 + 32)
        var rest = self.content[...]
        repeat {
            let block = rest.prefix(65535)
            rest = rest.dropFirst(block.count)
            member.append(rest.isEmpty ? 1 : 0)
            Self.append(UInt16(block.count), to: &member)
            Self.append(~UInt16(block.count), to: &member)
            member.append(contentsOf: block)
        } while !rest.isEmpty
        let checksum = unsafe self.content.withUnsafeBufferPointer { content in
            unsafe crc32_z(0, content.baseAddress, content.count)
        }
        // Without content zlib returns the initial value, zero, too.
        Self.append(UInt32(truncatingIfNeeded: checksum), to: &member)
        Self.append(UInt32(truncatingIfNeeded: self.content.count), to: &member)
        return member
    }

    private static func append<Value: FixedWidthInteger>(_ value: Value, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
