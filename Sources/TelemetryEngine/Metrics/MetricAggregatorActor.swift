private import DequeModule
package import TelemetryModel

/// Turns what the instruments measured into metrics, at each tick and whenever somebody flushes.
///
/// Owns what was last reported of each series. The cells and the table of series belong to the
/// ``InstrumentRegistry``, whose readings it takes in: each once, for everybody who takes metrics.
package actor MetricAggregatorActor {
    /// Takes metrics on their way to everybody who has a preference.
    package typealias Emit =
        @Sendable ([Metric], MetricPreference.TemporalityPreference) async -> Void

    private struct Report {
        var streams: MetricStreams
        var preferences: [MetricPreference.TemporalityPreference]
    }

    private let registry: InstrumentRegistry
    private let time: TimeSource
    private let maximumBatchPoints: Int
    /// What was reported to whom; those who get the same share it.
    private var reports: [Report]
    private var isCollecting = false
    private var waiting: Deque<CheckedContinuation<Void, Never>> = []

    /// How many points were handed over.
    package private(set) var pointCount = 0

    /// Creates an aggregator; points count since now.
    ///
    /// - Parameters:
    ///   - registry: the instruments. No other aggregator may collect from it.
    ///   - preferences: what sums and histograms count since, for everybody who takes metrics.
    ///   - maximumBatchPoints: how many points are handed over at a time, at most.
    ///   - time: the clock for the points' times.
    package init(
        registry: InstrumentRegistry,
        preferences: [MetricPreference.TemporalityPreference] = [.delta],
        maximumBatchPoints: Int = 2_000,
        time: TimeSource = .system
    ) {
        self.registry = registry
        self.time = time
        self.maximumBatchPoints = maximumBatchPoints
        let start = time.wallNow()
        var reports: [Report] = []
        for preference in preferences {
            guard !reports.contains(where: { $0.preferences.contains(preference) }) else {
                continue
            }
            let temporality = preference.ofInstruments
            if let known = reports.firstIndex(where: { $0.streams.temporality == temporality }) {
                reports[known].preferences.append(preference)
            } else {
                let streams = MetricStreams(temporality: temporality, start: start)
                reports.append(Report(streams: streams, preferences: [preference]))
            }
        }
        self.reports = reports
    }

    /// Collects at each tick, until there are no more.
    ///
    /// The last measurements are then still in the instruments: call ``collectNow(emit:)`` when
    /// they will make no more.
    ///
    /// - Parameter emit: takes metrics, of a bounded number of points at a time, and for whom they
    ///   are. While it waits, ticks wait.
    package func run(
        ticks: some AsyncSequence<MetricTicks.Tick, Never> & Sendable,
        emit: Emit
    ) async {
        for await _ in ticks {
            await self.collectNow(emit: emit)
        }
    }

    /// Hands over what was measured up to the call.
    ///
    /// Returns when all of it, whichever collection it was part of, has been handed over; each
    /// measurement is part of one. Callers take turns.
    ///
    /// - Parameters:
    ///   - omittingUnchanged: whether totals that were reported before and are the same still are
    ///     left out, for whoever collects twice in a row.
    ///   - emit: takes metrics, as in ``run(ticks:emit:)``.
    package func collectNow(omittingUnchanged: Bool = false, emit: Emit) async {
        if self.isCollecting {
            await withCheckedContinuation { self.waiting.append($0) }
        }
        self.isCollecting = true
        let collected = self.ingest(
            self.registry.collect(at: self.time.wallNow()),
            omittingUnchanged: omittingUnchanged
        )
        for (preference, metrics) in collected {
            for batch in MetricBatches.divide(metrics, maximumPoints: self.maximumBatchPoints) {
                await emit(batch, preference)
            }
        }
        // Whoever waited longest goes on in our place, so nobody can come in between.
        if let next = self.waiting.popFirst() {
            next.resume()
        } else {
            self.isCollecting = false
        }
    }

    /// Makes the metrics of a collection for each preference.
    private func ingest(
        _ collection: MetricCollection,
        omittingUnchanged: Bool
    ) -> [(MetricPreference.TemporalityPreference, [Metric])] {
        var collected: [(MetricPreference.TemporalityPreference, [Metric])] = []
        for index in self.reports.indices {
            let metrics = self.reports[index].streams.metrics(
                from: collection,
                omittingUnchanged: omittingUnchanged
            )
            let pointCount = metrics.reduce(0) { $0 + $1.pointCount }
            for preference in self.reports[index].preferences {
                self.pointCount += pointCount
                collected.append((preference, metrics))
            }
        }
        return collected
    }
}
