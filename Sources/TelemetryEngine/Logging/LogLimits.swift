/// How much of a log record is kept.
///
/// - SeeAlso: [OpenTelemetry 1.50, attribute limits](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/common/README.md#attribute-limits)
public struct LogLimits: Hashable, Sendable {
    /// The most attributes of a record; the default is 128.
    ///
    /// The rest is dropped and counted in the record: metadata first, in reverse order of the keys.
    public var attributeCount = 128

    /// The most Unicode scalars of a text in an attribute; `nil`, the default, is no limit.
    public var attributeValueLength: Int?

    /// Creates the default limits.
    public init() {}
}
