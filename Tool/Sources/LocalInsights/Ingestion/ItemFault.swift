/// Why an item is refused, in words for the reply.
package struct ItemFault: Error, Sendable, Hashable {
    /// What is wrong, with the names of the field and of its type.
    package var message: String

    /// A required field is not there.
    static func missing(_ field: StaticString, of type: String, expected: String) -> Self {
        Self(
            message:
                "Field '\(field)' on type '\(type)' is required but missing. Expected: \(expected)"
        )
    }

    /// A field has another JSON type than it should.
    static func wrongType(
        _ field: String,
        of type: String,
        expected: String,
        actual: String
    ) -> Self {
        Self(
            message:
                "Field '\(field)' on type '\(type)' has the wrong type. "
                + "Expected: \(expected), actual: \(actual)"
        )
    }

    /// A field has the right JSON type but a value that means nothing.
    static func invalid(_ field: StaticString, of type: String, expected: String) -> Self {
        Self(message: "Field '\(field)' on type '\(type)' is invalid. Expected: \(expected)")
    }
}
