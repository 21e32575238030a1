/// How much a span may hold; what comes beyond is dropped and counted on the span.
///
/// The defaults are OpenTelemetry's.
public struct SpanLimits: Sendable, Hashable {
    /// The most attributes of a span. The default is 128.
    public var attributeCount = 128

    /// The most characters of an attribute's text, in Unicode scalars; `nil` for no limit.
    ///
    /// The default is no limit. Text in lists counts piece by piece.
    public var attributeValueLength: Int?

    /// The most events of a span. The default is 128.
    public var eventCount = 128

    /// The most links of a span. The default is 128.
    public var linkCount = 128

    /// The most attributes of an event. The default is 128.
    public var attributeCountPerEvent = 128

    /// The most attributes of a link. The default is 128.
    public var attributeCountPerLink = 128

    /// Creates limits of defaults.
    public init() {}
}
