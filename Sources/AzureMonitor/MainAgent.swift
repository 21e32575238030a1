import TelemetryEngine

extension AttributeInheritance {
    /// The generative AI agent on whose behalf something happens: the outermost of them.
    ///
    /// | Handed down                                    | From                      |
    /// | ---------------------------------------------- | ------------------------- |
    /// | `microsoft.gen_ai.main_agent.name`             | `gen_ai.agent.name`       |
    /// | `microsoft.gen_ai.main_agent.id`               | `gen_ai.agent.id`         |
    /// | `microsoft.gen_ai.main_agent.version`          | `gen_ai.agent.version`    |
    /// | `microsoft.gen_ai.main_agent.conversation_id`  | `gen_ai.conversation.id`  |
    ///
    /// A span whose `gen_ai.operation.name` is `invoke_agent` is itself done by its agent.
    ///
    /// - SeeAlso: [Generative AI agent spans 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/gen-ai/gen-ai-agent-spans.md)
    static let mainAgent = AttributeInheritance(
        [
            Heirloom(key: "microsoft.gen_ai.main_agent.name", origin: "gen_ai.agent.name"),
            Heirloom(key: "microsoft.gen_ai.main_agent.id", origin: "gen_ai.agent.id"),
            Heirloom(key: "microsoft.gen_ai.main_agent.version", origin: "gen_ai.agent.version"),
            Heirloom(
                key: "microsoft.gen_ai.main_agent.conversation_id",
                origin: "gen_ai.conversation.id"
            ),
        ],
        ownerKey: "gen_ai.operation.name",
        ownerValue: "invoke_agent"
    )
}
