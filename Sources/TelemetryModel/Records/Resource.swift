/// What produces telemetry: a service instance, its host, its process.
public struct Resource: Hashable, Sendable {
    /// The attributes, such as `service.name`.
    public var attributes: Attributes

    /// The address of the schema that the attributes follow, if known.
    public var schemaURL: String?

    /// Creates a resource.
    public init(attributes: Attributes = [:], schemaURL: String? = nil) {
        self.attributes = attributes
        self.schemaURL = schemaURL
    }
}
