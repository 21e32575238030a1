package import TelemetryModel

/// Turns counts that only grow, and levels, into points of what changed since the last report.
package struct CountReporter: Sendable {
    private struct Series: Hashable {
        var name: String
        var attributes: Attributes
    }

    private struct Description {
        var unit: String
        var text: String
        var isMonotonic: Bool
    }

    private var reported: [Series: Int64] = [:]
    private var start: Timestamp
    private var lastTime: Timestamp

    private var time: Timestamp
    private var order: [String] = []
    private var points: [String: [NumberPoint]] = [:]
    private var descriptions: [String: Description] = [:]

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

    /// Reports by how much a count grew; nothing if it did not.
    ///
    /// - Parameter total: the count since the beginning. A count that shrank is reported when it has
    ///   grown beyond what it was.
    package mutating func count(
        _ name: String,
        unit: String,
        _ text: String,
        _ attributes: Attributes,
        _ total: UInt64
    ) {
        let series = Series(name: name, attributes: attributes)
        let total = Int64(clamping: total)
        let grown = total - (self.reported[series] ?? 0)
        guard grown > 0 else { return }
        self.reported[series] = total
        self.add(
            NumberPoint(
                attributes: attributes,
                startTime: self.lastTime,
                time: self.time,
                value: .int(grown)
            ),
            to: name,
            Description(unit: unit, text: text, isMonotonic: true)
        )
    }

    /// Reports a level, if it changed.
    package mutating func level(
        _ name: String,
        unit: String,
        _ text: String,
        _ attributes: Attributes,
        _ level: UInt64
    ) {
        let series = Series(name: name, attributes: attributes)
        let level = Int64(clamping: level)
        guard self.reported[series] != level else { return }
        self.reported[series] = level
        self.add(
            NumberPoint(
                attributes: attributes,
                startTime: self.start,
                time: self.time,
                value: .int(level)
            ),
            to: name,
            Description(unit: unit, text: text, isMonotonic: false)
        )
    }

    /// Ends the report: one metric for each name, in the order in which they came.
    package mutating func end() -> [Metric] {
        let metrics = self.order.compactMap { name -> Metric? in
            guard let points = self.points[name], let description = self.descriptions[name] else {
                return nil
            }
            return Metric(
                name: name,
                description: description.text,
                unit: description.unit,
                scope: PipelineMetrics.scope,
                content: .sum(
                    points,
                    // As everywhere in the pipeline: counts since the last report, levels as totals.
                    temporality: description.isMonotonic ? .delta : .cumulative,
                    isMonotonic: description.isMonotonic
                )
            )
        }
        self.lastTime = self.time
        self.order = []
        self.points = [:]
        self.descriptions = [:]
        return metrics
    }

    private mutating func add(_ point: NumberPoint, to name: String, _ description: Description) {
        if self.points[name] == nil {
            self.order.append(name)
            self.descriptions[name] = description
        }
        self.points[name, default: []].append(point)
    }
}
