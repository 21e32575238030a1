import AzureMonitor
import Instrumentation
import Logging
import Metrics
import TelemetryEngine
import Tracing
import UnixSignals

/// Makes records as a plan says, and hands them to a pipeline.
struct RecordGenerator: Sendable {
    let plan: GenerationPlan
    /// Records a second; 0 for as fast as there is room.
    let rate: Double
    /// What tells the records of this run from others.
    let run: String
    /// How many attributes each span and log record has beside the fixed ones.
    let attributeCount: Int
    /// How long to stay at the end.
    let linger: Duration

    /// The longest time that anybody waits for a record, in seconds: a hundred years.
    ///
    /// A duration cannot hold every number of seconds.
    private static let longestWait = 3_200_000_000.0

    /// After how many records the generator looks at clock and room: fewer if it is to be slow, and
    /// so few that there is often room for them, in half of a queue without a batch.
    func stride(within configuration: AzureMonitor.Configuration) -> Int {
        let room = [configuration.traces.batching, configuration.logs.batching]
            .map { $0.maximumQueueSize / 2 - $0.maximumBatchSize }
        let most = max(1, room.reduce(64, min))
        guard self.rate > 0 else { return most }
        return max(1, Int(min(Double(most), self.rate / 100)))
    }

    /// Runs a pipeline, makes all records, and waits until their fate is known.
    func run(with configuration: AzureMonitor.Configuration) async throws -> GenerationAccount {
        let clock = ContinuousClock()
        let start = clock.now
        let telemetry = try AzureMonitor.makePipeline(configuration)
        let stride = self.stride(within: configuration)
        await telemetry.run {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.reportEverySecond(telemetry) }
                group.addTask {
                    await self.generate(into: telemetry, stride: stride, clock: clock)
                    await self.deliverWhatWaits(telemetry, clock: clock)
                }
                group.addTask { await Self.waitForSignal() }
                // The work is done, or somebody wants it to end; the reports never end.
                await group.next()
                group.cancelAll()
            }
        }
        return GenerationAccount(
            run: self.run,
            health: await telemetry.health,
            elapsed: clock.now - start
        )
    }

    private func generate(
        into telemetry: Telemetry,
        stride: Int,
        clock: ContinuousClock
    ) async {
        let logger = Logger(label: "generate") { telemetry.makeLogHandler(label: $0) }
        let extra = (0..<self.attributeCount).map { ("attribute.\($0)", "value \($0)") }
        let start = clock.now
        var plan = self.plan
        var made = 0
        // Where there are several destinations, the queues have room while one lane has: the other
        // would lose, or store, what it cannot deliver as fast.
        var waitsForAll = false
        if self.rate == 0 { waitsForAll = await telemetry.health.destinations.count > 1 }
        while !Task.isCancelled, plan.remaining > 0 {
            await telemetry.roomForSpans(stride)
            await telemetry.roomForLogRecords(stride)
            for _ in 0..<stride {
                switch plan.next() {
                case .span(let sequence): self.makeSpan(sequence, telemetry.tracer, extra)
                case .log(let sequence): self.makeLogRecord(sequence, logger, extra)
                case .metric(let sequence):
                    self.makePoint(sequence, telemetry)
                    // A series lives until it is collected: keep their number down.
                    if sequence % 2_000 == 1_999 { await telemetry.forceFlush(.seconds(60)) }
                case nil: break
                }
            }
            made += stride
            if waitsForAll, made % Self.maximumUnderWay == 0 {
                waitsForAll = await Self.settle(telemetry, clock: clock)
            }
            if self.rate > 0 {
                let seconds = Double(min(made, plan.total)) / self.rate
                let due = start + .seconds(min(seconds, Self.longestWait))
                try? await clock.sleep(until: due, tolerance: .zero)
            }
        }
    }

    /// How many records are under way at once where all destinations are waited for: two batches,
    /// which every lane has room for.
    private static let maximumUnderWay = 1_024

    /// Waits until all destinations have what was made.
    ///
    /// - Returns: `false` if one of them did not get it in time: it is not slow but failing, and
    ///   keeps nothing from the others.
    private static func settle(_ telemetry: Telemetry, clock: ContinuousClock) async -> Bool {
        let limit = Duration.seconds(2)
        let start = clock.now
        await telemetry.forceFlush(limit)
        return clock.now - start < limit
    }

    private func makeSpan(_ sequence: Int, _ tracer: TelemetryTracer, _ extra: [(String, String)]) {
        let span = tracer.startSpan(
            "GET /generate/{seq}",
            context: .topLevel,
            ofKind: .server
        )
        span.attributes["http.request.method"] = "GET"
        span.attributes["http.route"] = "/generate/{seq}"
        span.attributes["url.path"] = "/generate/\(sequence)"
        span.attributes["http.response.status_code"] = 200
        span.attributes["seq"] = sequence
        span.attributes["run"] = self.run
        for (key, value) in extra { span.attributes[key] = value }
        span.end()
    }

    private func makeLogRecord(_ sequence: Int, _ logger: Logger, _ extra: [(String, String)]) {
        var metadata: Logger.Metadata = ["seq": "\(sequence)", "run": "\(self.run)"]
        for (key, value) in extra { metadata[key] = .string(value) }
        logger.info("generate", metadata: metadata)
    }

    private func makePoint(_ sequence: Int, _ telemetry: Telemetry) {
        let counter = Counter(
            label: "generate.items",
            dimensions: [("seq", "\(sequence)"), ("run", self.run)],
            factory: telemetry.metricsFactory
        )
        counter.increment()
        // Reported with the next collection, then forgotten.
        counter.destroy()
    }

    /// Delivers what is under way, then stays while something waits in storage.
    private func deliverWhatWaits(_ telemetry: Telemetry, clock: ContinuousClock) async {
        guard self.linger > .zero else { return }
        let end = clock.now + self.linger
        await telemetry.forceFlush(self.linger)
        while !Task.isCancelled, clock.now < end {
            let health = await telemetry.health
            let waiting = health.destinations.values.reduce(0) { $0 + $1.storedPayloads }
            if waiting == 0, health.total.pending == 0 { return }
            try? await clock.sleep(for: .milliseconds(100))
        }
    }

    private func reportEverySecond(_ telemetry: Telemetry) async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(1))
            } catch {
                return
            }
            let books = await telemetry.health.total
            Console.printError(
                "accepted \(books.accepted), exported \(books.exported), stored \(books.stored), "
                    + "dropped \(books.droppedCount), redelivered \(books.redelivered)"
            )
        }
    }

    private static func waitForSignal() async {
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
    }
}
