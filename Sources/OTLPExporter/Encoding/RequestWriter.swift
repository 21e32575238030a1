import TelemetryModel
import TelemetryTransport

/// Writes export requests in one encoding, front to back into one buffer.
///
/// A request is a tree: resources, in them scopes, in them records, or metrics with their points.
/// Whoever writes one begins and ends its branches; see ``RequestBuilder``.
protocol RequestWriter: ~Copyable {
    /// Creates a writer into an empty buffer.
    init(signal: Signal, bytes: consuming WireBuffer)

    /// What has been written.
    var bytes: WireBuffer { get set }

    /// Ends the writer and gives its buffer back.
    consuming func takeBytes() -> WireBuffer

    /// How many values were replaced by null because they were nested too deep.
    var cutValues: Int { get }

    /// The most bytes that ending a branch may still cost, all of its own included.
    static var endingSize: Int { get }

    /// Begins a request.
    mutating func beginRequest()

    /// Ends a request.
    mutating func endRequest()

    /// Writes what stands between two branches or records, if one is there already.
    mutating func separate()

    /// Begins a resource.
    ///
    /// - Returns: what the end has to be told, here and in the other two.
    mutating func begin(_ resource: Resource) -> Int

    /// Begins a scope.
    mutating func begin(_ scope: InstrumentationScope) -> Int

    /// Begins a metric.
    mutating func begin(_ metric: Metric) -> (outer: Int, inner: Int)

    /// Ends a resource.
    mutating func end(_ resource: Resource, _ mark: Int)

    /// Ends a scope.
    mutating func endScope(_ mark: Int)

    /// Ends a metric.
    mutating func end(_ metric: Metric, _ mark: (outer: Int, inner: Int))

    /// Writes a span.
    mutating func write(_ span: EndedSpan)

    /// Writes a log record.
    mutating func write(_ record: LogRecord)

    /// Writes a point of a sum or gauge.
    mutating func write(_ point: NumberPoint)

    /// Writes a point of a histogram.
    mutating func write(_ point: HistogramPoint)

    /// Writes a point of an exponential histogram.
    mutating func write(_ point: ExponentialHistogramPoint)
}

/// How deep values may be nested; what lies deeper is written as null.
///
/// Readers of Protocol Buffers stop at 100 messages inside each other and refuse the whole request.
/// A map inside a map costs three of them, and the outermost value stands at the eighth.
let maximumValueDepth = 28
