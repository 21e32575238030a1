import Benchmark
import Dispatch
import Workload

/// What a caller pays, as medians of processor time over repeated runs.
///
/// Each benchmark runs in a process of its own, so that each may bootstrap its own back end.
let benchmarks: @Sendable () -> Void = {
    unsafe Benchmark.defaultConfiguration = .init(
        metrics: [.throughput, .processorTime],
        warmupIterations: 2,
        maxDuration: .seconds(4),
        maxIterations: 15
    )
    registerEncodingBenchmarks()
    registerSpanBenchmarks()
    registerLogBenchmarks()
    registerInstrumentBenchmarks()
    registerCollectionBenchmarks()
}

extension BenchmarkMetric {
    /// Processor time of the whole process for one operation, in picoseconds.
    ///
    /// The package's own processor times have the resolution of the scheduler's clock on Linux.
    static let processorTime = BenchmarkMetric.custom("CPU ps", useScalingFactor: false)
}

extension Benchmark {
    /// Measures the processor time that `operations` operations take the whole process.
    ///
    /// Nothing here is `async`: the package keeps one thread of the cooperative pool waiting for
    /// such a benchmark, and on two cores producer and pipeline would take turns on the other.
    func measure(_ operations: Int, _ body: () -> Void) {
        let start = Clocks.process
        body()
        self.measurement(.processorTime, (Clocks.process - start) * 1_000 / operations)
    }
}

/// Waits for something that is asynchronous.
func blocking(_ body: @escaping @Sendable () async -> Void) {
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        await body()
        done.signal()
    }
    done.wait()
}
