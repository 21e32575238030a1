/// The UUID that says which Application Insights resource telemetry belongs to.
///
/// Whoever knows it can send to the resource, so it prints shortened.
public struct InstrumentationKey: Hashable, Sendable {
    /// The whole key, in lower case.
    public let value: String

    /// Creates a key from a UUID with hyphens, in either case.
    ///
    /// - Returns: `nil` if `text` is anything else; the key of all zeros is accepted.
    public init?(_ text: String) {
        let groups = text.utf8.split(
            separator: UInt8(ascii: "-"),
            omittingEmptySubsequences: false
        )
        guard groups.map(\.count) == [8, 4, 4, 4, 12],
            groups.joined().allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit })
        else { return nil }
        self.value = text.lowercased()
    }
}

extension InstrumentationKey: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The first eight characters, and an ellipsis for the rest.
    public var description: String { "\(self.value.prefix(8))…" }

    /// The first eight characters, and an ellipsis for the rest.
    public var debugDescription: String { self.description }

    /// The shortened key.
    public var customMirror: Mirror { Mirror(self, children: ["value": self.description]) }
}
