/// The request of this process that a span or log record belongs to.
///
/// Items of one request share a reference to it, because what it is called is often known only
/// at its end: a router sets the route last. Whoever maps an item reads the root then, and gets
/// what is known by then.
public protocol LocalRoot: AnyObject, Sendable {
    /// The root as it stands now.
    var snapshot: LocalRootSnapshot { get }
}

/// What a ``LocalRoot`` looked like at one moment.
public struct LocalRootSnapshot: Sendable {
    /// Whether name and attributes are final.
    public var hasEnded: Bool
    /// The root's span id, by which it recognises itself.
    public var spanID: SpanID
    /// The root's name.
    public var name: String
    /// The root's kind.
    public var kind: EndedSpan.Kind
    /// The root's attributes.
    public var attributes: Attributes

    /// Creates a snapshot.
    public init(
        hasEnded: Bool,
        spanID: SpanID,
        name: String,
        kind: EndedSpan.Kind,
        attributes: Attributes
    ) {
        self.hasEnded = hasEnded
        self.spanID = spanID
        self.name = name
        self.kind = kind
        self.attributes = attributes
    }
}
