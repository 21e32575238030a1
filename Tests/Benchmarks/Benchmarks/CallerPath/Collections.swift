import Benchmark
import Metrics
import TelemetryEngine
import Workload

/// Collecting all series, and handing them to an exporter; one operation is one collection.
func registerCollectionBenchmarks() {
    for count in [1_000, 10_000, 100_000] {
        Benchmark("collect.\(count)") { (benchmark: Benchmark, series: Series) in
            for counter in series.counters { counter.increment() }
            benchmark.measure(1) { series.pipeline.flush() }
        } setup: {
            let series = Series(count)
            // One collection that is looked at: all series, and not the overflow's.
            for counter in series.counters { counter.increment() }
            series.pipeline.flush()
            let exported = await series.pipeline.telemetry.health.total.exported
            precondition(exported == count, "\(exported) series were collected.")
            return series
        }
    }
}

private struct Series: Sendable {
    let pipeline: DiscardingPipeline
    let counters: [Counter]

    /// Makes counters that differ in one dimension.
    init(_ count: Int) {
        let pipeline = DiscardingPipeline { configuration in
            configuration.metrics.cardinalityLimit = nil
        }
        self.pipeline = pipeline
        self.counters = (0..<count).map { number in
            Counter(
                label: "orders",
                dimensions: [("shop", "\(number)")],
                factory: pipeline.telemetry.metricsFactory
            )
        }
    }
}
