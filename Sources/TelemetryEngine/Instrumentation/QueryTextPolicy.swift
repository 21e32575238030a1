/// How much of a statement's text a span keeps.
public struct QueryTextPolicy: Hashable, Sendable {
    enum Value { case omitted, sanitized, verbatim }
    let value: Value

    /// No text, which is the default; operation and table are known all the same.
    public static let omitted = QueryTextPolicy(value: .omitted)

    /// The text with `?` in place of every literal, and without comments.
    public static let sanitized = QueryTextPolicy(value: .sanitized)

    /// The text as it is.
    ///
    /// Only for statements whose values are bound as parameters: literals may be personal or secret.
    public static let verbatim = QueryTextPolicy(value: .verbatim)
}
