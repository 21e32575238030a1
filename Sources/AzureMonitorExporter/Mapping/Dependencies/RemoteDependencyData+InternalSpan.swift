import TelemetryModel

extension RemoteDependencyData {
    /// Creates dependency data from an internal span, or one of unknown kind.
    ///
    /// | If present                                | `type`                                                        |
    /// | ----------------------------------------- | ------------------------------------------------------------- |
    /// | `gen_ai.provider.name` or `gen_ai.system` | `GenAI \| ` and `gen_ai.provider.name`\|`gen_ai.system`        |
    /// | `az.namespace`                            | `InProc \| ` and its value                                    |
    /// | neither                                   | `InProc`                                                      |
    ///
    /// The target is the ``PeerTarget``. Nothing else is read: what an internal span says about
    /// HTTP or a database stays a property.
    init(
        internalSpan span: BatchSpan,
        attributes: inout SemanticAttributes,
        tags: inout ItemTags
    ) {
        self.init(span: span, type: "InProc")
        if attributes.has(.genAiProviderName, or: .genAiSystem) {
            let provider = attributes.first(.genAiProviderName, .genAiSystem)?.text ?? ""
            self.type = "GenAI | " + provider
        } else if let namespace = attributes.text(.azNamespace) {
            self.type = "InProc | " + namespace
        }
        self.target = PeerTarget(attributes).consume(from: &attributes)
        self.applyOverrides(&attributes, tags: &tags)
    }
}
