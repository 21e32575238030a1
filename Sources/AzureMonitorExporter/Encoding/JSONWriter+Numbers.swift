import TelemetryModel

extension JSONWriter {
    /// Writes an integer in decimal.
    mutating func integer(_ value: Int64) {
        if value < 0 { self.buffer.append(UInt8(ascii: "-")) }
        self.integer(value.magnitude)
    }

    /// Writes an integer in decimal.
    mutating func integer(_ value: UInt64) {
        var digits = 1
        var bound: UInt64 = 10
        while value >= bound {
            digits &+= 1
            // The largest numbers have twenty digits, one more than the largest power of ten.
            let (next, isTooLarge) = bound.multipliedReportingOverflow(by: 10)
            if isTooLarge { break }
            bound = next
        }
        self.buffer.extend(by: digits)
        var place = self.buffer.count
        var rest = value
        for _ in 0..<digits {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            place &-= 1
            self.buffer.replace(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit), at: place)
            rest = quotient
        }
    }

    /// Writes a number as the shortest decimal that reads back as the same double.
    ///
    /// - Precondition: the number is finite; JSON knows no other.
    mutating func double(_ value: Double) {
        assert(value.isFinite, "Not a JSON number: \(value)")
        self.characters(value.description, limit: .max)
    }

    /// Writes a number with `name` before it, or nothing if there is none or it is not finite.
    mutating func field(_ name: StaticString, _ value: Double?) {
        guard let value, value.isFinite else { return }
        self.raw(name)
        self.double(value)
    }

    /// Writes the 32 digits of a trace id.
    mutating func hex(_ id: TraceID) {
        self.hex(id.high)
        self.hex(id.low)
    }

    /// Writes the 16 digits of a span id.
    mutating func hex(_ id: SpanID) {
        self.hex(id.rawValue)
    }

    private mutating func hex(_ value: UInt64) {
        let digits = (
            Self.hexDigits(UInt32(truncatingIfNeeded: value >> 32)).bigEndian,
            Self.hexDigits(UInt32(truncatingIfNeeded: value)).bigEndian
        )
        self.buffer.reserve(16)
        self.buffer.store(digits.0)
        self.buffer.store(digits.1)
    }

    /// The eight hexadecimal digits of a number, the first in the highest byte.
    private static func hexDigits(_ value: UInt32) -> UInt64 {
        // Spread the eight nibbles over eight bytes, then turn all of them into digits at once.
        var nibbles = UInt64(value)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let ones: UInt64 = 0x0101_0101_0101_0101
        let isLetter = ((nibbles &+ ones &* 6) >> 4) & ones
        return nibbles &+ ones &* 0x30 &+ isLetter &* 0x27
    }
}
