/// How much one span may hold; what exceeds a limit is dropped and counted in the span.
///
/// The defaults are OpenTelemetry's. A limit below zero counts as zero.
///
/// - SeeAlso: [OpenTelemetry 1.50, span limits](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/trace/sdk.md#span-limits)
public struct SpanLimits: Hashable, Sendable {
    /// The most attributes of a span. The default is 128.
    public var attributes = 128

    /// The most events of a span; the first ones stay. The default is 128.
    public var events = 128

    /// The most links of a span; the first ones stay. The default is 128.
    public var links = 128

    /// The most attributes of one event. The default is 128.
    public var attributesPerEvent = 128

    /// The most attributes of one link. The default is 128.
    public var attributesPerLink = 128

    /// The most Unicode scalars of a text in an attribute, elements of arrays included; longer texts
    /// are cut. `nil`, the default, means no limit.
    public var attributeValueLength: Int?

    /// Creates the default limits.
    public init() {}
}
