/// The eight flags that travel with a trace.
///
/// - SeeAlso: [W3C Trace Context Level 2, trace-flags](https://www.w3.org/TR/2024/CRD-trace-context-2-20240328/#trace-flags)
public struct TraceFlags: OptionSet, Hashable, Sendable {
    /// The flags as they stand in `traceparent`.
    public let rawValue: UInt8

    /// Creates flags from their byte.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The caller may have recorded the trace.
    public static let sampled = TraceFlags(rawValue: 0x01)

    /// At least the last seven bytes of the trace id were chosen at random.
    public static let random = TraceFlags(rawValue: 0x02)
}
