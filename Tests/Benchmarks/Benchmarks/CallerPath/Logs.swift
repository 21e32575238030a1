import Benchmark
import Logging
import TelemetryEngine
import Workload

/// Log records with two values, through the logging API.
func registerLogBenchmarks() {
    let count = 131_072

    Benchmark("log.noop") { benchmark in
        let logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        benchmark.measure(count) {
            for sequence in 0..<count { Work.logRecord(sequence, logger) }
        }
    }

    Benchmark("log.recorded") { (benchmark: Benchmark, pipeline: DiscardingPipeline) in
        let logger = Logger(label: "benchmark") { pipeline.telemetry.makeLogHandler(label: $0) }
        benchmark.measure(count) {
            for sequence in 0..<count { Work.logRecord(sequence, logger) }
            pipeline.flush()
        }
    } setup: {
        DiscardingPipeline()
    }
}
