package import TelemetryModel

/// How a destination wants its metrics.
///
/// Instruments are read once for all destinations; what each of them gets counts since when it
/// wants. The default is what Application Insights takes.
public struct MetricPreference: Hashable, Sendable {
    /// Since when sums and distributions count.
    ///
    /// | Instrument                              | delta      | cumulative | low memory |
    /// | --------------------------------------- | ---------- | ---------- | ---------- |
    /// | `Counter`, `FloatingPointCounter`       | delta      | cumulative | delta      |
    /// | `Meter`, which rises and falls          | cumulative | cumulative | cumulative |
    /// | `Recorder`, `Timer`                     | delta      | cumulative | delta      |
    /// | `Gauge`, `Recorder(aggregate: false)`   | none       | none       | none       |
    /// | counts that the pipeline keeps anyway   | delta      | cumulative | cumulative |
    ///
    /// With ``cumulative`` every series is reported at each collection, idle ones with what they
    /// were; with the others only those that measured something. What the pipeline counts for its
    /// accounts costs no memory to report as totals, so ``lowMemory`` does.
    ///
    /// - SeeAlso: [OTLP metrics exporter, temporality preference](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/metrics/sdk_exporters/otlp.md#additional-environment-variable-configuration)
    public struct TemporalityPreference: Hashable, Sendable {
        private enum Value { case delta, cumulative, lowMemory }

        private let value: Value

        /// Since the last report, wherever that makes sense.
        public static let delta = TemporalityPreference(value: .delta)

        /// Since the start.
        public static let cumulative = TemporalityPreference(value: .cumulative)

        /// Since the last report where totals would have to be kept for it, else since the start.
        public static let lowMemory = TemporalityPreference(value: .lowMemory)
    }

    /// What recorders and timers are combined to that no view says anything else about.
    public struct HistogramAggregation: Hashable, Sendable {
        private enum Value { case explicitBucket, exponential }

        private let value: Value

        /// Distributions over fixed buckets.
        public static let explicitBucket = HistogramAggregation(value: .explicitBucket)

        /// Distributions over buckets whose width grows with the values, 160 at most.
        public static let exponential = HistogramAggregation(value: .exponential)
    }

    /// Since when sums and distributions count.
    ///
    /// The default is ``TemporalityPreference/delta``.
    public var temporality: TemporalityPreference

    /// What recorders and timers are combined to that no view says anything else about.
    ///
    /// The default is ``HistogramAggregation/explicitBucket``. A measurement is kept in one place for
    /// all destinations: if one of them prefers exponential histograms, all of them get those.
    public var histogramAggregation: HistogramAggregation

    /// Creates a preference; of Application Insights unless told otherwise.
    public init(
        temporality: TemporalityPreference = .delta,
        histogramAggregation: HistogramAggregation = .explicitBucket
    ) {
        self.temporality = temporality
        self.histogramAggregation = histogramAggregation
    }
}

extension MetricPreference.TemporalityPreference {
    /// Since when the sums and distributions of instruments count; those of meters are totals
    /// whatever it is.
    package var ofInstruments: Temporality { self == .cumulative ? .cumulative : .delta }
}

extension MetricPreference.TemporalityPreference: CustomStringConvertible {
    /// The preference as `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` spells it.
    public var description: String {
        switch self.value {
        case .delta: "delta"
        case .cumulative: "cumulative"
        case .lowMemory: "lowmemory"
        }
    }
}
