/// A value of an attribute, a log body, or a part of one: OpenTelemetry's *AnyValue*.
///
/// The cases are those of the OpenTelemetry protocol and will not grow without a new version of it.
///
/// - SeeAlso: [OpenTelemetry, AnyValue](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/common/README.md#anyvalue)
public enum AttributeValue: Hashable, Sendable {
    /// Text.
    case string(String)
    /// A truth value.
    case bool(Bool)
    /// A signed 64-bit integer.
    case int(Int64)
    /// A double; not necessarily finite.
    case double(Double)
    /// Arbitrary bytes.
    case bytes([UInt8])
    /// A list, of equal types in a span's attributes, of any in a log body.
    case array([AttributeValue])
    /// Nested pairs.
    case map(Attributes)
    /// No value; not the same as an absent attribute inside arrays and maps.
    case null
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
    /// Creates text.
    public init(stringLiteral value: String) { self = .string(value) }

    /// Creates an integer.
    public init(integerLiteral value: Int64) { self = .int(value) }

    /// Creates a double.
    public init(floatLiteral value: Double) { self = .double(value) }

    /// Creates a truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// Creates a list.
    public init(arrayLiteral elements: AttributeValue...) { self = .array(elements) }
}
