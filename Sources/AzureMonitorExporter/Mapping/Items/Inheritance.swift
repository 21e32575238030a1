import TelemetryModel

/// What items inherit from the local root they belong to.
///
/// | Tag                                              | Inherited                              |
/// | ------------------------------------------------ | -------------------------------------- |
/// | `ai.operation.name`                              | only if the root is a request that has ended: until then its name may change, and the service joins items by the operation's id |
/// | `ai.operation.syntheticSource`, `ai.user.*id`, `ai.session.id`, `ai.location.ip` | as they stand when the item is mapped |
///
/// A root is read once in a batch. Its own item inherits nothing.
struct Inheritance {
    private struct Known {
        var spanID: SpanID
        var tags: ItemTags
    }

    private var known: [ObjectIdentifier: Known] = [:]
    private var attributes = SemanticAttributes()

    /// What the item that belongs to `root` inherits; `nil` if it is the root's own.
    ///
    /// - Parameter spanID: the item's span, or `nil` if the item is no span.
    mutating func tags(
        from root: any LocalRoot,
        for spanID: SpanID?,
        redactsQueries: Bool
    ) -> ItemTags? {
        // Objects live as long as the batch that refers to them, so their identity is theirs.
        let identity = ObjectIdentifier(root)
        let known = self.known[identity] ?? self.read(root.snapshot, redactsQueries: redactsQueries)
        self.known[identity] = known
        return known.spanID == spanID ? nil : known.tags
    }

    private mutating func read(_ root: LocalRootSnapshot, redactsQueries: Bool) -> Known {
        self.attributes.load(root.attributes)
        var tags = ItemTags(span: &self.attributes)
        switch root.kind {
        case .server, .consumer:
            let span = EndedSpan(
                context: SpanContext(traceID: .invalid, spanID: root.spanID),
                name: root.name,
                kind: root.kind,
                attributes: root.attributes
            )
            _ = RequestData(
                serverSpan: BatchSpan([span], at: 0),
                attributes: &self.attributes,
                tags: &tags,
                redactsQueries: redactsQueries
            )
        case .internal, .client, .producer:
            tags.operationName = self.attributes.filledText(.microsoftOperationName)
            tags.clientIP = self.attributes.filledText(.microsoftClientIP)
        }
        if !root.hasEnded { tags.operationName = nil }
        tags.userAgent = nil
        return Known(spanID: root.spanID, tags: tags)
    }
}
