/// A number of a JSON text.
///
/// Integers of up to 64 bits are exact; everything else is the nearest double, and infinite if no
/// finite double is near.
public struct JSONNumber: Hashable, Sendable {
    private enum Value: Hashable {
        case negative(Int64)
        case natural(UInt64)
        case double(Double)
    }

    private let value: Value

    /// Creates a number from a signed integer.
    public init(_ value: Int64) {
        self.value = value < 0 ? .negative(value) : .natural(UInt64(value))
    }

    /// Creates a number from an unsigned integer.
    public init(_ value: UInt64) {
        self.value = .natural(value)
    }

    /// Creates a number from a double.
    public init(_ value: Double) {
        self.value = .double(value)
    }

    /// The number as a double, rounded if need be.
    public var doubleValue: Double {
        switch self.value {
        case .negative(let value): Double(value)
        case .natural(let value): Double(value)
        case .double(let value): value
        }
    }

    /// The number as a signed integer; `nil` if it is too large or has a fraction.
    ///
    /// `1.0` and `1e3` are integers, too.
    public var int64Value: Int64? {
        switch self.value {
        case .negative(let value): value
        case .natural(let value): Int64(exactly: value)
        case .double(let value): Int64(exactly: value)
        }
    }

    /// The number as an unsigned integer; `nil` if it is negative, too large or has a fraction.
    public var uint64Value: UInt64? {
        switch self.value {
        case .negative: nil
        case .natural(let value): value
        case .double(let value): UInt64(exactly: value)
        }
    }
}
