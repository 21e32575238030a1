/// The library or module that recorded something.
public struct InstrumentationScope: Hashable, Sendable {
    /// The name, such as a module's; may be empty.
    public var name: String

    /// The version, if known.
    public var version: String?

    /// Further attributes of the scope.
    public var attributes: Attributes

    /// Creates a scope.
    public init(name: String, version: String? = nil, attributes: Attributes = [:]) {
        self.name = name
        self.version = version
        self.attributes = attributes
    }
}
