/// How the instruments of a name are exported, if not in the usual way.
///
/// The first view whose pattern matches an instrument's label applies to it, when the instrument is
/// first made; the others do not. Attributes that a view removes do not make series.
///
/// ```swift
/// MetricView(
///     instrumentName: "http.server.*",
///     aggregation: .exponentialHistogram(),
///     attributes: .only(["http.route", "http.response.status_code"])
/// )
/// ```
public struct MetricView: Sendable, Hashable {
    /// The label of the instruments, in which `*` stands for any text and `?` for any character.
    public var instrumentName: String

    /// The name under which they are exported; their label if `nil`.
    public var name: String?

    /// How their measurements are combined.
    public var aggregation: Aggregation

    /// Which of their dimensions are exported.
    public var attributes: AttributeSelection

    /// Creates a view.
    public init(
        instrumentName: String,
        name: String? = nil,
        aggregation: Aggregation = .standard,
        attributes: AttributeSelection = .all
    ) {
        self.instrumentName = instrumentName
        self.name = name
        self.aggregation = aggregation
        self.attributes = attributes
    }

    /// How measurements are combined.
    ///
    /// The kinds of histogram concern recorders that aggregate, and timers; other instruments
    /// keep to ``standard``.
    public struct Aggregation: Sendable, Hashable {
        enum Value: Sendable, Hashable {
            case standard
            case explicit([Double])
            case exponential(size: Int, scale: Int)
            case drop
        }

        let value: Value

        /// What the kind of instrument suggests.
        ///
        /// The default. Counters and meters are sums, gauges the last value, recorders histograms with
        /// OpenTelemetry's bounds, timers histograms with bounds from 5 ms to 10 s; both are
        /// exponential histograms if a destination prefers those, see
        /// ``MetricPreference/histogramAggregation``.
        public static let standard = Aggregation(value: .standard)

        /// Nothing is measured, and nothing kept.
        public static let drop = Aggregation(value: .drop)

        /// A histogram over buckets with these inclusive upper bounds, for timers in seconds.
        ///
        /// The order does not matter; bounds that are not finite are left out.
        public static func explicitBuckets(_ bounds: [Double]) -> Aggregation {
            Aggregation(value: .explicit(bounds))
        }

        /// A histogram over buckets whose width grows with the values.
        ///
        /// - Parameters:
        ///   - maximumSize: how many buckets there may be for each sign; at least 2.
        ///   - maximumScale: the finest resolution, from -10 to 20.
        public static func exponentialHistogram(
            maximumSize: Int = 160,
            maximumScale: Int = 20
        ) -> Aggregation {
            Aggregation(value: .exponential(size: maximumSize, scale: maximumScale))
        }
    }

    /// Which of an instrument's dimensions become attributes.
    public struct AttributeSelection: Sendable, Hashable {
        private enum Value: Sendable, Hashable {
            case all
            case only(Set<String>)
            case except(Set<String>)
        }

        private let value: Value

        /// Every dimension, which is the default.
        public static let all = AttributeSelection(value: .all)

        /// The dimensions of these names, and no others.
        public static func only(_ keys: Set<String>) -> AttributeSelection {
            AttributeSelection(value: .only(keys))
        }

        /// All dimensions but those of these names.
        public static func except(_ keys: Set<String>) -> AttributeSelection {
            AttributeSelection(value: .except(keys))
        }

        /// Whether nothing is left out.
        var isEverything: Bool { self.value == .all }

        /// Whether the dimension is exported.
        func contains(_ key: String) -> Bool {
            switch self.value {
            case .all: true
            case .only(let keys): keys.contains(key)
            case .except(let keys): !keys.contains(key)
            }
        }
    }
}

extension MetricView {
    /// Whether the view's pattern matches all of a label.
    func matches(_ label: String) -> Bool {
        let pattern = Array(self.instrumentName.unicodeScalars)
        let text = Array(label.unicodeScalars)
        var position = 0
        var patternPosition = 0
        // Where to go on when what follows the last star did not match: it takes one more.
        var retry: (pattern: Int, text: Int)?
        while position < text.count {
            if patternPosition < pattern.count, pattern[patternPosition] == "*" {
                patternPosition += 1
                retry = (patternPosition, position)
            } else if patternPosition < pattern.count,
                pattern[patternPosition] == "?" || pattern[patternPosition] == text[position]
            {
                patternPosition += 1
                position += 1
            } else if let last = retry {
                patternPosition = last.pattern
                position = last.text + 1
                retry = (last.pattern, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[patternPosition...].allSatisfy { $0 == "*" }
    }
}
