import TelemetryModel

extension RemoteDependencyData {
    /// Creates dependency data from a producer span.
    ///
    /// | If                      | `type`                               | `target`                             |
    /// | ----------------------- | ------------------------------------ | ------------------------------------ |
    /// | `az.namespace` present  | `Queue Message \| ` and its value    | address/destination                  |
    /// | else                    | `Queue Message`, and ` \| ` and `messaging.system` if not empty | the ``PeerTarget``, else `messaging.destination.name`\|`messaging.destination`, else the system |
    ///
    /// - SeeAlso: [Messaging spans 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/messaging/messaging-spans.md)
    init(
        producerSpan span: BatchSpan,
        attributes: inout SemanticAttributes,
        tags: inout ItemTags
    ) {
        self.init(span: span, type: "Queue Message")
        if let namespace = attributes.text(.azNamespace) {
            self.type += " | " + namespace
            self.target = attributes.consumeAzureEntity()
        } else {
            let system = attributes.consumeFilledText(.messagingSystem)
            if let system { self.type += " | " + system }
            self.target =
                PeerTarget(attributes).consume(from: &attributes)
                ?? attributes.consume(
                    attributes.first(.messagingDestinationName, .messagingDestination)
                )
                ?? system
        }
        self.applyOverrides(&attributes, tags: &tags)
    }
}
