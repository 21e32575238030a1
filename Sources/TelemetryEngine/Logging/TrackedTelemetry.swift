package import TelemetryModel

/// What makes a log record something that was tracked, not logged.
///
/// It takes the way of log records, from the channel to the exporters, but no level turns it away
/// and no logger is named in it.
package struct TrackedTelemetry: Sendable {
    /// What it is.
    package let kind: LogRecord.TrackedKind

    /// The attributes by which exporters know it; they come first, and no limit costs them.
    package let attributes: Attributes

    /// What the attributes cost to keep, in bytes.
    let charge: Int

    package init(_ kind: LogRecord.TrackedKind, attributes: Attributes) {
        self.kind = kind
        self.attributes = attributes
        self.charge = Self.charge(of: attributes)
    }

    private static func charge(of attributes: Attributes) -> Int {
        attributes.reduce(0) { sum, element in
            var charge = 64 + element.key.utf8.count
            switch element.value {
            case .string(let text): charge += text.utf8.count
            case .map(let pairs): charge += Self.charge(of: pairs)
            default: break
            }
            return sum + charge
        }
    }
}
