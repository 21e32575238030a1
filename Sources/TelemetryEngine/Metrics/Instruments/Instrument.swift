internal import TelemetryModel

/// What an instrument was made as.
///
/// The same label with two kinds makes two instruments, which are both exported.
package enum InstrumentKind: UInt8, Hashable, Sendable, CaseIterable {
    /// A `Counter`.
    case counter
    /// A `FloatingPointCounter`.
    case floatingPointCounter
    /// A `Meter`.
    case meter
    /// A `Gauge`, or a `Recorder` that does not aggregate.
    case gauge
    /// A `Recorder` that aggregates.
    case recorder
    /// A `Timer`.
    case timer

    /// The unit of the values, in UCUM.
    ///
    /// The metrics API knows no unit but a timer's. Timers measure seconds, as the semantic
    /// conventions have it; a preferred display unit is for displays.
    var unit: String { self == .timer ? "s" : "" }
}

/// An instrument as its points are exported: views have been applied.
package final class Instrument: Sendable {
    /// How measurements are combined.
    enum Aggregation: Sendable {
        /// Integers that add up.
        case integerSum
        /// Doubles that add up.
        case doubleSum
        /// A running total that goes up and down.
        case level
        /// The last value.
        case lastValue
        /// A distribution of the shape of this empty one.
        case histogram(ExplicitHistogram)
        /// A distribution of the shape of this empty one.
        case exponentialHistogram(ExponentialHistogram)
        /// Measurements are not wanted.
        case dropped
    }

    /// What it was made as.
    package let kind: InstrumentKind

    /// The name of its metric.
    package let name: String

    /// The unit of its values.
    package let unit: String

    /// How measurements are combined.
    let aggregation: Aggregation

    /// Which attributes its series keep.
    let attributes: MetricView.AttributeSelection

    /// Creates an instrument; the first of the views that matches its label applies.
    ///
    /// - Parameter histograms: how distributions are kept that no view says anything else about.
    init(
        kind: InstrumentKind,
        label: String,
        views: [MetricView],
        histograms: MetricPreference.HistogramAggregation = .explicitBucket
    ) {
        let view = views.first { $0.matches(label) }
        self.kind = kind
        self.name = view?.name ?? label
        self.unit = kind.unit
        self.attributes = view?.attributes ?? .all
        self.aggregation = Self.aggregation(
            of: kind,
            view: view?.aggregation ?? .standard,
            histograms: histograms
        )
    }

    private static func aggregation(
        of kind: InstrumentKind,
        view: MetricView.Aggregation,
        histograms: MetricPreference.HistogramAggregation
    ) -> Aggregation {
        switch (kind, view.value) {
        case (_, .drop): .dropped
        case (.counter, _): .integerSum
        case (.floatingPointCounter, _): .doubleSum
        case (.meter, _): .level
        case (.gauge, _): .lastValue
        case (.recorder, .standard) where histograms == .exponential,
            (.timer, .standard) where histograms == .exponential:
            .exponentialHistogram(ExponentialHistogram())
        case (.recorder, .standard):
            .histogram(ExplicitHistogram(bounds: ExplicitHistogram.defaultBounds))
        case (.timer, .standard):
            .histogram(ExplicitHistogram(bounds: ExplicitHistogram.secondsBounds))
        case (.recorder, .explicit(let bounds)), (.timer, .explicit(let bounds)):
            .histogram(ExplicitHistogram(bounds: bounds))
        case (.recorder, .exponential(let size, let scale)),
            (.timer, .exponential(let size, let scale)):
            .exponentialHistogram(ExponentialHistogram(maximumSize: size, maximumScale: scale))
        }
    }

    /// Makes the cell of a series; `nil` if measurements are not wanted.
    func makeCell(_ identity: SeriesIdentity, faults: MeasurementFaults) -> MetricCell? {
        switch self.aggregation {
        case .integerSum: CounterCell(identity, faults: faults)
        case .doubleSum: FloatingPointCounterCell(identity, faults: faults)
        case .level: MeterCell(identity, faults: faults)
        case .lastValue: GaugeCell(identity, faults: faults)
        case .histogram(let empty): HistogramCell(identity, faults: faults, histogram: empty)
        case .exponentialHistogram(let empty):
            ExponentialHistogramCell(identity, faults: faults, histogram: empty)
        case .dropped: nil
        }
    }
}
