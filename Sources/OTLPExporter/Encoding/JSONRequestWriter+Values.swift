import TelemetryTransport

// Numbers as the JSON encoding of Protocol Buffers has them, where that is not as JSON has them.

extension JSONRequestWriter {
    /// Writes a 64-bit integer, which stands between quotation marks.
    mutating func quoted(_ value: UInt64) {
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(decimal: value)
        self.bytes.append(UInt8(ascii: "\""))
    }

    /// Writes the shortest decimal that reads back as the same double, or the name of what has
    /// none.
    mutating func double(_ value: Double) {
        if value.isFinite {
            self.bytes.append(utf8Of: value.description)
        } else if value.isNaN {
            self.bytes.append(#""NaN""#)
        } else if value > 0 {
            self.bytes.append(#""Infinity""#)
        } else {
            self.bytes.append(#""-Infinity""#)
        }
    }
}
