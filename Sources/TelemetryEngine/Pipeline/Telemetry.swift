private import Instrumentation
public import ServiceLifecycle
private import TelemetryModel

/// A pipeline: what records telemetry, and what delivers it.
///
/// One value owns all of it. Recording works from the start; delivery, timers and storage run
/// while ``run()`` does, and nothing of them outlives it. Put it first into a service group, so
/// that it stops last.
///
/// ```swift
/// let telemetry = Telemetry(exporters: [try AzureMonitorTraceExporter()])
/// try await withThrowingTaskGroup(of: Void.self) { group in
///     group.addTask { try await telemetry.run() }
///     try await withTracer(telemetry.tracer) { try await work() }
///     await telemetry.shutdown()
/// }
/// ```
public final class Telemetry: Service {
    private let configuration: TelemetryConfiguration
    private let resource: PipelineResource
    private let spans: RecordChannel<SpanRecording>
    private let logs: RecordChannel<PendingLogRecord>
    private let registry: InstrumentRegistry
    private let logPipeline: LogPipeline
    private let diagnostics: Diagnostics
    private let spanProcessor: SpanProcessorActor
    private let logBuffer: LogBufferActor
    private let aggregator: MetricAggregatorActor
    private let coordinator: ExportCoordinator
    private let exporters: [any TelemetryExporter]
    private let lifecycle = TelemetryLifecycle()
    private let tracingCounters: TracingCounters
    private let collections = CollectionRequests()
    /// How many records the channels had lost when that was last said.
    private let lossesSaid = Locked<UInt64>(0)
    /// When a shutdown that has begun must be over, by the monotonic clock.
    private let shutdownDeadline = Locked<UInt64?>(nil)
    private let metricProducers: [any PipelineMetricProducer]

    /// Starts spans.
    ///
    /// A value; use it with `withTracer`, or bootstrap `InstrumentationSystem` with it.
    public let tracer: TelemetryTracer

    /// Makes instruments.
    ///
    /// Use it with `withMetricsFactory`, or bootstrap `MetricsSystem` with it.
    public let metricsFactory: TelemetryMetricsFactory

    /// Creates a pipeline; nothing runs yet, and no thread is started.
    ///
    /// - Parameters:
    ///   - configuration: how it records, batches and delivers.
    ///   - exporters: where to; those of one destination share a lane, offline storage and account.
    public convenience init(
        configuration: TelemetryConfiguration = TelemetryConfiguration(),
        exporters: [any TelemetryExporter]
    ) {
        let diagnostics = Diagnostics(
            level: configuration.diagnosticLevel,
            directory: configuration.diagnosticDirectory,
            time: configuration.time
        )
        self.init(configuration: configuration, exporters: exporters, diagnostics: diagnostics)
    }

    /// Creates a pipeline that says what is wrong in a place that others use, too.
    package init(
        configuration: TelemetryConfiguration,
        exporters: [any TelemetryExporter],
        diagnostics: Diagnostics
    ) {
        let (exporters, producers) = Self.observed(exporters, as: configuration)
        self.configuration = configuration
        self.exporters = exporters
        self.metricProducers = producers
        self.tracingCounters = TracingCounters()
        let spans = RecordChannel<SpanRecording>(
            configuration: configuration.traces.batching.channel
        )
        self.spans = spans
        self.logs = RecordChannel(configuration: configuration.logs.batching.channel)
        self.diagnostics = diagnostics
        self.logPipeline = LogPipeline(
            channel: self.logs,
            levels: configuration.logs.levels,
            console: configuration.logs.console,
            time: configuration.time
        )
        var storage: [Destination: StorageActor] = [:]
        if let storageConfiguration = configuration.storage {
            for exporter in exporters
            where exporter.keepsUndelivered && storage[exporter.destination] == nil {
                var ofDestination = storageConfiguration
                ofDestination.directory = exporter.storageDirectory ?? ofDestination.directory
                storage[exporter.destination] = StorageActor(
                    configuration: ofDestination,
                    destination: exporter.destination,
                    time: configuration.time
                )
            }
        }
        var export = ExportConfiguration()
        export.maximumRequests = max(1, configuration.maximumRequests)
        export.requestTimeouts = [
            .traces: configuration.traces.batching.exportTimeout,
            .logs: configuration.logs.batching.exportTimeout,
            .metrics: configuration.metrics.exportTimeout,
        ]
        export.storesOverQuota = configuration.storesOverQuota
        export.durability = configuration.durability
        export.diagnostics = diagnostics
        let coordinator = ExportCoordinator(
            exporters: exporters,
            storage: storage,
            configuration: export,
            time: configuration.time
        )
        self.coordinator = coordinator
        var instruments = InstrumentRegistry.Configuration()
        instruments.views = configuration.metrics.views
        instruments.cardinalityLimit = configuration.metrics.cardinalityLimit
        instruments.histogramAggregation = Self.histogramAggregation(for: exporters)
        self.registry = InstrumentRegistry(configuration: instruments)
        let resource = PipelineResource(
            configuration.resource,
            detection: configuration.resourceDetection
        )
        self.resource = resource
        self.spanProcessor = SpanProcessorActor(
            channel: self.spans,
            processors: configuration.traces.processors,
            inheritance: configuration.traces.inheritance,
            resource: resource,
            coordinator: coordinator
        )
        self.logBuffer = LogBufferActor(
            channel: self.logs,
            processors: configuration.logs.processors,
            limits: configuration.logs.limits,
            inheritance: configuration.traces.inheritance,
            followsTraceSampling: configuration.logs.followsTraceSampling,
            resource: resource,
            coordinator: coordinator,
            time: configuration.time
        )
        self.aggregator = MetricAggregatorActor(
            registry: self.registry,
            preferences: coordinator.temporalityPreferences,
            time: configuration.time
        )
        self.tracer = TelemetryTracer(
            channel: spans,
            sampler: configuration.traces.sampler,
            limits: configuration.traces.limits,
            time: configuration.time,
            propagators: configuration.traces.propagators,
            processors: configuration.traces.processors,
            inheritance: configuration.traces.inheritance,
            counters: self.tracingCounters,
            recordsBacktraces: configuration.traces.recordsBacktraces,
            flush: { spans.flush() }
        )
        self.metricsFactory = TelemetryMetricsFactory(registry: self.registry)
    }

    /// Makes a log handler for one logger.
    ///
    /// Pass it to `LoggingSystem.bootstrap` or to `Logger(label:factory:)`.
    public func makeLogHandler(label: String) -> TelemetryLogHandler {
        TelemetryLogHandler(label: label, pipeline: self.logPipeline)
    }

    // MARK: Running

    /// Delivers until it is told to stop: by graceful shutdown, cancellation, or ``shutdown()``.
    ///
    /// It then collects metrics once more, sends what it can within
    /// ``TelemetryConfiguration/shutdownTimeout``, stores what it cannot send, and returns. A
    /// cancellation that comes after a graceful shutdown means: store at once. Records that end
    /// while it stops are delivered; later ones are counted as dropped. It runs once: a second call
    /// waits for the first.
    public func run() async throws {
        if self.lifecycle.begin() {
            await self.run(stopsWhenCancelled: true)
        } else {
            // Somebody else runs it; a service group must still be able to stop this one.
            await cancelWhenGracefulShutdown { await self.lifecycle.ended.wait() }
        }
    }

    /// Runs while the body does, and only then.
    ///
    /// Cancellation of the caller is the body's business: delivery goes on until the body has
    /// returned or thrown, and everything it recorded until then is delivered or stored. If somebody
    /// runs the pipeline already, only the body is run.
    public func run<Result>(
        isolation: isolated (any Actor)? = #isolation,
        while body: () async throws -> Result
    ) async rethrows -> Result {
        guard self.lifecycle.begin() else { return try await body() }
        async let delivery: Void = self.run(stopsWhenCancelled: false)
        do {
            let result = try await body()
            self.lifecycle.requestShutdown()
            await delivery
            return result
        } catch {
            self.lifecycle.requestShutdown()
            await delivery
            throw error
        }
    }

    private func run(stopsWhenCancelled: Bool) async {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                // The one unstructured task of the engine, awaited here: it keeps the caller's
                // cancellation out, because a cancelled task can neither wait nor send. It goes
                // when the language has a cancellation shield.
                await Task {
                    // Nor is the pipeline part of whatever span `run()` was called in.
                    await ServiceContext.$current.withValue(nil) {
                        await EngineWork.$isActive.withValue(true) {
                            await self.runPipeline()
                        }
                    }
                }.value
            } onGracefulShutdown: {
                if stopsWhenCancelled { self.lifecycle.requestShutdown() }
            }
        } onCancel: {
            if stopsWhenCancelled { self.lifecycle.wasCancelled() }
        }
        self.lifecycle.ended.open()
    }

    /// Stops ``run()`` and waits for its end; returns what became of everything.
    ///
    /// If nobody has called ``run()`` yet, what waits is delivered here.
    @discardableResult
    public func shutdown() async -> TelemetryHealth {
        self.lifecycle.requestShutdown()
        if self.lifecycle.begin() {
            await self.run(stopsWhenCancelled: false)
        }
        await self.lifecycle.ended.wait()
        return await self.health
    }

    /// Delivers everything that was recorded before the call, and says what became of it.
    ///
    /// Instruments are read as well. Calling it twice is harmless. It returns when the fate of
    /// those records is known, when the deadline has passed, or at once if ``run()`` is not running;
    /// the returned books tell which.
    ///
    /// - Parameter deadline: how long to wait at most. The default is 5 seconds.
    @discardableResult
    public func forceFlush(_ deadline: Duration = .seconds(5)) async -> TelemetryHealth {
        guard self.lifecycle.isRunning else { return await self.health }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.flush() }
            group.addTask { try? await self.configuration.time.sleep(deadline) }
            group.addTask { await self.lifecycle.ended.wait() }
            await group.next()
            group.cancelAll()
        }
        return await self.health
    }

    /// Waits until `count` more spans, at most a batch, certainly fit into the queue.
    ///
    /// For jobs that would rather be slow than lose a span: the tracing API itself cannot wait. Call
    /// it before starting a span. Room is made by ``run()``: before that, it may wait for it. Returns
    /// at once after shutdown and when cancelled.
    public func roomForSpans(_ count: Int = 1) async {
        await self.spans.room(for: count)
    }

    /// Waits until `count` more log records, at most a batch, certainly fit into the queue.
    public func roomForLogRecords(_ count: Int = 1) async {
        await self.logs.room(for: count)
    }

    // MARK: Health

    /// The accounts, and what is wrong at the moment.
    public var health: TelemetryHealth {
        get async {
            var health = TelemetryHealth()
            let spanCounts = await self.spanProcessor.counts
            let logCounts = await self.logBuffer.counts
            health.filtered = logCounts.filtered + spanCounts.filtered
            health.recordedOnly = spanCounts.recordedOnly
            health.notSampled = logCounts.notSampled
            health.invalidMeasurements = UInt64(self.registry.counts.ignoredMeasurements)
            health.endedTwice = self.tracingCounters.values.endedTwice
            health.destinations = await self.coordinator.health()
            let signals = await self.coordinator.destinationSignals
            for (signal, counts) in [(Signal.traces, self.spans.counts), (.logs, self.logs.counts)]
            {
                health.waitingRecords += counts.waiting
                health.waitingBytes += counts.waitingBytes
                // What waits in a channel, or was lost in it, no lane has seen.
                for name in health.destinations.keys where signals[name]?.contains(signal) == true {
                    health.destinations[name]?.books.accepted += counts.waiting
                    health.destinations[name]?.books.add(lost: counts.dropped)
                }
            }
            return health
        }
    }
}

// MARK: - The pipeline

extension Telemetry {
    private func runPipeline() async {
        await withDiscardingTaskGroup { exporters in
            for exporter in self.exporters { exporters.addTask { await exporter.run() } }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.waitForCutOff() }
                group.addTask { await self.deliver() }
                // Whichever is first: all is delivered, or the time is up and the rest is stored.
                await group.next()
                group.cancelAll()
            }
            exporters.cancelAll()
        }
        await self.giveUp()
    }

    /// Everything that runs while the pipeline does; ends when all is drained.
    private func deliver() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.coordinator.run() }
            group.addTask { await self.resource.detect() }
            group.addTask { await self.keepTime() }
            group.addTask {
                await withDiscardingTaskGroup { consumers in
                    consumers.addTask { await self.spanProcessor.run() }
                    consumers.addTask { await self.logBuffer.run() }
                }
                // Both channels are sealed and empty. Instruments come last: recording the end of
                // a span may well have counted something.
                await self.collectMetrics(isLast: true)
                await self.coordinator.finish()
            }
            await group.waitForAll()
        }
    }

    /// Everything that happens by the clock, until the shutdown seals the channels.
    private func keepTime() async {
        let time = self.configuration.time
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let delay = self.configuration.linger(of: self.configuration.traces.batching)
                await self.spans.runLinger(delay, time: time)
            }
            group.addTask {
                let delay = self.configuration.linger(of: self.configuration.logs.batching)
                await self.logs.runLinger(delay, time: time)
            }
            group.addTask {
                let ticks = MetricTicks(
                    every: self.configuration.metrics.exportInterval,
                    time: time
                )
                for await _ in ticks { await self.collectMetrics() }
            }
            for producer in self.metricProducers {
                guard let interval = producer.interval else { continue }
                group.addTask {
                    for await _ in MetricTicks(every: interval, time: time) {
                        await self.report(from: [producer])
                    }
                }
            }
            group.addTask { await self.collections.serve { await self.collectMetrics() } }
            group.addTask { await self.watchForLosses() }
            await self.lifecycle.shutdownRequested.wait()
            // The channels stay open while what is there is delivered: others that stop at the same
            // time may still have something to say.
            await self.flush()
            self.spans.seal()
            self.logs.seal()
            group.cancelAll()
        }
    }

    /// Returns when nothing may be sent any more.
    private func waitForCutOff() async {
        await self.lifecycle.shutdownRequested.wait()
        guard !Task.isCancelled else { return }
        let timeout = self.configuration.shutdownTimeout
        self.shutdownDeadline.withLock { $0 = self.moment(after: timeout) }
        // What cannot be sent must still be written.
        let reserve = min(timeout / 5, .seconds(1))
        await self.lifecycle.cutOffRequested.wait(
            atMost: timeout - reserve,
            time: self.configuration.time
        )
    }

    private func moment(after duration: Duration) -> UInt64 {
        let now = self.configuration.time.monotonicNow()
        let sum = now.addingReportingOverflow(duration.nanoseconds)
        return sum.overflow ? .max : sum.partialValue
    }

    /// Hands everything recorded so far to the lanes, and waits until its fate is known, or the task
    /// is cancelled.
    private func flush() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.spans.flushAndWait() }
            group.addTask { await self.logs.flushAndWait() }
            group.addTask { await self.collections.request() }
        }
        await self.coordinator.waitUntilSettled()
    }

    /// Collects metrics.
    ///
    /// - Parameter isLast: whether it is for the last time. All totals were collected just before
    ///   then, and those that have not changed since are not reported twice.
    private func collectMetrics(isLast: Bool = false) async {
        await self.aggregator.collectNow(omittingUnchanged: isLast) {
            await self.submit($0, to: $1)
        }
        await self.report(
            from: self.metricProducers.filter { isLast || $0.interval == nil },
            omittingUnchanged: isLast
        )
    }

    private func submit(
        _ metrics: [Metric],
        to preference: MetricPreference.TemporalityPreference
    ) async {
        for notice in self.registry.takeNotices() {
            self.diagnostics.report(.warning, "metrics.\(notice.code)", notice.explanation)
        }
        await self.coordinator.submit(
            ExportBatch(resource: self.resource.value, records: .metrics(metrics)),
            preferring: preference
        )
    }

    /// Says every minute if there was no room for records; the channels themselves only count.
    private func watchForLosses() async {
        while !Task.isCancelled {
            try? await self.configuration.time.sleep(.seconds(60))
            self.sayLosses()
        }
    }

    private func sayLosses() {
        let counts = [self.spans.counts, self.logs.counts]
        let lost = counts.reduce(0) { $0 + $1.dropped.values.reduce(0, +) }
        let before = self.lossesSaid.withLock { said in
            defer { said = lost }
            return said
        }
        guard lost > before else { return }
        self.diagnostics.report(
            .error,
            "channel.lost",
            "\(lost - before) records are lost: the queue was full, or the pipeline had ended"
        )
    }

    /// The end: whatever still waits is lost, and counted; storage and connections are closed.
    private func giveUp() async {
        self.spans.seal()
        self.logs.seal()
        _ = self.spans.abandon(.shutdown)
        _ = self.logs.abandon(.shutdown)
        let deadline = self.shutdownDeadline.withLock { $0 }
        let latest = self.moment(after: self.configuration.shutdownTimeout)
        await self.coordinator.close(until: deadline ?? latest)
        for exporter in self.exporters { await exporter.shutdown() }
        self.sayLosses()
        self.diagnostics.summarise()
    }
}

// MARK: - Metrics of the pipeline itself

extension Telemetry {
    /// The exporters, observed if their work is to be measured, and who reports on it.
    private static func observed(
        _ exporters: [any TelemetryExporter],
        as configuration: TelemetryConfiguration
    ) -> ([any TelemetryExporter], [any PipelineMetricProducer]) {
        guard configuration.metrics.measuresPipeline else {
            return (exporters, configuration.metricProducers)
        }
        let observations = ExporterObservations(
            histogramAggregation: self.histogramAggregation(for: exporters)
        )
        let observed = exporters.map { exporter in
            ObservedExporter(
                exporter,
                observations: observations,
                dropsOverQuota: !configuration.storesOverQuota,
                time: configuration.time
            )
        }
        let metrics = PipelineMetrics(
            observations: observations,
            start: configuration.time.wallNow()
        )
        return (observed, configuration.metricProducers + [metrics])
    }

    /// How distributions are kept: they are kept once, so one that wants more detail is enough.
    private static func histogramAggregation(
        for exporters: [any TelemetryExporter]
    ) -> MetricPreference.HistogramAggregation {
        let isExponential = exporters.contains {
            $0.signals.contains(.metrics)
                && $0.metricPreference.histogramAggregation == .exponential
        }
        return isExponential ? .exponential : .explicitBucket
    }

    /// Delivers what the producers have to say about the pipeline, each in a batch of its own.
    private func report(
        from producers: [any PipelineMetricProducer],
        omittingUnchanged: Bool = false
    ) async {
        guard !producers.isEmpty else { return }
        let preferences = self.coordinator.temporalityPreferences
        var reading = PipelineReading(
            time: self.configuration.time.wallNow(),
            health: await self.health
        )
        reading.spans = PipelineReading.Queue(
            counts: self.spans.counts,
            capacity: self.configuration.traces.batching.maximumQueueSize
        )
        reading.logs = PipelineReading.Queue(
            counts: self.logs.counts,
            capacity: self.configuration.logs.batching.maximumQueueSize
        )
        reading.tracing = self.tracingCounters.values
        reading.omitsUnchanged = omittingUnchanged
        for producer in producers {
            let metrics = producer.metrics(of: reading, for: preferences)
            for preference in preferences {
                guard let metrics = metrics[preference], !metrics.isEmpty else { continue }
                await self.submit(metrics, to: preference)
            }
        }
    }
}
