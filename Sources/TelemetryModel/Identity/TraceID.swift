/// The 128-bit identifier that all spans of one trace share.
///
/// A trace id of all zeros is invalid and stands for "no trace".
///
/// - SeeAlso: [W3C Trace Context, trace-id](https://www.w3.org/TR/2021/REC-trace-context-1-20211123/#trace-id)
public struct TraceID: Hashable, Sendable {
    /// The first eight bytes, as a big-endian number.
    public let high: UInt64

    /// The last eight bytes, as a big-endian number.
    public let low: UInt64

    /// The invalid id, all zeros.
    public static let invalid = TraceID(high: 0, low: 0)

    /// Creates an id from its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Creates an id from 32 hexadecimal digits of either case.
    ///
    /// - Returns: `nil` if `hex` is anything else; all zeros are accepted and give ``invalid``.
    public init?(hex: some StringProtocol) {
        let digits = hex.utf8
        guard digits.count == 32 else { return nil }
        let middle = digits.index(digits.startIndex, offsetBy: 16)
        guard
            let high = UInt64(hexDigits: digits[..<middle]),
            let low = UInt64(hexDigits: digits[middle...])
        else { return nil }
        self.init(high: high, low: low)
    }

    /// Whether at least one bit is set.
    public var isValid: Bool { self.high | self.low != 0 }

    /// The 16 bytes of the id, in the order of the wire.
    public var bytes: [UInt8] {
        (0..<16).map { index in
            let half = index < 8 ? self.high : self.low
            return UInt8(truncatingIfNeeded: half >> (56 - 8 * (index & 7)))
        }
    }

    /// Appends the 32 lower-case hexadecimal digits of the id.
    public func appendHex(to buffer: inout [UInt8]) {
        self.high.appendHexDigits(to: &buffer)
        self.low.appendHexDigits(to: &buffer)
    }
}

extension TraceID: CustomStringConvertible {
    /// The id as 32 lower-case hexadecimal digits.
    public var description: String {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(32)
        self.appendHex(to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }
}
