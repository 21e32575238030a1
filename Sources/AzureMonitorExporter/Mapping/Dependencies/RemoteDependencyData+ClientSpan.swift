import TelemetryModel

extension RemoteDependencyData {
    /// Creates dependency data from a client span.
    ///
    /// One branch applies, the first whose condition holds. P is the ``PeerTarget``; an empty
    /// target is left out.
    ///
    /// | If present                                | `type`                           | `target`                            |
    /// | ----------------------------------------- | -------------------------------- | ----------------------------------- |
    /// | `az.namespace`                            | its value                        | address/destination, else P         |
    /// | `http.request.method` or `http.method`    | `HTTP`                           | see `+HTTPClientSpan`               |
    /// | `db.system.name` or `db.system`           | see `+DatabaseClientSpan`        | see there                           |
    /// | `messaging.system`                        | its value                        | P, else `messaging.destination.name`\|`messaging.destination`, else the system |
    /// | `rpc.system.name` or `rpc.system`         | `rpc.system.name`\|`rpc.system`  | P, else the system                  |
    /// | `gen_ai.provider.name` or `gen_ai.system` | `GenAI \| ` and the provider     | P, else the provider                |
    /// | none of them                              | `N/A`                            | P                                   |
    ///
    /// The RPC branch takes `resultCode` from `rpc.response.status_code`\|`rpc.grpc.status_code`.
    /// A provider of generative AI decides the type whatever branch applied; what the type would
    /// have been without it is then not consumed.
    ///
    /// - SeeAlso: [RPC spans 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/rpc/rpc-spans.md)
    init(
        clientSpan span: BatchSpan,
        attributes: inout SemanticAttributes,
        tags: inout ItemTags,
        redactsQueries: Bool
    ) {
        self.init(span: span, type: "N/A")
        var userAgent: String?
        let provider = attributes.first(.genAiProviderName, .genAiSystem)?.text

        if let namespace = attributes.text(.azNamespace) {
            self.type = namespace
            self.target =
                attributes.consumeAzureEntity()
                ?? PeerTarget(attributes).consume(from: &attributes)
        } else if attributes.has(.httpRequestMethod, or: .httpMethod) {
            self.applyHTTP(&attributes, redactsQueries: redactsQueries)
            userAgent = attributes.consume(attributes.first(.userAgentOriginal, .httpUserAgent))
        } else if attributes.has(.dbSystemName, or: .dbSystem) {
            self.applyDatabase(&attributes, isTypeTaken: provider != nil)
        } else if attributes.has(.messagingSystem) {
            let destination = attributes.first(.messagingDestinationName, .messagingDestination)
            self.applySystem(
                attributes.first(.messagingSystem),
                or: destination,
                &attributes,
                isTypeTaken: provider != nil
            )
        } else if attributes.has(.rpcSystemName, or: .rpcSystem) {
            self.resultCode = attributes.consumeRPCStatus() ?? "0"
            self.applySystem(
                attributes.first(.rpcSystemName, .rpcSystem),
                or: nil,
                &attributes,
                isTypeTaken: provider != nil
            )
        } else {
            if attributes.has(.genAiProviderName, or: .genAiSystem) { self.type = "GenAI | " }
            self.target = PeerTarget(attributes).consume(from: &attributes)
        }

        if let provider {
            self.type = "GenAI | " + provider
            if self.target?.isEmpty ?? true { self.target = provider }
        }
        tags.userAgent = userAgent
        self.applyOverrides(&attributes, tags: &tags)
    }
    /// Takes type and target from a system that a message or call goes through.
    ///
    /// The system's key is consumed only if the system is seen in one of the two.
    private mutating func applySystem(
        _ system: SemanticAttributes.Choice?,
        or destination: SemanticAttributes.Choice?,
        _ attributes: inout SemanticAttributes,
        isTypeTaken: Bool
    ) {
        self.type = system?.text ?? ""
        self.target =
            PeerTarget(attributes).consume(from: &attributes) ?? attributes.consume(destination)
        if self.target == nil || !isTypeTaken {
            let name = attributes.consume(system)
            self.target = self.target ?? name
        }
    }
}
