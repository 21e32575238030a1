package import TelemetryModel

/// Makes metrics of what a pipeline did, for the pipeline to deliver like any others.
///
/// Its metrics travel in batches of their own, whose scope is ``PipelineMetrics/scope``. Whoever
/// counts what exporters do leaves those batches out: else each report would be news for the next,
/// and an idle program would never stop reporting. To whom prefers what came since the last report a
/// producer reports only what has changed, and falls silent with the program.
package protocol PipelineMetricProducer: Sendable {
    /// How often to report; `nil` for whenever metrics are collected.
    var interval: Duration? { get }

    /// Makes the metrics of what happened, for each preference of those who take metrics.
    ///
    /// - Parameter preferences: the same at each call.
    func metrics(
        of reading: PipelineReading,
        for preferences: [MetricPreference.TemporalityPreference]
    ) -> [MetricPreference.TemporalityPreference: [Metric]]
}

/// What a pipeline counted up to one moment.
package struct PipelineReading: Sendable {
    /// What passed through one queue.
    package struct Queue: Sendable {
        /// What came in, was lost and waits.
        package var counts: ChannelCounts
        /// How many records may wait.
        package var capacity: Int

        package init(counts: ChannelCounts, capacity: Int) {
            self.counts = counts
            self.capacity = capacity
        }
    }

    /// When the counts were read.
    package var time: Timestamp
    /// The accounts.
    package var health: TelemetryHealth
    /// The queue of ended spans.
    package var spans = Queue(counts: ChannelCounts(), capacity: 0)
    /// The queue of log records.
    package var logs = Queue(counts: ChannelCounts(), capacity: 0)
    /// What the tracer counted.
    package var tracing = TracingCounters.Values()
    /// Whether totals that were reported before and have not changed are left out, because that
    /// was a moment ago.
    package var omitsUnchanged = false

    /// Creates a reading of a pipeline that did nothing.
    package init(time: Timestamp, health: TelemetryHealth = TelemetryHealth()) {
        self.time = time
        self.health = health
    }
}

extension ExportBatch {
    /// Whether the batch reports on the pipeline itself.
    package var isAboutPipeline: Bool {
        guard case .metrics(let metrics) = self.records else { return false }
        return metrics.contains { $0.scope.name == PipelineMetrics.scope.name }
    }
}
