import Benchmark
import Instrumentation
import TelemetryEngine
import Tracing
import Workload

/// Spans through the tracing API, against several tracers.
func registerSpanBenchmarks() {
    let count = 131_072

    let kinds: [(suffix: String, makeSpans: @Sendable () -> Void)] = [
        ("", { for sequence in 0..<count { Work.span(sequence) } }),
        (".around-work", { for sequence in 0..<count { Work.spanAroundWork(sequence) } }),
        (".plain", { for _ in 0..<count { Work.plainSpan() } }),
    ]
    for (suffix, makeSpans) in kinds {
        Benchmark("span.noop\(suffix)") { benchmark in
            benchmark.measure(count) { makeSpans() }
        } setup: {
            InstrumentationSystem.bootstrap(NoOpTracer())
        }

        Benchmark("span.unsampled\(suffix)") { benchmark in
            benchmark.measure(count) { makeSpans() }
        } setup: {
            let pipeline = DiscardingPipeline { configuration in
                configuration.traces.sampler = ParentBasedSampler(root: AlwaysOffSampler())
            }
            InstrumentationSystem.bootstrap(pipeline.telemetry.tracer.immortal())
        }

        Benchmark("span.sampled\(suffix)") {
            (benchmark: Benchmark, pipeline: DiscardingPipeline) in
            benchmark.measure(count) {
                makeSpans()
                pipeline.flush()
            }
        } setup: {
            let pipeline = DiscardingPipeline()
            InstrumentationSystem.bootstrap(pipeline.telemetry.tracer.immortal())
            return pipeline
        }
    }
}
