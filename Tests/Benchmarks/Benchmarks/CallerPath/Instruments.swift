import Benchmark
import CoreMetrics
import Dispatch
import Metrics
import Synchronization
import TelemetryEngine
import Workload

import class Foundation.Thread

/// Instruments through the metrics API, against several factories.
func registerInstrumentBenchmarks() {
    let count = 8_388_608
    // From a microsecond to a second, so that a histogram has work to do.
    let durations: [Int64] = (0..<1_024).map { 1_000 + Int64($0 * $0 * 953) }
    let countries = ["DE", "DK", "FI", "FR", "IS", "NL", "NO", "SE"]

    // The least that a counter can cost on this machine.
    let atomic = Number()
    Benchmark("atomic") { benchmark in
        benchmark.measure(count) {
            for _ in 0..<count { atomic.increment() }
        }
    }

    let factories: [(String, () -> any MetricsFactory)] = [
        ("noop", { NOOPMetricsHandler.instance }),
        ("recorded", { DiscardingPipeline().telemetry.metricsFactory }),
    ]
    for (name, makeFactory) in factories {
        Benchmark("counter.\(name)") { benchmark, counter in
            benchmark.measure(count) {
                for _ in 0..<count { counter.increment() }
            }
        } setup: {
            Counter(label: "orders", dimensions: [], factory: makeFactory())
        }

        Benchmark("timer.\(name)") { benchmark, timer in
            benchmark.measure(count) {
                for sequence in 0..<count { timer.recordNanoseconds(durations[sequence & 1_023]) }
            }
        } setup: {
            Timer(label: "duration", dimensions: [], factory: makeFactory())
        }

        Benchmark("counter.\(name).two-threads") { benchmark, counter in
            benchmark.measure(2 * count) {
                onTwoThreads {
                    for _ in 0..<count { counter.increment() }
                }
            }
        } setup: {
            Counter(label: "orders", dimensions: [], factory: makeFactory())
        }

        Benchmark("timer.\(name).two-threads") { benchmark, timer in
            benchmark.measure(2 * count) {
                onTwoThreads {
                    for sequence in 0..<count {
                        timer.recordNanoseconds(durations[sequence & 1_023])
                    }
                }
            }
        } setup: {
            Timer(label: "duration", dimensions: [], factory: makeFactory())
        }

        Benchmark("counter.\(name).lookup") { benchmark, factory in
            let count = count / 32
            benchmark.measure(count) {
                for sequence in 0..<count {
                    Counter(
                        label: "orders",
                        dimensions: [("country", countries[sequence & 7])],
                        factory: factory
                    ).increment()
                }
            }
        } setup: {
            makeFactory()
        }
    }
}

/// Does the same twice at once.
private func onTwoThreads(_ body: @escaping @Sendable () -> Void) {
    let done = DispatchSemaphore(value: 0)
    for _ in 0..<2 {
        Thread.detachNewThread {
            body()
            done.signal()
        }
    }
    done.wait()
    done.wait()
}

private final class Number: Sendable {
    private let number = Atomic<Int>(0)

    @inline(never)
    func increment() {
        self.number.wrappingAdd(1, ordering: .relaxed)
    }
}
