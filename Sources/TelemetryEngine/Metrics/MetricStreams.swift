package import TelemetryModel

/// What was last reported of each series: makes points of collections.
///
/// A plain state machine for one temporality. Its first points count since it was created.
///
/// | Instrument | Metric | Temporality |
/// | --- | --- | --- |
/// | `Counter`, `FloatingPointCounter` | monotonic sum | as chosen |
/// | `Meter` | sum that rises and falls: the running total | always cumulative |
/// | `Gauge`, `Recorder(aggregate: false)` | gauge | none |
/// | `Recorder`, `Timer` | histogram or exponential histogram | as chosen |
///
/// Of temporality delta, series that measured nothing are not reported, meters included. Of
/// temporality cumulative, all are, with what they were, until they are gone.
///
/// - SeeAlso: [Metrics data model, temporality](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/metrics/data-model.md#temporality)
/// - SeeAlso: [Metrics SDK, what a reader collects](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/metrics/sdk.md#metricreader)
package struct MetricStreams: Sendable {
    /// The scope of all metrics: the API that they were measured through.
    package static let scope = InstrumentationScope(name: "swift-metrics")

    /// Whether sums and distributions count since the last report or since the start.
    package let temporality: Temporality

    private var lastTime: Timestamp
    /// Since when the meters are known that were reported; of temporality delta only.
    private var levelStarts: [UInt64: Timestamp] = [:]
    /// In the order in which they first measured something; of temporality cumulative only.
    private var totals: [InstrumentTotals] = []
    private var positions: [ObjectIdentifier: Int] = [:]

    /// Creates streams of which nothing was reported.
    package init(temporality: Temporality, start: Timestamp) {
        self.temporality = temporality
        self.lastTime = start
    }

    /// Makes the metrics of a collection, one for each instrument that has something to report.
    ///
    /// Collections come in the order in which they were made, each once. A clock that was set
    /// back makes points without duration, never negative ones.
    ///
    /// - Parameter omittingUnchanged: whether series that measured nothing are left out even of
    ///   temporality cumulative.
    package mutating func metrics(
        from collection: MetricCollection,
        omittingUnchanged: Bool = false
    ) -> [Metric] {
        let time = max(collection.time, self.lastTime)
        defer { self.lastTime = time }
        switch self.temporality {
        case .delta: return self.changes(in: collection, at: time)
        case .cumulative:
            return self.runningTotals(
                after: collection,
                at: time,
                omittingUnchanged: omittingUnchanged
            )
        }
    }

    // MARK: Since the last report

    private mutating func changes(
        in collection: MetricCollection,
        at time: Timestamp
    ) -> [Metric] {
        var metrics: [Metric] = []
        metrics.reserveCapacity(collection.groups.count)
        for group in collection.groups {
            var readings = InstrumentReadings(group.instrument)
            readings.integers = group.integers.compactMap {
                // Zero of a counter that was only reset.
                $0.value == 0 ? nil : $0.reading(since: self.lastTime)
            }
            switch group.instrument.aggregation {
            case .doubleSum:
                readings.doubles = group.doubles.compactMap {
                    $0.value == 0 ? nil : $0.reading(since: self.lastTime)
                }
            case .level:
                for level in group.doubles {
                    let start = self.levelStarts[level.series] ?? self.lastTime
                    self.levelStarts[level.series] = start
                    readings.doubles.append(level.reading(since: start))
                }
            default:
                readings.doubles = group.doubles.map { $0.reading(since: self.lastTime) }
            }
            readings.histograms = group.histograms.map { $0.reading(since: self.lastTime) }
            readings.exponentialHistograms = group.exponentialHistograms.map {
                $0.reading(since: self.lastTime)
            }
            for series in group.departedSeries { self.levelStarts[series] = nil }
            let metric = readings.metric(self.temporality, at: time)
            if metric.pointCount > 0 { metrics.append(metric) }
        }
        return metrics
    }

    // MARK: Since the start

    private mutating func runningTotals(
        after collection: MetricCollection,
        at time: Timestamp,
        omittingUnchanged: Bool
    ) -> [Metric] {
        var changes: [Int: Set<UInt64>] = [:]
        for group in collection.groups where !group.isEmpty {
            let position = self.position(of: group.instrument)
            self.totals[position].add(group, since: self.lastTime)
            if omittingUnchanged { changes[position] = group.measuredSeries }
        }
        var metrics: [Metric] = []
        metrics.reserveCapacity(self.totals.count)
        for (position, totals) in self.totals.enumerated() {
            if !omittingUnchanged {
                metrics.append(totals.readings().metric(self.temporality, at: time))
            } else if let series = changes[position] {
                metrics.append(totals.readings(of: series).metric(self.temporality, at: time))
            }
        }
        self.forget(departedOf: collection)
        return metrics
    }

    private mutating func position(of instrument: Instrument) -> Int {
        // Its totals hold it, so no other instrument can have the same identity.
        let identity = ObjectIdentifier(instrument)
        if let position = self.positions[identity] { return position }
        self.positions[identity] = self.totals.count
        self.totals.append(InstrumentTotals(instrument: instrument))
        return self.totals.count - 1
    }

    private mutating func forget(departedOf collection: MetricCollection) {
        var hasEmpty = false
        for group in collection.groups where !group.departedSeries.isEmpty {
            guard let position = self.positions[ObjectIdentifier(group.instrument)] else {
                continue  // They never measured anything.
            }
            self.totals[position].forget(group.departedSeries)
            hasEmpty = hasEmpty || self.totals[position].isEmpty
        }
        guard hasEmpty else { return }
        self.totals.removeAll(where: \.isEmpty)
        self.positions = [:]
        for (position, totals) in self.totals.enumerated() {
            self.positions[ObjectIdentifier(totals.instrument)] = position
        }
    }
}

extension MetricCollection.Measurement {
    fileprivate func reading(since start: Timestamp) -> SeriesReading<Value> {
        SeriesReading(attributes: self.attributes, start: start, value: self.value)
    }
}
