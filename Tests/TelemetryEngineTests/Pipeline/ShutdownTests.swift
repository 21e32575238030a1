import CoreMetrics
import Logging
import ServiceLifecycle
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing
import UnixSignals

@testable import TelemetryEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The end of a pipeline, and flushes, while the destination hangs.
@Suite("Shutdown", .timeLimit(.minutes(10)))
struct ShutdownTests {
    /// How a pipeline is told to stop.
    enum Way: CaseIterable {
        case endOfBody, cancelledGroup, serviceGroup, explicit
    }

    private static func configuration(_ directory: String?) -> TelemetryConfiguration {
        var configuration = TelemetryConfiguration()
        configuration.storage?.directory = directory
        if directory == nil { configuration.storage = nil }
        configuration.diagnosticLevel = .off
        configuration.logs.console = .off
        // Nothing here is about how fast a busy machine is.
        configuration.shutdownTimeout = .seconds(3_600)
        return configuration
    }

    /// Lets the time of a pipeline pass once everything that was recorded is with its destination,
    /// or on the way to it, until the work has ended.
    ///
    /// After ten times what an end may take here it passes no more: who needs longer waits for ever.
    private static func passing(
        _ time: ManualTime,
        of telemetry: Telemetry,
        while work: () async throws -> Void
    ) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                var steps = 500
                while !Task.isCancelled, steps > 0 {
                    let health = await telemetry.health
                    if health.waitingRecords == 0, health.total.accepted >= Self.recordCount {
                        time.advance(by: .milliseconds(100))
                        steps -= 1
                    }
                    await Task.yield()
                }
            }
            try await work()
            group.cancelAll()
        }
    }

    private static func stop(_ telemetry: Telemetry, _ way: Way) async throws {
        switch way {
        case .endOfBody:
            await telemetry.run { Self.record(telemetry) }
        case .explicit:
            Self.record(telemetry)
            await telemetry.shutdown()
        case .cancelledGroup:
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await telemetry.run() }
                Self.record(telemetry)
                group.cancelAll()
                try await group.waitForAll()
            }
        case .serviceGroup:
            Self.record(telemetry)
            let group = ServiceGroup(
                services: [telemetry],
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            )
            async let run: Void = group.run()
            await group.triggerGracefulShutdown()
            try await run
        }
    }

    /// How many records ``record(_:)`` makes of all kinds.
    private static let recordCount: UInt64 = 2_002

    private static func record(_ telemetry: Telemetry) {
        for _ in 0..<2_000 { telemetry.tracer.startSpan("work").end() }
        Counter(label: "jobs", factory: telemetry.metricsFactory).increment()
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

    @Test(
        "everything that a destination that hangs has not taken is on disk in time",
        arguments: Way.allCases
    )
    func storedAtTheDeadline(way: Way) async throws {
        let directory = try TemporaryDirectory()
        let exporter = InMemoryExporter(keepsUndelivered: true)
        exporter.hold()
        let time = ManualTime()
        var configuration = Self.configuration(directory.path)
        configuration.time = time.source
        configuration.shutdownTimeout = .seconds(5)
        let telemetry = Telemetry(configuration: configuration, exporters: [exporter])
        try await Self.passing(time, of: telemetry) { try await Self.stop(telemetry, way) }
        let health = try #require(await telemetry.health.destinations["memory"])
        #expect(health.books.accepted == 2_002)
        #expect(health.books.stored == 2_002)
        #expect(health.books.dropped.isEmpty)
        #expect(health.books.pending == 0)
        // Three full batches of spans and the rest of them, one of logs, one of metrics.
        #expect(health.storedPayloads == 6)

        let later = InMemoryExporter(keepsUndelivered: true)
        let next = Telemetry(configuration: configuration, exporters: [later])
        await next.run {
            while await next.health.total.redelivered < 2_002 {
                // Redelivery begins at a moment of its own.
                time.advance(by: .milliseconds(100))
                await Task.yield()
            }
        }
        #expect(later.sent.reduce(0) { $0 + $1.recordCount } == 2_002)
    }

    @Test("SIGTERM ends a service group in time with everything on disk")
    func sigterm() async {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            let exporter = InMemoryExporter(keepsUndelivered: true)
            exporter.hold()
            let time = ManualTime()
            var configuration = ShutdownTests.configuration(directory.path)
            configuration.time = time.source
            configuration.shutdownTimeout = .seconds(5)
            let telemetry = Telemetry(configuration: configuration, exporters: [exporter])
            ShutdownTests.record(telemetry)
            let group = ServiceGroup(
                services: [telemetry],
                gracefulShutdownSignals: [.sigterm],
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            )
            try await ShutdownTests.passing(time, of: telemetry) {
                async let run: Void = group.run()
                // The first batches are on their way, so the group listens to signals.
                while exporter.spans.count < 512 { await Task.yield() }
                kill(getpid(), SIGTERM)
                try await run
            }
            let books = await telemetry.health.total
            if books.stored != 2_002 { Issue.record("\(books)") }
        }
    }

    @Test("what nobody can store is lost for one reason, and the health says how much")
    func withoutStorage() async throws {
        let exporter = InMemoryExporter()
        exporter.hold()
        let time = ManualTime()
        var configuration = Self.configuration(nil)
        configuration.time = time.source
        configuration.shutdownTimeout = .seconds(5)
        let telemetry = Telemetry(configuration: configuration, exporters: [exporter])
        Self.record(telemetry)
        try await Self.passing(time, of: telemetry) { await telemetry.shutdown() }
        let books = await telemetry.health.total
        #expect(books.accepted == 2_002)
        #expect(books.dropped == [.shutdown: 2_002])
    }

    @Test("a flush ends at its deadline though the lane is full, and loses no measurement")
    func flushWhileFull() async throws {
        let exporter = InMemoryExporter()
        exporter.hold()
        var configuration = Self.configuration(nil)
        configuration.traces.batching.maximumBatchSize = 1
        configuration.maximumRequests = 1
        let telemetry = Telemetry(configuration: configuration, exporters: [exporter])
        await telemetry.run {
            for _ in 0..<10 { telemetry.tracer.startSpan("work").end() }
            while exporter.spans.isEmpty { await Task.yield() }
            // The lane takes two more before it is full.
            while await telemetry.health.waitingRecords > 6 { await Task.yield() }
            Counter(label: "jobs", factory: telemetry.metricsFactory).increment()
            let health = await telemetry.forceFlush(.milliseconds(50))
            #expect(health.total.exported == 0)
            // The measurement is in nobody's hands but the pipeline's; a second flush waits for it.
            await telemetry.forceFlush(.milliseconds(50))
            exporter.release()
            let books = await telemetry.forceFlush(.seconds(3_600)).total
            #expect(books.exported == 11)
            #expect(books.pending == 0)
        }
        #expect(exporter.metrics.map(\.name) == ["jobs"])
    }

    @Test("a flush that is given up costs no measurement")
    func cancelledFlush() async throws {
        let exporter = InMemoryExporter()
        let telemetry = Telemetry(
            configuration: Self.configuration(nil),
            exporters: [exporter]
        )
        let counter = Counter(label: "jobs", factory: telemetry.metricsFactory)
        await telemetry.run {
            for _ in 0..<50 {
                counter.increment()
                let flush = Task { await telemetry.forceFlush() }
                await Task.yield()
                flush.cancel()
                _ = await flush.value
            }
        }
        let sum = exporter.metrics.reduce(0.0) { sum, metric in
            guard case .sum(let points, _, _) = metric.content else { return sum }
            return sum + points.reduce(0) { $0 + $1.value.asDouble }
        }
        #expect(sum == 50)
    }
}
