package import TelemetryModel

/// Owns which series exist, how many there may be, and their cells.
///
/// Instruments are made synchronously and from any thread, so this belongs to no actor: it is one
/// class with one lock, which is held to look up or make a series, never to measure.
///
/// A series lives until its instrument is destroyed as often as it was made, or is destroyed and
/// held by nobody; it is then collected once more. What a destroyed instrument measures after that
/// is lost.
///
/// Overflow: each instrument has at most ``Configuration/cardinalityLimit`` series, the last of
/// which, with the attribute `otel.metric.overflow`, takes what belongs to no other. Instruments
/// beyond ``Configuration/instrumentLimit`` measure nothing. Both are counted.
package final class InstrumentRegistry: Sendable {
    /// What bounds and shapes the series.
    package struct Configuration: Sendable {
        /// How the instruments of some names are exported.
        package var views: [MetricView] = []

        /// How many series each instrument may have; `nil` for any number.
        ///
        /// The default is 2,000.
        package var cardinalityLimit: Int? = 2_000

        /// How many instruments there may be; `nil` for any number.
        ///
        /// The default is 10,000.
        package var instrumentLimit: Int? = 10_000

        /// What recorders and timers are combined to that no view says anything else about.
        ///
        /// The default is distributions over fixed buckets.
        package var histogramAggregation = MetricPreference.HistogramAggregation.explicitBucket

        /// Creates the default configuration.
        package init() {}
    }

    /// What the registry holds, and what it could not do as asked.
    package struct Counts: Sendable, Hashable {
        /// How many series there are now, those for overflow included.
        package var series = 0
        /// How many instruments there are now.
        package var instruments = 0
        /// How many labels were used for instruments of several kinds.
        package var conflicts = 0
        /// How many times an instrument was made that had to share the overflow series.
        package var overflows = 0
        /// How many times an instrument was made for which there was no room.
        package var refused = 0
        /// How many measurements were ignored: not finite, or negative where none may be.
        package var ignoredMeasurements = 0
    }

    /// Something to say once.
    package enum Notice: Sendable, Hashable {
        /// A label is used for instruments of several kinds.
        case conflict(label: String)
        /// An instrument has as many series as it may.
        case cardinalityLimitReached(label: String)
        /// There are as many instruments as there may be.
        case instrumentLimitReached
    }

    private let faults = MeasurementFaults()
    private let state: Locked<State>

    /// Creates an empty registry.
    package init(configuration: Configuration = Configuration()) {
        self.state = Locked(State(configuration: configuration, faults: self.faults))
    }

    /// What the registry holds now.
    package var counts: Counts {
        var counts = self.state.withLock { $0.counts }
        counts.ignoredMeasurements = self.faults.count
        return counts
    }

    /// What happened since the last call that should be said, each thing once.
    package func takeNotices() -> [Notice] {
        self.state.withLock { state in
            let notices = state.notices
            state.notices = []
            return notices
        }
    }

    /// Finds or makes the cell of a series; `nil` if its measurements are not wanted.
    func cell(
        _ kind: InstrumentKind,
        _ label: String,
        _ dimensions: [(String, String)]
    ) -> MetricCell? {
        let key = SeriesKey(kind: kind, label: label, dimensions: dimensions)
        return self.state.withLock { state in
            state.find(key) ?? state.findOrMake(key)
        }
    }

    /// Undoes one ``cell(_:_:_:)``.
    func destroy(_ cell: MetricCell) {
        guard !cell.identity.isOverflow else { return }
        self.state.withLock { $0.destroy(cell) }
    }

    /// Takes what was measured since the last call.
    ///
    /// The time it takes is linear in the number of series; callers that make or find series
    /// wait for a small part of it. No measurement is lost or taken twice, whoever else collects.
    package func collect(at time: Timestamp) -> MetricCollection {
        var collection = MetricCollection(time: time)
        for task in self.state.withLock({ $0.beginCollection() }) {
            var group = MetricCollection.Group(instrument: task.instrument)
            for cell in task.departed {
                cell.drain(into: &group)
                group.departedSeries.append(cell.identity.id)
            }
            task.overflow?.drain(into: &group)
            var position = 0
            while position < task.seriesCount {
                let cells = self.state.withLock { $0.cells(of: task, from: position) }
                guard !cells.isEmpty else { break }
                for cell in cells {
                    cell.drain(into: &group)
                }
                position += cells.count
            }
            collection.visitedSeries += task.departed.count + position
            if !group.isEmpty || !group.departedSeries.isEmpty {
                collection.groups.append(group)
            }
        }
        return collection
    }
}
