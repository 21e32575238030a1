private import CZlib

extension Gzip {
    /// Decompresses bytes.
    ///
    /// Several members, one behind the other, give their contents one behind the other; zeros
    /// after the last are ignored.
    ///
    /// - Parameters:
    ///   - bytes: The compressed bytes.
    ///   - maximumSize: How large the content may be, in bytes.
    /// - Returns: The content.
    /// - Throws: ``DecompressionError`` if the bytes are damaged, or the content is too large.
    public static func decompress(
        _ bytes: [UInt8],
        maximumSize: Int
    ) throws(DecompressionError) -> [UInt8] {
        let recovery = self.decompressPrefix(of: bytes, maximumSize: maximumSize)
        if let error = recovery.error {
            throw error
        }
        return recovery.bytes
    }

    /// Decompresses as much of the bytes as is possible.
    ///
    /// This is for files that were torn while they were written.
    ///
    /// - Parameters:
    ///   - bytes: The compressed bytes.
    ///   - maximumSize: How many bytes of content are returned at most.
    /// - Returns: What could be read, and what ended the reading.
    public static func decompressPrefix(of bytes: [UInt8], maximumSize: Int) -> Recovery {
        var inflater = Inflater(maximumSize: max(0, maximumSize))
        let error = unsafe bytes.withUnsafeBytes { unsafe inflater.run($0) }
        return Recovery(bytes: inflater.content(), error: error)
    }
}

/// One decompression.
@safe
private struct Inflater: ~Copyable {
    private let maximumSize: Int
    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool
    private var output: UnsafeMutableRawBufferPointer
    private var used = 0

    init(maximumSize: Int) {
        self.maximumSize = maximumSize
        unsafe self.output = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        unsafe self.stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe self.stream.initialize(to: z_stream())
        // 16 more than the window's bits: gzip and nothing else.
        self.isReady =
            unsafe inflateInit2_(
                self.stream,
                15 + 16,
                ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)
            ) == Z_OK
    }

    deinit {
        if self.isReady {
            unsafe inflateEnd(self.stream)
        }
        unsafe self.stream.deallocate()
        unsafe self.output.deallocate()
    }

    consuming func content() -> [UInt8] {
        unsafe [UInt8](self.output.prefix(min(self.used, self.maximumSize)))
    }

    mutating func run(_ input: UnsafeRawBufferPointer) -> Gzip.DecompressionError? {
        guard self.isReady else {
            return Gzip.DecompressionError(code: .outOfMemory, offset: 0)
        }
        var rest = unsafe input[...]
        func failure(_ code: Gzip.DecompressionError.Code) -> Gzip.DecompressionError {
            let unread = unsafe rest.count
            return Gzip.DecompressionError(code: code, offset: input.count - unread)
        }
        // zlib may hold back content for which there was no room, with all the input read.
        var wasOutputFull = false
        while true {
            if unsafe rest.isEmpty && !wasOutputFull {
                return failure(.truncated)
            }
            // One byte more than allowed tells a content that just fits from a larger one.
            if self.used > self.maximumSize {
                return failure(.tooLarge)
            }
            unsafe self.makeRoom(compressed: rest.count)
            let piece = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            let room = unsafe min(self.output.count - self.used, 1 << 30)
            unsafe self.stream.pointee.next_in = UnsafeMutablePointer(
                mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
            )
            unsafe self.stream.pointee.avail_in = uInt(piece.count)
            unsafe self.stream.pointee.next_out = self.output.baseAddress.map {
                unsafe ($0 + self.used).assumingMemoryBound(to: UInt8.self)
            }
            unsafe self.stream.pointee.avail_out = uInt(room)
            let result = unsafe inflate(self.stream, Z_NO_FLUSH)
            unsafe rest = rest.dropFirst(piece.count - Int(self.stream.pointee.avail_in))
            unsafe self.used += room - Int(self.stream.pointee.avail_out)
            wasOutputFull = unsafe self.stream.pointee.avail_out == 0
            switch result {
            case Z_OK, Z_BUF_ERROR:
                continue
            case Z_STREAM_END:
                if self.used > self.maximumSize {
                    return failure(.tooLarge)
                }
                if unsafe rest.first != 0x1f {
                    return unsafe rest.allSatisfy { $0 == 0 } ? nil : failure(.corrupt)
                }
                unsafe inflateReset(self.stream)
            case Z_MEM_ERROR:
                return failure(.outOfMemory)
            default:
                return failure(.corrupt)
            }
        }
    }

    /// Doubles the output where it is full, beginning with four times the input.
    private mutating func makeRoom(compressed: Int) {
        guard unsafe self.used == self.output.count else {
            return
        }
        let (limit, overflow) = self.maximumSize.addingReportingOverflow(1)
        let wished = self.used == 0 ? max(1024, compressed * 4) : self.used * 2
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: overflow ? wished : min(limit, wished),
            alignment: 16
        )
        unsafe larger.copyMemory(from: UnsafeRawBufferPointer(self.output))
        unsafe self.output.deallocate()
        unsafe self.output = larger
    }
}
