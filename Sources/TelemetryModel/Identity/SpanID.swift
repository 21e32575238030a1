/// The 64-bit identifier of one span.
///
/// A span id of zero is invalid and stands for "no span".
///
/// - SeeAlso: [W3C Trace Context, parent-id](https://www.w3.org/TR/2021/REC-trace-context-1-20211123/#parent-id)
public struct SpanID: Hashable, Sendable {
    /// The eight bytes, as a big-endian number.
    public let rawValue: UInt64

    /// The invalid id, all zeros.
    public static let invalid = SpanID(rawValue: 0)

    /// Creates an id from its number.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Creates an id from 16 hexadecimal digits of either case.
    ///
    /// - Returns: `nil` if `hex` is anything else; all zeros are accepted and give ``invalid``.
    public init?(hex: some StringProtocol) {
        guard hex.utf8.count == 16, let value = UInt64(hexDigits: hex.utf8) else { return nil }
        self.init(rawValue: value)
    }

    /// Whether at least one bit is set.
    public var isValid: Bool { self.rawValue != 0 }

    /// Appends the 16 lower-case hexadecimal digits of the id.
    public func appendHex(to buffer: inout [UInt8]) {
        self.rawValue.appendHexDigits(to: &buffer)
    }
}

extension SpanID: CustomStringConvertible {
    /// The id as 16 lower-case hexadecimal digits.
    public var description: String {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(16)
        self.appendHex(to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }
}
