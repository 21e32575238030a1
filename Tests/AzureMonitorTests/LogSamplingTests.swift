import AzureMonitor
import AzureMonitorExporter
import Logging
import Synchronization
import TelemetryEngine
import TelemetryModel
import Testing
import Tracing

/// Log records of traces that a sampler kept, and of those that it did not.
@Suite("Log sampling", .timeLimit(.minutes(10)))
struct LogSamplingTests {
    private static let traceCount = 64

    /// A record in each of many traces, one in no trace, and an event in each trace.
    private static func record(with monitor: Telemetry) {
        let logger = Logger(label: "shop", factory: { monitor.makeLogHandler(label: $0) })
        withTracer(monitor.tracer) {
            for _ in 0..<Self.traceCount {
                withSpan("GET /", ofKind: .server) { _ in
                    logger.info("in a trace")
                    monitor.trackEvent("in a trace")
                }
            }
        }
        logger.info("in no trace")
    }

    private struct Found {
        var sampled: Set<String>
        var messages: [SentItem]
        var events: [SentItem]

        init(_ items: [SentItem]) {
            self.sampled = Set(
                items.filter { $0.baseType == "RequestData" }
                    .compactMap { $0.tags["ai.operation.id"] }
            )
            self.messages = items.filter { $0.baseType == "MessageData" }
            self.events = items.filter { $0.baseType == "EventData" }
        }
    }

    @Test("by default all records are sent, and those of sampled traces bear the rate")
    func independent() async throws {
        let pipeline = try DistributionPipeline {
            $0.traces.sampler = ApplicationInsightsSampler(ratio: 0.25)
        }
        let found = Found(try await pipeline.run { Self.record(with: $0) })
        #expect(!found.sampled.isEmpty)
        #expect(found.sampled.count < Self.traceCount)
        #expect(found.messages.count == Self.traceCount + 1)
        #expect(found.events.count == Self.traceCount)
        for item in found.messages + found.events {
            let isSampled = item.tags["ai.operation.id"].map { found.sampled.contains($0) } ?? false
            #expect(item.sampleRate == (isSampled ? 25 : nil))
        }
        #expect(await pipeline.telemetry.health.notSampled == 0)
    }

    @Test("on demand the records of traces that are not sampled are left out and counted")
    func following() async throws {
        let pipeline = try DistributionPipeline {
            $0.traces.sampler = ApplicationInsightsSampler(ratio: 0.25)
            $0.logs.followsTraceSampling = true
        }
        let found = Found(try await pipeline.run { Self.record(with: $0) })
        #expect(!found.sampled.isEmpty)
        #expect(found.sampled.count < Self.traceCount)
        #expect(found.events.count == found.sampled.count)
        #expect(found.messages.count == found.sampled.count + 1)
        for item in found.messages + found.events {
            guard let trace = item.tags["ai.operation.id"] else { continue }
            #expect(found.sampled.contains(trace))
            #expect(item.sampleRate == 25)
        }
        let health = await pipeline.telemetry.health
        #expect(health.notSampled == UInt64(2 * (Self.traceCount - found.sampled.count)))
        #expect(health.filtered == 0)
        #expect(health.destinations["azure"]?.books.droppedCount == 0)
    }

    @Test(
        "what another process decided counts as well",
        arguments: [(TraceFlags.sampled, 1), (TraceFlags(), 0)]
    )
    func remote(_ flags: TraceFlags, _ count: Int) async throws {
        let pipeline = try DistributionPipeline { $0.logs.followsTraceSampling = true }
        let items = try await pipeline.run { monitor in
            var context = ServiceContext.topLevel
            context.setRemoteParent(
                SpanContext(
                    traceID: TraceID(high: 1, low: 2),
                    spanID: SpanID(rawValue: 3),
                    traceFlags: flags
                )
            )
            let logger = Logger(label: "shop", factory: { monitor.makeLogHandler(label: $0) })
            ServiceContext.withValue(context) { logger.info("received") }
        }
        #expect(items.count == count)
    }

    @Test("processors see the records of traces that are not sampled")
    func processors() async throws {
        final class Counting: LogRecordProcessor {
            let seen = Atomic(0)
            func onEnd(_ record: inout LogRecord) -> ProcessorVerdict {
                self.seen.add(1, ordering: .relaxed)
                return .keep
            }
        }
        let counting = Counting()
        let pipeline = try DistributionPipeline {
            $0.traces.sampler = AlwaysOffSampler()
            $0.logs.followsTraceSampling = true
            $0.logs.processors = [counting]
        }
        let found = Found(try await pipeline.run { Self.record(with: $0) })
        #expect(counting.seen.load(ordering: .relaxed) == 2 * Self.traceCount + 1)
        #expect(found.messages.count == 1)
        #expect(found.events.isEmpty)
    }
}
