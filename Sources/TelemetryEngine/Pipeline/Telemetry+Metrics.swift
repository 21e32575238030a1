private import TelemetryModel

extension Telemetry {
    /// Collects metrics.
    ///
    /// - Parameter isLast: whether it is for the last time. All totals were collected just before
    ///   then, and those that have not changed since are not reported twice.
    func collectMetrics(isLast: Bool = false) async {
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

    // MARK: The pipeline itself

    /// The exporters, observed if their work is to be measured, and who reports on it.
    static func observed(
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
    static func histogramAggregation(
        for exporters: [any TelemetryExporter]
    ) -> MetricPreference.HistogramAggregation {
        let isExponential = exporters.contains {
            $0.signals.contains(.metrics)
                && $0.metricPreference.histogramAggregation == .exponential
        }
        return isExponential ? .exponential : .explicitBucket
    }

    /// Delivers what the producers have to say about the pipeline, each in a batch of its own.
    func report(
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
