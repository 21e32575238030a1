import TelemetryModel
import TelemetryTransport

extension JSONWriter {
    /// Writes an integer in decimal.
    mutating func integer(_ value: Int64) {
        self.buffer.append(decimal: value)
    }

    /// Writes an integer in decimal.
    mutating func integer(_ value: UInt64) {
        self.buffer.append(decimal: value)
    }

    /// Writes a number as the shortest decimal that reads back as the same double.
    ///
    /// - Precondition: the number is finite; JSON knows no other.
    mutating func double(_ value: Double) {
        assert(value.isFinite, "Not a JSON number: \(value)")
        self.buffer.append(utf8Of: value.description)
    }

    /// Writes a number with `name` before it, or nothing if there is none or it is not finite.
    mutating func field(_ name: StaticString, _ value: Double?) {
        guard let value, value.isFinite else { return }
        self.raw(name)
        self.double(value)
    }

    /// Writes the 32 digits of a trace id.
    mutating func hex(_ id: TraceID) {
        self.buffer.append(hex: id.high)
        self.buffer.append(hex: id.low)
    }

    /// Writes the 16 digits of a span id.
    mutating func hex(_ id: SpanID) {
        self.buffer.append(hex: id.rawValue)
    }
}
