import CoreMetrics
import Foundation
import Synchronization
import TelemetryEngine
import TelemetryModel

/// A registry with its factory and one stream of reports.
struct MetricsFixture {
    let registry: InstrumentRegistry
    let factory: TelemetryMetricsFactory
    private var streams: MetricStreams

    init(
        temporality: Temporality = .delta,
        configure: (inout InstrumentRegistry.Configuration) -> Void = { _ in }
    ) {
        var configuration = InstrumentRegistry.Configuration()
        configure(&configuration)
        self.registry = InstrumentRegistry(configuration: configuration)
        self.factory = TelemetryMetricsFactory(registry: self.registry)
        self.streams = MetricStreams(temporality: temporality, start: .epoch)
    }

    mutating func collect(at seconds: UInt64 = 60, omittingUnchanged: Bool = false) -> [Metric] {
        self.streams.metrics(
            from: self.registry.collect(at: .seconds(seconds)),
            omittingUnchanged: omittingUnchanged
        )
    }
}

extension Timestamp {
    static func seconds(_ seconds: UInt64) -> Timestamp {
        Timestamp(nanosecondsSinceEpoch: seconds * 1_000_000_000)
    }
}

extension Metric {
    var numbers: [NumberPoint] {
        switch self.content {
        case .gauge(let points), .sum(let points, _, _): points
        default: []
        }
    }

    var histograms: [HistogramPoint] {
        if case .histogram(let points, _) = self.content { points } else { [] }
    }

    var exponentialHistograms: [ExponentialHistogramPoint] {
        if case .exponentialHistogram(let points, _) = self.content { points } else { [] }
    }
}

extension [Metric] {
    /// The values of all number points of a name, in the order of their text.
    func values(of name: String) -> [NumberPoint.Value] {
        self.filter { $0.name == name }.flatMap(\.numbers).map(\.value)
            .sorted { $0.asDouble < $1.asDouble }
    }

    var pointCount: Int { self.reduce(0) { $0 + $1.pointCount } }
}

/// Runs `body` on that many threads at once, and waits for all of them.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let arrived = DispatchSemaphore(value: 0)
    let start = DispatchSemaphore(value: 0)
    let done = DispatchSemaphore(value: 0)
    for number in 0..<count {
        Thread.detachNewThread {
            arrived.signal()
            start.wait()
            body(number)
            done.signal()
        }
    }
    for _ in 0..<count { arrived.wait() }
    for _ in 0..<count { start.signal() }
    for _ in 0..<count { done.wait() }
}
