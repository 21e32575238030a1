import TelemetryModel
import TelemetryTesting
import Tracing

@testable import TelemetryEngine

/// A tracer, its channel, its time and its counters.
struct TracingHarness {
    let channel: RecordChannel<SpanRecording>
    let counters = TracingCounters()
    let time = ManualTime()
    let tracer: TelemetryTracer

    init(
        sampler: any Sampler = ParentBasedSampler(root: AlwaysOnSampler()),
        limits: SpanLimits = SpanLimits(),
        capacity: Int = 100_000,
        processors: [any SpanProcessor] = [],
        recordsBacktraces: Bool = false,
        flush: @escaping @Sendable () -> Void = {}
    ) {
        let channel = RecordChannel<SpanRecording>(
            configuration: ChannelConfiguration(maximumRecords: capacity, maximumBytes: 1 << 40)
        )
        self.channel = channel
        self.tracer = TelemetryTracer(
            channel: channel,
            sampler: sampler,
            limits: limits,
            time: self.time.source,
            processors: processors,
            counters: self.counters,
            recordsBacktraces: recordsBacktraces,
            flush: flush
        )
    }

    /// Ends the channel and returns the recordings that are in it.
    func recordings() async -> [SpanRecording] {
        self.channel.seal()
        var recordings: [SpanRecording] = []
        for await chunk in self.channel.chunks {
            recordings.append(contentsOf: chunk.records)
        }
        return recordings
    }

    /// Ends the channel and returns the spans that are in it.
    func endedSpans() async -> [EndedSpan] {
        var caches = SpanConversionCaches()
        return await self.recordings().map { $0.makeEndedSpan(using: &caches) }
    }

    /// Records one span and returns what became of it.
    func span(_ body: (TracedSpan) -> Void) async throws -> EndedSpan {
        let span = self.tracer.startSpan("operation", context: .topLevel)
        body(span)
        span.end()
        let spans = await self.endedSpans()
        return try spans.only
    }

    /// How many recordings were delivered so far.
    var deliveredCount: UInt64 { self.channel.counts.offered }
}

struct NotExactlyOneError: Error {
    let count: Int
}

extension Collection {
    /// The one element.
    var only: Element {
        get throws {
            guard let first, self.count == 1 else { throw NotExactlyOneError(count: self.count) }
            return first
        }
    }
}

/// An error with a description.
struct OutOfPaperError: Error, CustomStringConvertible {
    var description: String { "The printer is out of paper." }
}

extension DefaultTracerClock.Timestamp {
    /// A time in seconds since 1970.
    static func seconds(_ seconds: Double) -> Self {
        Self(nanosecondsSinceEpoch: UInt64(seconds * 1e9))
    }
}
