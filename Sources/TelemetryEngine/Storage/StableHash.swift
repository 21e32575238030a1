/// Hashes that are the same in every process: Fowler, Noll and Vo's, variant 1a.
///
/// They tell files and folders apart and notice damage. They are no protection against somebody
/// who may write the files; the files' owner and mode are.
///
/// - SeeAlso: [The FNV algorithm, RFC 9923](https://www.rfc-editor.org/rfc/rfc9923)
enum StableHash {
    /// 64 bits of the bytes, or of what `seed` stands for followed by them.
    static func fnv64(_ bytes: some Sequence<UInt8>, seed: UInt64 = 0xcbf2_9ce4_8422_2325) -> UInt64
    {
        var hash = seed
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return hash
    }

    /// 64 bits that change with any damage to the parts, whose order counts.
    ///
    /// The same steps as ``fnv64(_:seed:)`` but eight bytes at a time, with the high half folded
    /// into the low one, which the multiplication would not reach: bodies are large.
    static func checksum(_ parts: [[UInt8]]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ word: UInt64) {
            hash = (hash ^ word) &* 0x0000_0100_0000_01b3
            hash ^= hash >> 32
        }
        for part in parts {
            add(UInt64(part.count))
            unsafe part.withUnsafeBytes { bytes in
                let words = bytes.count / 8
                for word in 0..<words {
                    add(
                        UInt64(
                            littleEndian: unsafe bytes.loadUnaligned(
                                fromByteOffset: word * 8,
                                as: UInt64.self
                            )
                        )
                    )
                }
                for position in (words * 8)..<bytes.count { add(UInt64(unsafe bytes[position])) }
            }
        }
        return hash
    }

    /// 128 bits of the bytes as 32 hexadecimal digits.
    static func fnv128Hex(_ bytes: some Sequence<UInt8>) -> String {
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        for byte in bytes {
            hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b
        }
        return Self.hex(UInt64(truncatingIfNeeded: hash >> 64))
            + Self.hex(UInt64(truncatingIfNeeded: hash))
    }

    /// Sixteen lower-case hexadecimal digits.
    static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
