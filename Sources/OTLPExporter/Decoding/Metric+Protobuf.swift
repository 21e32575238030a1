import TelemetryModel

extension Metric {
    /// Reads a `Metric`, and names the points of it that cannot be read.
    ///
    /// Exemplars and metadata are not read. A summary has no counterpart in the model.
    ///
    /// - SeeAlso: [metrics.proto 1.8](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/opentelemetry/proto/metrics/v1/metrics.proto)
    static func read(
        protobuf reader: ProtobufReader,
        scope: InstrumentationScope
    ) throws(UnreadableItem) -> (metric: Metric, unreadable: [UnreadableItem]) {
        var metric = Metric(name: "", scope: scope, content: .gauge([]))
        var data: (kind: Kind, message: ProtobufReader)?
        try reader.forEachField { (field) throws(UnreadableItem) in
            guard case .bytes(let message) = field.value else { return }
            switch field.number {
            case 1: metric.name = message.text
            case 2: metric.description = message.text
            case 3: metric.unit = message.text
            default:
                if let kind = Kind(rawValue: field.number) { data = (kind, message) }
            }
        }
        guard let data else {
            throw UnreadableItem(
                path: "",
                reason: "expected one of gauge, sum, histogram and exponentialHistogram"
            )
        }
        var points = PointReader(kind: data.kind)
        try at(data.kind.name) { () throws(UnreadableItem) in try points.read(data.message) }
        metric.content = points.content
        return (metric, points.unreadable)
    }
}

/// The kinds of metrics, by the number of their field.
private enum Kind: UInt32 {
    case gauge = 5
    case sum = 7
    case histogram = 9
    case exponentialHistogram = 10
    case summary = 11

    var name: String { "\(self)" }
}

/// Reads the message of a metric's kind.
private struct PointReader {
    private(set) var unreadable: [UnreadableItem] = []

    private let kind: Kind
    private var index = 0
    private var numbers: [NumberPoint] = []
    private var histograms: [HistogramPoint] = []
    private var exponentialHistograms: [ExponentialHistogramPoint] = []
    private var temporality = Temporality.delta
    private var isMonotonic = false

    init(kind: Kind) {
        self.kind = kind
    }

    mutating func read(_ reader: ProtobufReader) throws(UnreadableItem) {
        if self.kind == .summary {
            throw UnreadableItem(path: "", reason: "summaries cannot be represented")
        }
        var reader = reader
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let point)):
                self.readPoint(point)
                self.index += 1
            case (2, .varint(let number)):
                // Unspecified is read as delta.
                self.temporality = number == 2 ? .cumulative : .delta
            case (3, .varint(let value)):
                self.isMonotonic = value != 0
            default: break
            }
        }
    }

    private mutating func readPoint(_ reader: ProtobufReader) {
        do throws(UnreadableItem) {
            switch self.kind {
            case .gauge, .sum: self.numbers.append(try NumberPoint(protobuf: reader))
            case .histogram: self.histograms.append(try HistogramPoint(protobuf: reader))
            case .exponentialHistogram:
                self.exponentialHistograms.append(
                    try ExponentialHistogramPoint(protobuf: reader)
                )
            case .summary: break
            }
        } catch {
            self.unreadable.append(
                error.inside("dataPoints[\(self.index)]").inside(self.kind.name)
            )
        }
    }

    var content: Metric.Content {
        switch self.kind {
        case .gauge, .summary:
            .gauge(self.numbers)
        case .sum:
            .sum(self.numbers, temporality: self.temporality, isMonotonic: self.isMonotonic)
        case .histogram:
            .histogram(self.histograms, temporality: self.temporality)
        case .exponentialHistogram:
            .exponentialHistogram(self.exponentialHistograms, temporality: self.temporality)
        }
    }
}
