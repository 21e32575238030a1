import CoreMetrics
import Synchronization
import TelemetryModel
import Testing

@testable import TelemetryEngine

/// Eight threads that measure while another collects: everything is reported once.
@Suite(.timeLimit(.minutes(10))) struct MetricProducersTests {
    private static let threads = 8
    #if TSAN
        // The sanitizer makes each of them many times as slow.
        private static let rounds = 5_000
    #else
        private static let rounds = 50_000
    #endif

    /// Runs `body` on eight threads, collecting all the while and once more afterwards.
    private func collecting(
        _ fixture: MetricsFixture,
        while body: @escaping @Sendable (Int) -> Void
    ) -> [Metric] {
        let metrics = Locked<[Metric]>([])
        let streams = Locked(MetricStreams(temporality: .delta, start: .epoch))
        let collect: @Sendable () -> Void = {
            let collected = streams.withLock {
                $0.metrics(from: fixture.registry.collect(at: .epoch))
            }
            metrics.withLock { $0 += collected }
        }
        let shared = Shared()
        onThreads(Self.threads + 1) { number in
            if number < Self.threads {
                body(number)
                shared.measuring.wrappingSubtract(1, ordering: .releasing)
            } else {
                while shared.measuring.load(ordering: .acquiring) > 0 { collect() }
            }
        }
        collect()
        return metrics.withLock { $0 }
    }

    private final class Shared: Sendable {
        let measuring = Atomic<Int>(MetricProducersTests.threads)
    }

    @Test func countersAreExact() {
        let fixture = MetricsFixture()
        let counter = Counter(label: "c", factory: fixture.factory)
        let double = FloatingPointCounter(label: "f", factory: fixture.factory)
        let meter = Meter(label: "m", factory: fixture.factory)
        let metrics = self.collecting(fixture) { _ in
            // One after the other, so that all threads are at the same instrument.
            for round in 0..<Self.rounds { counter.increment(by: round % 3) }
            for _ in 0..<Self.rounds { double.increment(by: 0.5) }
            for _ in 0..<Self.rounds {
                meter.increment(by: 2)
                meter.decrement()
            }
        }
        let total = Self.threads * Self.rounds
        let each = (0..<Self.rounds).reduce(0) { $0 + $1 % 3 }
        let counted = metrics.values(of: "c").map(\.asDouble).reduce(0, +)
        #expect(counted == Double(Self.threads * each))
        #expect(metrics.values(of: "f").map(\.asDouble).reduce(0, +) == Double(total) / 2)
        #expect(metrics.last { $0.name == "m" }?.numbers.last?.value == .double(Double(total)))
    }

    @Test func histogramsAreExact() {
        let fixture = MetricsFixture {
            $0.views = [MetricView(instrumentName: "e", aggregation: .exponentialHistogram())]
        }
        let explicit = Recorder(label: "r", factory: fixture.factory)
        let exponential = Recorder(label: "e", factory: fixture.factory)
        let timer = Timer(label: "t", factory: fixture.factory)
        let metrics = self.collecting(fixture) { number in
            for round in 0..<Self.rounds { explicit.record(round % 200) }
            for round in 0..<Self.rounds { exponential.record(number * 1_000 + round) }
            for _ in 0..<Self.rounds { timer.recordNanoseconds(500_000_000) }
        }
        let total = UInt64(Self.threads * Self.rounds)
        let explicitPoints = metrics.filter { $0.name == "r" }.flatMap(\.histograms)
        #expect(explicitPoints.reduce(0) { $0 + $1.count } == total)
        #expect(explicitPoints.reduce(0) { $0 + $1.bucketCounts.reduce(0, +) } == total)
        let sum = (0..<Self.rounds).reduce(0) { $0 + $1 % 200 } * Self.threads
        #expect(explicitPoints.reduce(0) { $0 + ($1.sum ?? 0) } == Double(sum))
        let exponentialPoints = metrics.flatMap(\.exponentialHistograms)
        #expect(exponentialPoints.reduce(0) { $0 + $1.count } == total)
        let bucketed = exponentialPoints.reduce(0) {
            $0 + $1.positive.counts.reduce(0, +) + $1.zeroCount
        }
        #expect(bucketed == total)
        #expect(exponentialPoints.compactMap(\.max).max() == Double(7_000 + Self.rounds - 1))
        let timerPoints = metrics.filter { $0.name == "t" }.flatMap(\.histograms)
        #expect(timerPoints.reduce(0) { $0 + ($1.sum ?? 0) } == Double(total) / 2)
    }

    @Test func instrumentsMadeForEachMeasurementAreExact() {
        let fixture = MetricsFixture { $0.cardinalityLimit = 100 }
        let factory = fixture.factory
        let metrics = self.collecting(fixture) { number in
            for round in 0..<2_000 {
                let dimensions = [("n", "\((round + number) % 150)"), ("m", "x")]
                Counter(label: "c", dimensions: dimensions, factory: factory).increment()
            }
        }
        let counted = metrics.values(of: "c").map(\.asDouble).reduce(0, +)
        #expect(counted == Double(2_000 * Self.threads))
        #expect(fixture.registry.counts.series == 100)
    }

    @Test func instrumentsThatComeAndGoAreExact() {
        let fixture = MetricsFixture()
        let factory = fixture.factory
        let metrics = self.collecting(fixture) { number in
            for round in 0..<2_000 {
                let dimensions = [("n", "\(round % 10)")]
                let counter = Counter(label: "c", dimensions: dimensions, factory: factory)
                counter.increment()
                counter.destroy()
            }
        }
        let counted = metrics.values(of: "c").map(\.asDouble).reduce(0, +)
        #expect(counted == Double(2_000 * Self.threads))
        var last = fixture
        _ = last.collect()
        #expect(fixture.registry.counts.series == 0)
    }

    @Test func lastValueIsNeverLost() {
        let fixture = MetricsFixture()
        let gauge = Gauge(label: "g", factory: fixture.factory)
        let metrics = self.collecting(fixture) { number in
            guard number == 0 else { return }
            for round in 0..<Self.rounds { gauge.record(round) }
        }
        #expect(metrics.last?.numbers.last?.value == .double(Double(Self.rounds - 1)))
    }
}
