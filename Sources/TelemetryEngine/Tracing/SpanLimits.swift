/// How much one span may hold; what exceeds a limit is dropped and counted in the span.
///
/// The defaults are OpenTelemetry's. A limit below zero counts as zero.
///
/// - SeeAlso: [OpenTelemetry 1.50, span limits](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/trace/sdk.md#span-limits)
public struct SpanLimits: Hashable, Sendable {
    /// The most attributes of a span; the first ones stay.
    ///
    /// The default is 128. Of attributes that come together those with the smallest keys stay.
    public var attributes = 128

    /// The most events of a span; the first ones stay.
    ///
    /// The default is 128.
    public var events = 128

    /// The most links of a span; the first ones stay.
    ///
    /// The default is 128.
    public var links = 128

    /// The most attributes of one event; those with the smallest keys stay.
    ///
    /// The default is 128.
    public var attributesPerEvent = 128

    /// The most attributes of one link; those with the smallest keys stay.
    ///
    /// The default is 128.
    public var attributesPerLink = 128

    /// The most Unicode scalars of a text in an attribute, elements of arrays included.
    ///
    /// Longer texts are cut. The default, `nil`, is no limit.
    public var attributeValueLength: Int?

    /// Creates the default limits.
    public init() {}
}
