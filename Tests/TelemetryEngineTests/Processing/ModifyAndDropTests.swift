import Instrumentation
import Logging
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

@testable import TelemetryEngine

/// The closures that change and drop what was recorded, through a whole pipeline.
@Suite(.timeLimit(.minutes(10)))
struct ModifyAndDropTests {
    private func telemetry(
        _ exporter: InMemoryExporter,
        _ change: (inout TelemetryConfiguration) -> Void
    ) -> Telemetry {
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        configuration.logs.console = .off
        // Nothing here is about how fast a busy machine is.
        configuration.shutdownTimeout = .seconds(3_600)
        change(&configuration)
        return Telemetry(configuration: configuration, exporters: [exporter])
    }

    private func logger(_ telemetry: Telemetry, _ label: String = "test") -> Logger {
        Logger(label: label, factory: { telemetry.makeLogHandler(label: $0) })
    }

    private enum Visitor {
        @TaskLocal static var current: String?
    }

    @Test func spanIsChangedInTheOrderOfTheCalls() async throws {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter) { configuration in
            configuration.traces.modify { span in
                span.attributes["region"] = "eu"
                span.attributes["card"] = nil
                span.name = "GET /orders/{id}"
            }
            configuration.traces.modify { span in
                span.attributes["seen"] = .string(span.name)
            }
        }
        await telemetry.run {
            let span = telemetry.tracer.startSpan("GET /orders/7")
            span.attributes["card"] = "4111"
            span.end()
        }
        let span = try #require(exporter.spans.first)
        #expect(span.name == "GET /orders/{id}")
        #expect(span.attributes == ["region": "eu", "seen": "GET /orders/{id}"])
    }

    @Test func spanIsChangedAtItsStartWhereItIsStarted() async throws {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter) { configuration in
            configuration.traces.modifyAtStart { span in
                span.attributes["enduser.id"] = Visitor.current
                span.attributes["plan"] = "standard"
            }
        }
        await telemetry.run {
            Visitor.$current.withValue("ann") {
                let span = telemetry.tracer.startSpan("work")
                span.attributes["plan"] = "gold"
                span.end()
            }
            telemetry.tracer.startSpan("nobody's").end()
        }
        #expect(exporter.spans.first?.attributes["enduser.id"] == "ann")
        #expect(exporter.spans.first?.attributes["plan"] == "gold")
        #expect(exporter.spans.last?.attributes["enduser.id"] == nil)
    }

    @Test func logRecordIsChanged() async throws {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter) { configuration in
            configuration.logs.modify { record in
                record.body = "hidden"
                record.attributes["password"] = "***"
                record.attributes["region"] = "eu"
            }
        }
        await telemetry.run {
            self.logger(telemetry).info("secret", metadata: ["password": "1234"])
        }
        let record = try #require(exporter.logs.first)
        #expect(record.body == "hidden")
        #expect(record.attributes["password"] == "***")
        #expect(record.attributes["region"] == "eu")
    }

    @Test func whatIsDroppedIsFilteredAndTheAccountIsBalanced() async {
        let exporter = InMemoryExporter(outcomes: [.accepted])
        let telemetry = self.telemetry(exporter) { configuration in
            configuration.traces.drop { $0.name == "GET /health" }
            configuration.logs.drop { $0.scope.name == "talkative" && $0.severity < .warning }
        }
        let loggers = [self.logger(telemetry), self.logger(telemetry, "talkative")]
        let total = 1_200
        await telemetry.run {
            for number in 0..<total {
                let name = number.isMultiple(of: 3) ? "GET /health" : "GET /orders"
                telemetry.tracer.startSpan(name).end()
                loggers[number % 2].info("said")
            }
            loggers[1].warning("said aloud")
            let health = await telemetry.forceFlush(.seconds(3_600))
            #expect(health.filtered == 400 + 600)
            #expect(health.total.pending == 0)
        }
        let health = await telemetry.health
        let books = health.total
        #expect(books.accepted == 800 + 601)
        #expect(books.exported == books.accepted)
        #expect(books.dropped.isEmpty)
        #expect(books.pending == 0)
        #expect(health.filtered == 1_000)
        #expect(!exporter.spans.contains { $0.name == "GET /health" })
        #expect(exporter.logs.filter { $0.scope.name == "talkative" }.count == 1)
    }

    @Test func whatHasNoRoomIsQueueFullAndNotFiltered() async {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter) { configuration in
            configuration.traces.batching.maximumQueueSize = 10
            configuration.traces.batching.maximumBatchSize = 10
            configuration.traces.drop { _ in true }
        }
        for _ in 0..<25 { telemetry.tracer.startSpan("work").end() }
        let health = await telemetry.shutdown()
        #expect(health.filtered == 10)
        #expect(health.total.accepted == 15)
        #expect(health.total.dropped == [.queueFull: 15])
        #expect(health.total.pending == 0)
    }

    // MARK: What is inherited

    /// What a log record sees of the request it belongs to, before and after that has ended.
    private func inherited(
        _ change: (inout TelemetryConfiguration) -> Void
    ) async throws -> (underWay: Attributes, ended: Attributes) {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter, change)
        let logger = self.logger(telemetry)
        return try await telemetry.run {
            let request = telemetry.tracer.startSpan("request", ofKind: .server)
            request.attributes["enduser.id"] = "ann"
            ServiceContext.$current.withValue(request.context) { logger.info("said") }
            await telemetry.forceFlush(.seconds(3_600))
            let root = try #require(exporter.logs.first?.localRoot)
            let underWay = root.snapshot
            #expect(!underWay.hasEnded)
            request.end()
            await telemetry.forceFlush(.seconds(3_600))
            #expect(root.snapshot.hasEnded)
            return (underWay.attributes, root.snapshot.attributes)
        }
    }

    @Test func requestUnderWayHandsDownWhatNobodyIsGoingToMask() async throws {
        let inherited = try await self.inherited { configuration in
            configuration.traces.modifyAtStart { $0.attributes["plan"] = "gold" }
            configuration.traces.drop { $0.name == "GET /health" }
        }
        #expect(inherited.underWay == inherited.ended)
        #expect(inherited.ended["enduser.id"] == "ann")
        #expect(inherited.ended["plan"] == "gold")
    }

    @Test func requestUnderWayHandsDownWhatIsMaskedLaterWithItsMask() async throws {
        let inherited = try await self.inherited { configuration in
            configuration.traces.modify { $0.attributes["enduser.id"] = "***" }
        }
        #expect(inherited.underWay == ["enduser.id": "***"])
        #expect(inherited.ended == ["enduser.id": "***"])
    }

    private struct Masking: SpanProcessor {
        func onEnd(_ span: inout EndedSpan) -> ProcessorVerdict {
            span.attributes["enduser.id"] = "***"
            return .keep
        }
    }

    @Test func requestUnderWayHandsDownNothingIfNobodyKnowsWhatIsMaskedLater() async throws {
        let inherited = try await self.inherited { configuration in
            configuration.traces.processors = [Masking()]
        }
        #expect(inherited.underWay.isEmpty)
        #expect(inherited.ended == ["enduser.id": "***"])
    }

    @Test func requestDroppedBeforeItWasMaskedHandsDownNothingUnmasked() async throws {
        let masked = try await self.inherited { configuration in
            configuration.traces.drop { _ in true }
            configuration.traces.modify { $0.attributes["enduser.id"] = "***" }
        }
        #expect(masked.ended == ["enduser.id": "***"])
        let unknown = try await self.inherited { configuration in
            configuration.traces.drop { _ in true }
            configuration.traces.processors.append(Masking())
        }
        #expect(unknown.ended.isEmpty)
    }

    // MARK: A resource that is found out later

    /// Keeps the resource of each batch.
    private struct ResourceKeeper: TelemetryExporter {
        let inner: InMemoryExporter
        let kept: Kept

        final class Kept: Sendable {
            let resources = Locked<[Resource]>([])
        }

        var destination: Destination { self.inner.destination }
        var signals: Set<Signal> { self.inner.signals }
        var keepsUndelivered: Bool { false }

        @concurrent func encode(_ batch: ExportBatch) async -> EncodedBatch {
            self.kept.resources.withLock { $0.append(batch.resource) }
            return await self.inner.encode(batch)
        }

        func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
            await self.inner.send(payload, within: timeLimit)
        }

        @concurrent func payload(
            of payload: Payload,
            keeping items: [Int],
            layout: RecordLayout
        ) async -> Payload? { nil }

        func shutdown() async {}
    }

    @Test func nothingLeavesBeforeTheResourceIsKnown() async {
        let found = Gate()
        let known = Resource(attributes: ["host.id": "7"])
        let keeper = ResourceKeeper(inner: InMemoryExporter(), kept: ResourceKeeper.Kept())
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.logs.console = .off
        configuration.diagnosticLevel = .off
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.resourceDetection = {
            await found.wait()
            return known
        }
        let telemetry = Telemetry(configuration: configuration, exporters: [keeper])
        let logger = self.logger(telemetry)
        await telemetry.run {
            telemetry.tracer.startSpan("early").end()
            logger.info("early")
            let early = await telemetry.forceFlush(.milliseconds(20))
            #expect(early.total.exported == 0)
            #expect(early.total.pending == 2)
            found.open()
            #expect(await telemetry.forceFlush(.seconds(3_600)).total.exported == 2)
        }
        #expect(keeper.kept.resources.withLock { $0 } == [known, known])
    }

    @Test func shutdownEndsADetectionThatDoesNotEnd() async {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter) { configuration in
            configuration.shutdownTimeout = .milliseconds(100)
            configuration.resourceDetection = {
                await Gate().wait()
                return Resource()
            }
        }
        await telemetry.run { telemetry.tracer.startSpan("work").end() }
        let books = await telemetry.health.total
        #expect(books.accepted == 1)
        #expect(books.pending == 0)
        #expect(books.exported + books.droppedCount == 1)
    }
}
