private import DequeModule
package import TelemetryModel

/// Turns what the instruments measured into metrics, at each tick and whenever somebody flushes.
///
/// Owns what was last reported of each series. The cells and the table of series belong to the
/// ``InstrumentRegistry``, whose readings it takes in.
package actor MetricAggregatorActor {
    private let registry: InstrumentRegistry
    private let time: TimeSource
    private let maximumBatchPoints: Int
    private var streams: MetricStreams
    private var isCollecting = false
    private var waiting: Deque<CheckedContinuation<Void, Never>> = []

    /// How many points were handed over.
    package private(set) var pointCount = 0

    /// Creates an aggregator; points count since now.
    ///
    /// - Parameters:
    ///   - registry: the instruments. No other aggregator may collect from it.
    ///   - temporality: what sums and histograms count since.
    ///   - maximumBatchPoints: how many points are handed over at a time, at most.
    ///   - time: the clock for the points' times.
    package init(
        registry: InstrumentRegistry,
        temporality: Temporality = .delta,
        maximumBatchPoints: Int = 2_000,
        time: TimeSource = .system
    ) {
        self.registry = registry
        self.time = time
        self.maximumBatchPoints = maximumBatchPoints
        self.streams = MetricStreams(temporality: temporality, start: time.wallNow())
    }

    /// Collects at each tick, until there are no more.
    ///
    /// The last measurements are then still in the instruments: call ``collectNow(emit:)`` when
    /// they will make no more.
    ///
    /// - Parameter emit: takes metrics, of a bounded number of points at a time. While it waits,
    ///   ticks wait.
    package func run(
        ticks: some AsyncSequence<MetricTicks.Tick, Never> & Sendable,
        emit: @Sendable ([Metric]) async -> Void
    ) async {
        for await _ in ticks {
            await self.collectNow(emit: emit)
        }
    }

    /// Hands over what was measured up to the call.
    ///
    /// Returns when all of it, whichever collection it was part of, has been handed over; each
    /// measurement is part of one. Callers take turns.
    package func collectNow(emit: @Sendable ([Metric]) async -> Void) async {
        if self.isCollecting {
            await withCheckedContinuation { self.waiting.append($0) }
        }
        self.isCollecting = true
        let metrics = self.ingest(self.registry.collect(at: self.time.wallNow()))
        for batch in MetricBatches.divide(metrics, maximumPoints: self.maximumBatchPoints) {
            await emit(batch)
        }
        // Whoever waited longest goes on in our place, so nobody can come in between.
        if let next = self.waiting.popFirst() {
            next.resume()
        } else {
            self.isCollecting = false
        }
    }

    /// Makes the metrics of a collection.
    package func ingest(_ collection: MetricCollection) -> [Metric] {
        let metrics = self.streams.metrics(from: collection)
        self.pointCount += metrics.reduce(0) { $0 + $1.pointCount }
        return metrics
    }
}
