import CoreMetrics
import Logging
import ServiceLifecycle
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

/// The whole pipeline, with an exporter in memory and no offline storage.
@Suite(.timeLimit(.minutes(10)))
struct TelemetryTests {
    private func telemetry(
        _ exporter: InMemoryExporter,
        _ change: (inout TelemetryConfiguration) -> Void = { _ in }
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

    private func books(_ health: TelemetryHealth) -> DeliveryBooks {
        health.destinations["memory"]?.books ?? DeliveryBooks()
    }

    @Test func allThreeSignalsAreDeliveredWhenTheBodyEnds() async throws {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter)
        await telemetry.run {
            withTracer(telemetry.tracer) {
                withSpan("work") { _ in
                    telemetry.makeLogHandler(label: "test").log(
                        event: LogEvent(
                            level: .info,
                            message: "working",
                            metadata: nil,
                            source: "test",
                            file: #fileID,
                            function: #function,
                            line: #line
                        )
                    )
                }
            }
            Counter(label: "jobs", factory: telemetry.metricsFactory).increment()
        }
        #expect(exporter.spans.map(\.name) == ["work"])
        #expect(exporter.logs.map(\.body) == [.string("working")])
        #expect(exporter.logs.first?.spanID == exporter.spans.first?.context.spanID)
        #expect(exporter.metrics.map(\.name) == ["jobs"])
        let books = self.books(await telemetry.health)
        #expect(books.accepted == 3)
        #expect(books.exported == 3)
        #expect(books.pending == 0)
        #expect(exporter.isShutDown)
    }

    @Test func errorOfTheBodyIsThrownOnAfterDelivery() async {
        struct Failure: Error {}
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter)
        await #expect(throws: Failure.self) {
            try await telemetry.run {
                telemetry.tracer.startSpan("work").end()
                throw Failure()
            }
        }
        #expect(exporter.spans.count == 1)
    }

    @Test func cancelledBodyLosesNothing() async {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter)
        let job = Task {
            await telemetry.run {
                for _ in 0..<1_000 { telemetry.tracer.startSpan("before").end() }
                while !Task.isCancelled { await Task.yield() }
                for _ in 0..<3 { telemetry.tracer.startSpan("after").end() }
            }
        }
        job.cancel()
        await job.value
        #expect(exporter.spans.count == 1_003)
        #expect(self.books(await telemetry.health).exported == 1_003)
    }

    @Test func cancelledTaskGroupDeliversWhatItHas() async throws {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await telemetry.run() }
            for _ in 0..<1_000 { telemetry.tracer.startSpan("work").end() }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(exporter.spans.count == 1_000)
        let books = self.books(await telemetry.health)
        #expect(books.exported == 1_000)
        #expect(books.pending == 0)
    }

    @Test func serviceGroupStopsItLast() async throws {
        struct Server: Service {
            let telemetry: Telemetry
            let started: Gate
            func run() async throws {
                self.started.open()
                try await gracefulShutdown()
                self.telemetry.tracer.startSpan("last words").end()
            }
        }
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter)
        let started = Gate()
        let group = ServiceGroup(
            services: [telemetry, Server(telemetry: telemetry, started: started)],
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        async let run: Void = group.run()
        await started.wait()
        await group.triggerGracefulShutdown()
        try await run
        #expect(exporter.spans.map(\.name) == ["last words"])
    }

    @Test func destinationThatHangsEndsTheShutdownInTime() async throws {
        let exporter = InMemoryExporter()
        exporter.hold()
        let telemetry = self.telemetry(exporter) { $0.shutdownTimeout = .milliseconds(200) }
        let start = ContinuousClock.now
        await telemetry.run {
            for _ in 0..<5_000 { telemetry.tracer.startSpan("work").end() }
        }
        #expect(ContinuousClock.now - start < .seconds(300))
        let books = self.books(await telemetry.health)
        #expect(books.accepted == 5_000)
        #expect(books.droppedCount == 5_000)
        #expect(books.pending == 0)
    }

    @Test func withoutRunRecordsAreBoundedAndCounted() async {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter)
        for _ in 0..<10_000 { telemetry.tracer.startSpan("work").end() }
        let before = await telemetry.health
        #expect(before.waitingRecords == 8_192)
        #expect(self.books(before).accepted == 10_000)
        #expect(self.books(before).dropped == [.queueFull: 10_000 - 8_192])
        let after = self.books(await telemetry.shutdown())
        #expect(after.dropped == [.queueFull: 10_000 - 8_192])
        #expect(after.exported == 8_192)
        #expect(after.pending == 0)
    }

    @Test func recordsAfterTheEndAreCounted() async {
        let telemetry = self.telemetry(InMemoryExporter())
        await telemetry.run {}
        telemetry.tracer.startSpan("late").end()
        #expect(self.books(await telemetry.health).dropped == [.shutdown: 1])
    }

    @Test func flushDeliversEverythingRecordedBefore() async throws {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter)
        let counter = Counter(label: "jobs", factory: telemetry.metricsFactory)
        await telemetry.run {
            for round in 1...3 {
                for _ in 0..<700 { telemetry.tracer.startSpan("work").end() }
                counter.increment()
                let books = self.books(await telemetry.forceFlush(.seconds(3_600)))
                #expect(books.exported == UInt64(701 * round))
                #expect(books.pending == 0)
            }
        }
        #expect(exporter.spans.count == 2_100)
    }

    @Test func flushEndsAtItsDeadline() async {
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter) { $0.shutdownTimeout = .milliseconds(100) }
        exporter.hold()
        await telemetry.run {
            telemetry.tracer.startSpan("work").end()
            let books = self.books(await telemetry.forceFlush(.milliseconds(50)))
            #expect(books.accepted == 1)
            #expect(books.pending == 1)
        }
    }

    @Test func whatAProcessorDropsIsInNoAccount() async {
        struct OnlyEven: SpanProcessor {
            func onEnd(_ span: inout EndedSpan) -> ProcessorVerdict {
                span.name += "!"
                return span.name == "odd!" ? .drop : .keep
            }
        }
        let exporter = InMemoryExporter()
        let telemetry = self.telemetry(exporter) { $0.traces.processors = [OnlyEven()] }
        await telemetry.run {
            for number in 0..<10 {
                telemetry.tracer.startSpan(number.isMultiple(of: 2) ? "even" : "odd").end()
            }
        }
        #expect(Set(exporter.spans.map(\.name)) == ["even!"])
        let health = await telemetry.health
        #expect(self.books(health).accepted == 5)
        #expect(self.books(health).exported == 5)
        #expect(health.filtered == 5)
    }

    @Test func engineDoesNotObserveItself() async {
        // The exporter logs and traces with whatever is current: nothing of it may come back.
        struct Chatty: TelemetryExporter {
            let inner: InMemoryExporter
            let handler: @Sendable () -> Void
            var destination: Destination { self.inner.destination }
            var signals: Set<Signal> { self.inner.signals }
            var keepsUndelivered: Bool { false }
            @concurrent func encode(_ batch: ExportBatch) async -> EncodedBatch {
                await self.inner.encode(batch)
            }
            func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
                self.handler()
                return await self.inner.send(payload, within: timeLimit)
            }
            @concurrent func payload(
                of payload: Payload,
                keeping items: [Int],
                layout: RecordLayout
            ) async -> Payload? { nil }
            func shutdown() async {}
        }
        let inner = InMemoryExporter()
        let pipeline = Locked<Telemetry?>(nil)
        let chatty = Chatty(inner: inner) {
            pipeline.withLock { $0 }?.makeLogHandler(label: "chatty").log(
                event: LogEvent(
                    level: .critical,
                    message: "sending",
                    metadata: nil,
                    source: nil,
                    file: #fileID,
                    function: #function,
                    line: #line
                )
            )
        }
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.logs.console = .off
        let telemetry = Telemetry(configuration: configuration, exporters: [chatty])
        pipeline.withLock { $0 = telemetry }
        await telemetry.run { telemetry.tracer.startSpan("work").end() }
        pipeline.withLock { $0 = nil }
        #expect(inner.spans.count == 1)
        #expect(inner.logs.isEmpty)
    }

    /// Whatever happens, every record is accounted for once.
    @Test(arguments: 0..<20)
    func booksBalanceInEveryScenario(seed: Int) async {
        var generator = SeededGenerator(seed: UInt64(seed))
        let failure = DeliveryFailure(kind: .server, explanation: "503")
        let outcomes: [DeliveryOutcome] = (0..<40).map { _ in
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: .failed(failure)
            case 1: .refused(.rejected, explanation: "400")
            case 2: .payloadTooLarge
            case 3: .partiallyAccepted([ItemRefusal(item: 0, verdict: .drop(.rejected))])
            default: .accepted
            }
        }
        let exporter = InMemoryExporter(outcomes: outcomes)
        let telemetry = self.telemetry(exporter) {
            $0.shutdownTimeout = .milliseconds(300)
            $0.traces.batching.maximumBatchSize = Int.random(in: 1...600, using: &generator)
            $0.traces.batching.maximumQueueSize = Int.random(in: 100...4_000, using: &generator)
            $0.traces.batching.overflow = seed.isMultiple(of: 2) ? .dropNewest : .dropOldest
        }
        let spans = Int.random(in: 0...6_000, using: &generator)
        await telemetry.run {
            for _ in 0..<spans { telemetry.tracer.startSpan("work").end() }
        }
        let books = self.books(await telemetry.health)
        #expect(books.accepted == UInt64(spans))
        #expect(books.exported + books.stored + books.droppedCount == books.accepted)
    }
}
