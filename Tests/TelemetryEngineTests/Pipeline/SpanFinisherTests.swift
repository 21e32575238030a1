import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

struct SpanFinisherTests {
    private struct Masking: SpanProcessor {
        func onEnd(_ span: inout EndedSpan) -> ProcessorVerdict {
            span.attributes["enduser.id"] = "***"
            return span.name == "dropped" ? .drop : .keep
        }
    }

    private func spans(
        of name: String,
        processors: [any SpanProcessor]
    ) async -> [EndedSpan] {
        let exporter = InMemoryExporter()
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.traces.processors = processors
        let telemetry = Telemetry(configuration: configuration, exporters: [exporter])
        await telemetry.run {
            let request = telemetry.tracer.startSpan("GET", ofKind: .server)
            request.attributes["enduser.id"] = "somebody"
            let call = telemetry.tracer.startSpan(
                "call",
                context: request.context,
                ofKind: .client
            )
            call.end()
            request.operationName = name
            request.end()
        }
        return exporter.spans
    }

    @Test func itemsOfARequestSeeWhatItIsCalledAtItsEnd() async throws {
        let spans = await self.spans(of: "GET /orders/{id}", processors: [])
        let call = try #require(spans.first { $0.name == "call" })
        let root = try #require(call.localRoot?.snapshot)
        #expect(root.hasEnded)
        #expect(root.name == "GET /orders/{id}")
        #expect(root.attributes["enduser.id"] == "somebody")
    }

    @Test func itemsOfARequestSeeNothingThatAProcessorMasked() async throws {
        let spans = await self.spans(of: "kept", processors: [Masking()])
        let call = try #require(spans.first { $0.name == "call" })
        #expect(call.localRoot?.snapshot.attributes["enduser.id"] == "***")
    }

    @Test func requestThatAProcessorDroppedHasEndedAllTheSame() async throws {
        let spans = await self.spans(of: "dropped", processors: [Masking()])
        #expect(spans.map(\.name) == ["call"])
        #expect(spans.first?.localRoot?.snapshot.hasEnded == true)
    }
}
