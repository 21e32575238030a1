public import TelemetryModel

/// How a ``Telemetry`` pipeline records, batches and delivers.
public struct TelemetryConfiguration: Sendable {
    /// What produces the telemetry.
    ///
    /// The default is empty.
    public var resource = Resource()

    /// Finds out more about what produces the telemetry when the pipeline runs; nothing is sent
    /// before it returns, so it must soon.
    ///
    /// The default is `nil`: ``resource`` is all there is to know.
    package var resourceDetection: (@Sendable () async -> Resource)?

    /// How spans are recorded and batched.
    public var traces = Traces()

    /// How log records are made and batched.
    public var logs = Logs()

    /// How measurements are aggregated and collected.
    public var metrics = Metrics()

    /// What is kept for later when a destination cannot be reached; `nil` turns offline storage off.
    public var storage: StorageConfiguration? = StorageConfiguration()

    /// How long a shutdown may take in all, over all signals and destinations.
    ///
    /// The default is 5 seconds. What is not delivered when the time is nearly up is stored. Give
    /// a service group at least as much: its `maximumCancellationDuration` ends the process.
    public var shutdownTimeout: Duration = .seconds(5)

    /// The most requests under way to one destination at once.
    ///
    /// The default is 4.
    public var maximumRequests = 4

    /// Whether records are stored while the quota of a destination is used up.
    ///
    /// The default is `false`: its owner set that quota, so records are dropped and counted. Whether
    /// it is filled up again is tried after as long as the destination asks for, an hour at most; if
    /// it does not, after 10 minutes, then twice as long each time up to an hour, and soon after
    /// midnight UTC.
    public var storesOverQuota = false

    /// When records are written to offline storage: if they cannot be delivered, or always.
    ///
    /// The default is ``Durability/onFailure``.
    public var durability = Durability.onFailure

    /// How much the pipeline says about itself.
    ///
    /// The default is warnings and worse.
    public var diagnosticLevel = DiagnosticLevel.warning

    /// The directory of a file that the pipeline says it in; `nil` for standard error.
    public var diagnosticDirectory: String?

    /// Who else reports on the pipeline.
    package var metricProducers: [any PipelineMetricProducer] = []

    /// The clocks.
    ///
    /// The default is the machine's.
    public var time = TimeSource.system

    /// Creates a configuration of defaults.
    public init() {}
}

extension TelemetryConfiguration {
    /// How records wait for their batch.
    public struct Batching: Sendable {
        /// The most records in a batch; a full batch leaves at once.
        ///
        /// The default is 512.
        public var maximumBatchSize = 512

        /// How long the first record of a batch waits for company.
        ///
        /// The default is 1 second.
        ///
        /// OpenTelemetry's default for spans is 5 seconds. A shorter delay costs more requests, a
        /// longer one loses more if the process is killed.
        public var scheduleDelay: Duration = .seconds(1)

        /// The most time one request may take, connection included.
        ///
        /// The default is 30 seconds.
        public var exportTimeout: Duration = .seconds(30)

        /// The most records that wait.
        ///
        /// The default is 8,192.
        public var maximumQueueSize = 8_192

        /// The most bytes that wait, as far as they are known.
        ///
        /// The default is 16 MiB.
        public var maximumQueueBytes = 16 << 20

        /// What happens when there is no room.
        ///
        /// The default is ``OverflowPolicy/dropNewest``.
        public var overflow = OverflowPolicy.dropNewest

        /// Creates a configuration of defaults.
        public init() {}

        /// The channel that batches so.
        var channel: ChannelConfiguration {
            ChannelConfiguration(
                chunkSize: self.maximumBatchSize,
                maximumRecords: self.maximumQueueSize,
                maximumBytes: self.maximumQueueBytes,
                overflow: self.overflow
            )
        }
    }

    /// How spans are recorded and batched.
    public struct Traces: Sendable {
        /// Which spans are kept.
        ///
        /// The default keeps every span whose parent is not left out.
        public var sampler: any Sampler = ParentBasedSampler(root: AlwaysOnSampler())

        /// How many attributes, events and links a span may have.
        public var limits = SpanLimits()

        /// What travels to other processes, and how.
        ///
        /// The default is W3C Trace Context and Baggage.
        public var propagators: [any Propagator] = [
            W3CTraceContextPropagator(), W3CBaggagePropagator(),
        ]

        /// What sees every span at its start and end, in this order.
        public var processors: [any SpanProcessor] = []

        /// Whether a recorded error has the call stack of where it was recorded.
        ///
        /// The default is `false`: taking a stack costs far more than recording a span.
        public var recordsBacktraces = false

        /// What spans hand down to the spans and log records inside them.
        package var inheritance: AttributeInheritance?

        /// How spans wait for their batch.
        public var batching = Batching()

        /// Creates a configuration of defaults.
        public init() {}
    }

    /// How log records are made and batched.
    public struct Logs: Sendable {
        /// Which levels each logger starts with.
        ///
        /// The default is `info` for all.
        public var levels = LogLevels()

        /// How many attributes a record may have.
        public var limits = LogLimits()

        /// What sees every record, in this order.
        public var processors: [any LogRecordProcessor] = []

        /// Whether records inside a trace that is not sampled are left out, as its spans are.
        ///
        /// The default is `false`: all records are exported. Records outside any trace always are.
        /// What is left out is counted in ``TelemetryHealth/notSampled``; processors see it all the
        /// same.
        public var followsTraceSampling = false

        /// Whether records are also written to standard error.
        ///
        /// The default is: if that is a terminal.
        public var console = ConsoleOutput.automatic

        /// How records wait for their batch.
        public var batching = Batching()

        /// Creates a configuration of defaults.
        public init() {}
    }

    /// How measurements are aggregated and collected.
    public struct Metrics: Sendable {
        /// How often instruments are read.
        ///
        /// The default is 60 seconds.
        public var exportInterval: Duration = .seconds(60)

        /// The most time one request may take, connection included.
        ///
        /// The default is 30 seconds.
        public var exportTimeout: Duration = .seconds(30)

        /// What is changed about instruments, by name.
        public var views: [MetricView] = []

        /// The most series of one instrument, the overflow series included; `nil` for no limit.
        ///
        /// The default is 2,000, as OpenTelemetry has it. What comes beyond is counted in one
        /// series with the attribute `otel.metric.overflow`.
        public var cardinalityLimit: Int? = 2_000

        /// Whether what the pipeline itself does is measured: queues, exports, losses.
        ///
        /// The default is `false`. The metrics have the names that OpenTelemetry gives them,
        /// `otel.sdk.*`; they are delivered like all others, and count in the accounts, but not in
        /// themselves. Views do not apply to them.
        public var measuresPipeline = false

        /// Creates a configuration of defaults.
        public init() {}
    }
}
