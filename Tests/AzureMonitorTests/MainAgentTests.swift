import AzureMonitor
import Logging
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

/// The agent on whose behalf something happens.
@Suite("Main agent", .timeLimit(.minutes(10)))
struct MainAgentTests {
    private static let prefix = "microsoft.gen_ai.main_agent."

    /// What is said of the main agent, by the rest of the key.
    private static func mainAgent(_ attributes: Attributes) -> [String: AttributeValue] {
        var found: [String: AttributeValue] = [:]
        for element in attributes where element.key.hasPrefix(Self.prefix) {
            #expect(found[element.key] == nil)
            found[String(element.key.dropFirst(Self.prefix.count))] = element.value
        }
        return found
    }

    private struct Recorded {
        let memory: InMemoryExporter

        func span(_ name: String) throws -> [String: AttributeValue] {
            MainAgentTests.mainAgent(
                try #require(self.memory.spans.first { $0.name == name }).attributes
            )
        }

        func log(_ message: String) throws -> [String: AttributeValue] {
            MainAgentTests.mainAgent(
                try #require(self.memory.logs.first { $0.body == .string(message) }).attributes
            )
        }
    }

    private func record(
        propagates: Bool = true,
        _ body: (Logger) -> Void
    ) async throws -> Recorded {
        let pipeline = try DistributionPipeline { $0.propagatesMainAgent = propagates }
        _ = try await pipeline.run { monitor in
            let logger = Logger(label: "agent", factory: { monitor.makeLogHandler(label: $0) })
            withTracer(monitor.tracer) { body(logger) }
        }
        return Recorded(memory: pipeline.memory)
    }

    private static func beAgent(_ span: any Span, _ name: String, operation: String?) {
        span.attributes["gen_ai.agent.name"] = name
        span.attributes["gen_ai.agent.id"] = "id of \(name)"
        if let operation { span.attributes["gen_ai.operation.name"] = operation }
    }

    private static let travel: [String: AttributeValue] = [
        "name": "travel", "id": "id of travel",
    ]

    @Test("the whole subtree names the outermost agent, its logs and the agent itself included")
    func subtree() async throws {
        let recorded = try await self.record { logger in
            withSpan("GET /trip", ofKind: .server) { _ in
                withSpan("outer") { outer in
                    Self.beAgent(outer, "travel", operation: "invoke_agent")
                    logger.info("in the outer agent")
                    withSpan("inner") { inner in
                        Self.beAgent(inner, "hotel", operation: "invoke_agent")
                        logger.info("in the inner agent")
                        withSpan("call", ofKind: .client) { call in
                            call.attributes["server.address"] = "model.example"
                            logger.info("in the call")
                        }
                    }
                }
                logger.info("in the request")
            }
        }
        for name in ["outer", "inner", "call"] {
            #expect(try recorded.span(name) == Self.travel, "\(name)")
        }
        #expect(try recorded.span("GET /trip").isEmpty)
        for message in ["in the outer agent", "in the inner agent", "in the call"] {
            #expect(try recorded.log(message) == Self.travel, "\(message)")
        }
        #expect(try recorded.log("in the request").isEmpty)
        let inner = try #require(recorded.memory.spans.first { $0.name == "inner" })
        #expect(inner.attributes["gen_ai.agent.name"] == "hotel")
    }

    @Test("all four attributes are handed down")
    func allFour() async throws {
        let recorded = try await self.record { _ in
            withSpan("agent") { span in
                span.attributes["gen_ai.operation.name"] = "invoke_agent"
                span.attributes["gen_ai.agent.name"] = "a"
                span.attributes["gen_ai.agent.id"] = "b"
                span.attributes["gen_ai.agent.version"] = "c"
                span.attributes["gen_ai.conversation.id"] = "d"
                withSpan("chat") { _ in }
            }
        }
        for name in ["agent", "chat"] {
            #expect(
                try recorded.span(name)
                    == ["name": "a", "id": "b", "version": "c", "conversation_id": "d"]
            )
        }
    }

    @Test(
        "a span that invokes no agent names none for itself, but for those inside it",
        arguments: [nil, "chat"] as [String?]
    )
    func noInvocation(_ operation: String?) async throws {
        let recorded = try await self.record { logger in
            withSpan("outer") { outer in
                Self.beAgent(outer, "travel", operation: operation)
                logger.info("in the outer span")
                withSpan("inner") { _ in logger.info("in the inner span") }
            }
        }
        #expect(try recorded.span("outer").isEmpty)
        #expect(try recorded.log("in the outer span").isEmpty)
        #expect(try recorded.span("inner") == Self.travel)
        #expect(try recorded.log("in the inner span") == Self.travel)
    }

    @Test("what somebody says about the main agent stays, and is handed down")
    func ownWords() async throws {
        let recorded = try await self.record { logger in
            withSpan("outer") { outer in
                Self.beAgent(outer, "travel", operation: "invoke_agent")
                withSpan("middle") { middle in
                    middle.attributes[Self.prefix + "name"] = "mine"
                    withSpan("inner") { _ in
                        logger.info("said", metadata: ["\(Self.prefix)id": "own"])
                    }
                }
            }
        }
        #expect(try recorded.span("outer") == Self.travel)
        let expected: [String: AttributeValue] = ["name": "mine", "id": "id of travel"]
        #expect(try recorded.span("middle") == expected)
        #expect(try recorded.span("inner") == expected)
        #expect(try recorded.log("said") == ["name": "mine", "id": "own"])
    }

    @Test("an agent that is named after the first span inside it is named for the next")
    func lateName() async throws {
        let recorded = try await self.record { _ in
            withSpan("outer") { outer in
                outer.attributes["unrelated"] = "x"
                withSpan("first") { _ in }
                withSpan("second") { _ in }
                Self.beAgent(outer, "travel", operation: "invoke_agent")
                withSpan("third") { _ in }
            }
        }
        #expect(try recorded.span("first").isEmpty)
        #expect(try recorded.span("second").isEmpty)
        #expect(try recorded.span("third") == Self.travel)
        #expect(try recorded.span("outer") == Self.travel)
    }

    @Test("without agents nothing is added, nor if nobody wants it")
    func absent() async throws {
        let plain = try await self.record { logger in
            withSpan("outer", ofKind: .server) { outer in
                // As long as the keys that are looked for.
                outer.attributes["gen_ai.agent.nam"] = "x"
                outer.attributes["gen_ai.agent.nama"] = "x"
                withSpan("inner") { _ in logger.info("said") }
            }
        }
        #expect(try plain.span("outer").isEmpty)
        #expect(try plain.span("inner").isEmpty)
        #expect(try plain.log("said").isEmpty)

        let off = try await self.record(propagates: false) { logger in
            withSpan("outer") { outer in
                Self.beAgent(outer, "travel", operation: "invoke_agent")
                withSpan("inner") { _ in logger.info("said") }
            }
        }
        #expect(try off.span("outer").isEmpty)
        #expect(try off.span("inner").isEmpty)
        #expect(try off.log("said").isEmpty)
    }

    @Test("Application Insights gets them as properties")
    func properties() async throws {
        let items = try await DistributionPipeline().run { monitor in
            withTracer(monitor.tracer) {
                withSpan("agent") { span in
                    Self.beAgent(span, "travel", operation: "invoke_agent")
                    withSpan("chat", ofKind: .client) { _ in monitor.trackEvent("answered") }
                }
            }
        }
        #expect(items.count == 3)
        for item in items {
            #expect(item.properties[Self.prefix + "name"] == "travel")
            #expect(item.properties[Self.prefix + "id"] == "id of travel")
        }
    }
}
