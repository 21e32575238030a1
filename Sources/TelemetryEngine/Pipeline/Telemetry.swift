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
///
/// | File                       | What it holds                                             |
/// | -------------------------- | --------------------------------------------------------- |
/// | `Telemetry+Running.swift`  | running, shutting down and flushing, as callers see it    |
/// | `Telemetry+Delivery.swift` | the tasks of a pipeline that runs, and the order of its end |
/// | `Telemetry+Metrics.swift`  | collecting metrics, those of the pipeline itself included |
/// | `Telemetry+Health.swift`   | the accounts                                              |
public final class Telemetry: Service {
    let configuration: TelemetryConfiguration
    let resource: PipelineResource
    let spans: RecordChannel<SpanRecording>
    let logs: RecordChannel<PendingLogRecord>
    let registry: InstrumentRegistry
    let logPipeline: LogPipeline
    let diagnostics: Diagnostics
    let spanProcessor: SpanProcessorActor
    let logBuffer: LogBufferActor
    let aggregator: MetricAggregatorActor
    let coordinator: ExportCoordinator
    let exporters: [any TelemetryExporter]
    let lifecycle = TelemetryLifecycle()
    let tracingCounters: TracingCounters
    let collections = CollectionRequests()
    /// How many records the channels had lost when that was last said.
    let lossesSaid = Locked<UInt64>(0)
    /// When a shutdown that has begun must be over, by the monotonic clock.
    let shutdownDeadline = Locked<UInt64?>(nil)
    let metricProducers: [any PipelineMetricProducer]

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
        let coordinator = ExportCoordinator(
            exporters: exporters,
            storage: Self.storage(of: exporters, configuration),
            configuration: ExportConfiguration(configuration, diagnostics: diagnostics),
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
}

extension Telemetry {
    /// Offline storage for each destination that wants any.
    private static func storage(
        of exporters: [any TelemetryExporter],
        _ configuration: TelemetryConfiguration
    ) -> [Destination: StorageActor] {
        guard let storageConfiguration = configuration.storage else { return [:] }
        var storage: [Destination: StorageActor] = [:]
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
        return storage
    }
}

extension ExportConfiguration {
    /// What of a pipeline's configuration is about delivery.
    fileprivate init(_ configuration: TelemetryConfiguration, diagnostics: Diagnostics) {
        self.init()
        self.maximumRequests = max(1, configuration.maximumRequests)
        self.requestTimeouts = [
            .traces: configuration.traces.batching.exportTimeout,
            .logs: configuration.logs.batching.exportTimeout,
            .metrics: configuration.metrics.exportTimeout,
        ]
        self.storesOverQuota = configuration.storesOverQuota
        self.durability = configuration.durability
        self.diagnostics = diagnostics
    }
}
