extension UInt64 {
    /// Reads at most 16 hexadecimal digits of either case; `nil` at the first other byte.
    package init?(hexDigits: some Sequence<UInt8>) {
        var value: UInt64 = 0
        for digit in hexDigits {
            let nibble: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): nibble = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): nibble = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): nibble = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt64(nibble)
        }
        self = value
    }

    /// Appends the number as 16 lower-case hexadecimal digits.
    package func appendHexDigits(to buffer: inout [UInt8]) {
        var shift: UInt64 = 64
        while shift > 0 {
            shift -= 4
            let nibble = UInt8(truncatingIfNeeded: self >> shift) & 0xF
            buffer.append(nibble + (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
    }
}
