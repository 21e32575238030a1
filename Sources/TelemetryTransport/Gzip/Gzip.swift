/// The gzip format ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952)).
public enum Gzip {
    /// Why bytes could not be decompressed.
    public struct DecompressionError: Error, Hashable, Sendable {
        /// The kind of failure.
        public struct Code: Hashable, Sendable {
            private enum Value: String {
                case corrupt, truncated, tooLarge, outOfMemory
            }

            private let value: Value

            private init(_ value: Value) {
                self.value = value
            }

            /// The bytes are not gzip, or a checksum is wrong.
            public static let corrupt = Self(.corrupt)

            /// The bytes end before the format does.
            public static let truncated = Self(.truncated)

            /// The content is larger than was allowed.
            public static let tooLarge = Self(.tooLarge)

            /// There was no memory to work with.
            public static let outOfMemory = Self(.outOfMemory)
        }

        /// The kind of failure.
        public var code: Code

        /// How many bytes of the input had been read by then.
        public var offset: Int
    }

    /// What could be read of possibly damaged bytes.
    public struct Recovery: Hashable, Sendable {
        /// The content up to the end or the failure.
        ///
        /// Where the input is merely torn, all of it is sound. Where it is corrupt, the damage
        /// may lie before the place where it was noticed.
        public var bytes: [UInt8]

        /// What ended the reading early, or `nil`.
        public var error: DecompressionError?
    }

    /// Compresses bytes that are compressed only once.
    ///
    /// Who does so often keeps a ``Compressor``: its 260 KB of state are the larger cost of small
    /// bodies.
    ///
    /// - Parameters:
    ///   - bytes: The content.
    ///   - level: From 1 (fastest, the default) to 9 (smallest).
    /// - Returns: One gzip member.
    public static func compress(_ bytes: [UInt8], level: Int = 1) -> [UInt8] {
        var compressor = Compressor(level: level)
        return compressor.compress(bytes)
    }
}

extension Gzip.DecompressionError.Code: CustomStringConvertible {
    /// The code's name.
    public var description: String { self.value.rawValue }
}

extension Gzip.DecompressionError: CustomStringConvertible {
    /// The code and the place.
    public var description: String { "\(self.code) at byte \(self.offset)" }
}
