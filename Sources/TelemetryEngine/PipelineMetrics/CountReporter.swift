package import TelemetryModel

/// Turns counts that only grow, and levels, into points for everybody who takes metrics.
///
/// Who prefers temporality delta gets what changed since the last report; all others get every
/// series that ever was reported, since the counts are totals anyway.
package struct CountReporter: Sendable {
    private struct Series {
        let attributes: Attributes
        var total: Int64
        /// By how much a count grew, or what a level is; `nil` if nothing changed.
        var change: Int64?
    }

    private struct Entry {
        let name: String
        let unit: String
        let text: String
        let isMonotonic: Bool
        var series: [Series] = []
        var positions: [Attributes: Int] = [:]
    }

    private var entries: [Entry] = []
    private var positions: [String: Int] = [:]
    private let start: Timestamp
    private var lastTime: Timestamp
    private var time: Timestamp

    /// Creates a reporter whose first counts count since `start`.
    package init(start: Timestamp) {
        self.start = start
        self.lastTime = start
        self.time = start
    }

    /// Begins a report.
    package mutating func begin(at time: Timestamp) {
        self.time = max(time, self.lastTime)
    }

    /// Reports by how much a count grew; nothing if it never did.
    ///
    /// - Parameter total: the count since the beginning. A count that shrank is reported as it was,
    ///   until it has grown beyond that.
    package mutating func count(
        _ name: String,
        unit: String,
        _ text: String,
        _ attributes: Attributes,
        _ total: UInt64
    ) {
        let total = Int64(clamping: total)
        let known = self.series(name, attributes)
        let grown = total - (known?.total ?? 0)
        guard grown > 0 else { return }
        self.set(
            Series(attributes: attributes, total: total, change: grown),
            of: Entry(name: name, unit: unit, text: text, isMonotonic: true)
        )
    }

    /// Reports a level, or that it did not change.
    package mutating func level(
        _ name: String,
        unit: String,
        _ text: String,
        _ attributes: Attributes,
        _ level: UInt64
    ) {
        let level = Int64(clamping: level)
        guard self.series(name, attributes)?.total != level else { return }
        self.set(
            Series(attributes: attributes, total: level, change: level),
            of: Entry(name: name, unit: unit, text: text, isMonotonic: false)
        )
    }

    /// Ends the report: for each preference one metric for each name, in the order in which the
    /// names first came.
    ///
    /// - Parameter omittingUnchanged: whether totals that did not change are left out, too.
    package mutating func end(
        for preferences: [MetricPreference.TemporalityPreference],
        omittingUnchanged: Bool = false
    ) -> [MetricPreference.TemporalityPreference: [Metric]] {
        var metrics: [MetricPreference.TemporalityPreference: [Metric]] = [:]
        for preference in preferences where metrics[preference] == nil {
            metrics[preference] = self.entries.compactMap { entry in
                self.metric(
                    of: entry,
                    inTotals: preference != .delta,
                    omittingUnchanged: omittingUnchanged
                )
            }
        }
        self.lastTime = self.time
        for entry in self.entries.indices {
            for series in self.entries[entry].series.indices {
                self.entries[entry].series[series].change = nil
            }
        }
        return metrics
    }

    private func metric(
        of entry: Entry,
        inTotals: Bool,
        omittingUnchanged: Bool
    ) -> Metric? {
        let points = entry.series.compactMap { series -> NumberPoint? in
            let isWanted = inTotals && !omittingUnchanged || series.change != nil
            guard isWanted, let value = inTotals ? series.total : series.change else { return nil }
            return NumberPoint(
                attributes: series.attributes,
                startTime: inTotals || !entry.isMonotonic ? self.start : self.lastTime,
                time: self.time,
                value: .int(value)
            )
        }
        guard !points.isEmpty else { return nil }
        return Metric(
            name: entry.name,
            description: entry.text,
            unit: entry.unit,
            scope: PipelineMetrics.scope,
            content: .sum(
                points,
                // As everywhere in the pipeline, levels are totals.
                temporality: inTotals || !entry.isMonotonic ? .cumulative : .delta,
                isMonotonic: entry.isMonotonic
            )
        )
    }

    private func series(_ name: String, _ attributes: Attributes) -> Series? {
        guard let entry = self.positions[name],
            let position = self.entries[entry].positions[attributes]
        else { return nil }
        return self.entries[entry].series[position]
    }

    private mutating func set(_ series: Series, of entry: Entry) {
        let index = self.positions[entry.name] ?? self.entries.count
        if index == self.entries.count {
            self.positions[entry.name] = index
            self.entries.append(entry)
        }
        if let position = self.entries[index].positions[series.attributes] {
            self.entries[index].series[position] = series
        } else {
            self.entries[index].positions[series.attributes] = self.entries[index].series.count
            self.entries[index].series.append(series)
        }
    }
}
