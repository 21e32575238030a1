import TelemetryEngine
public import TelemetryModel
import TelemetryTransport

/// Turns OpenTelemetry records into Application Insights envelopes.
///
/// A value of it may be used from many tasks at once:
///
/// ```swift
/// let encoder = EnvelopeEncoder(options: EnvelopeOptions(instrumentationKey: key))
/// for envelope in encoder.envelopes(of: batch).texts { print(envelope) }
/// ```
///
/// One bad record never costs another: what cannot be mapped is left out and counted.
public struct EnvelopeEncoder: Sendable {
    /// The most bytes that a body holds unless a single record has more.
    static let maximumBody = 1_048_576

    /// The most bytes of an item that shares a body with others.
    static let maximumSharedItem = 65_536

    /// The options that the encoder was created with.
    public let options: EnvelopeOptions

    private let environment: MappingEnvironment

    /// Creates an encoder; the environment in `options` is read now, and never again.
    public init(options: EnvelopeOptions) {
        self.options = options
        self.environment = MappingEnvironment(options.environment)
    }

    /// Whether the resource item is wanted; see ``encode(_:resourceItemAt:)``.
    public var writesResourceItem: Bool { self.environment.writesResourceItem }

    /// Maps a batch and writes its envelopes into the bodies of requests.
    ///
    /// A body is a JSON array with one envelope a line. It holds at most 1 MB, and a record with
    /// an envelope of more than 65,536 bytes has a body to itself. The envelopes of one record,
    /// such as a span with its events, are never divided.
    ///
    /// - Parameter resourceItemAt: the time of the resource item that is to lead the first body, if
    ///   there is to be one; it is left out if the environment turns it off.
    public func encode(_ batch: ExportBatch, resourceItemAt: Timestamp? = nil) -> EncodedEnvelopes {
        var buffer = WireBuffer()
        var bodies: [EncodedBody] = []
        var result = unsafe self.encode(batch, resourceItemAt: resourceItemAt, in: &buffer) {
            bytes,
            layout,
            leadingItems in
            bodies.append(
                EncodedBody(
                    bytes: unsafe [UInt8](bytes),
                    layout: layout,
                    leadingItems: leadingItems
                )
            )
        }
        result.bodies = bodies
        return result
    }

    /// Does the same in memory that was used before, and shows each body to `take`.
    ///
    /// - Returns: what became of the records, without bodies.
    func encode(
        _ batch: ExportBatch,
        resourceItemAt: Timestamp?,
        in buffer: inout WireBuffer,
        _ take: BodyBuilder.Taker
    ) -> EncodedEnvelopes {
        var writer = EnvelopeWriter(
            resource: batch.resource,
            options: self.options,
            environment: self.environment
        )
        swap(&writer.json.buffer, &buffer)
        var result = EncodedEnvelopes()
        var body = BodyBuilder(&writer, records: batch.count)
        if let resourceItemAt, self.writesResourceItem {
            writer.writeResourceItem(batch.resource, at: resourceItemAt)
            body.addedLeadingItem()
        }
        switch batch.records {
        case .spans(let spans):
            for index in spans.indices {
                body.beginRecord(&writer)
                let items = writer.write(BatchSpan(spans, at: index))
                unsafe body.endRecord(&writer, items: items, take)
            }
        case .logs(let records):
            for index in records.indices {
                body.beginRecord(&writer)
                let items = writer.write(records[index])
                unsafe body.endRecord(&writer, items: items, take)
            }
        case .metrics(let metrics):
            Self.forEachPoint(of: metrics) { write, _ in
                body.beginRecord(&writer)
                let items = write(&writer)
                if items == 0 {
                    if writer.isOmitted {
                        result.omitted += 1
                    } else {
                        result.dropped[.invalid, default: 0] += 1
                    }
                }
                unsafe body.endRecord(&writer, items: items, take)
            }
        }
        unsafe body.finish(&writer, take)
        result.cutTexts = writer.cutTexts
        swap(&writer.json.buffer, &buffer)
        return result
    }

    /// Maps a batch and gives its envelopes as texts, without sending them.
    ///
    /// The envelopes are those that ``encode(_:resourceItemAt:)`` would write, in the order of the
    /// records; an envelope's text is one line.
    public func envelopes(of batch: ExportBatch) -> EnvelopeTexts {
        var writer = EnvelopeWriter(
            resource: batch.resource,
            options: self.options,
            environment: self.environment
        )
        var result = EnvelopeTexts()
        self.forEachRecord(of: batch) { write, description in
            writer.json.buffer.truncate(to: 0)
            guard write(&writer) > 0 else {
                result.unmapped.append(description())
                return
            }
            let bytes = writer.json.bytes
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                let isLast = line.endIndex == bytes.endIndex
                result.texts.append(
                    String(decoding: isLast ? line : line.dropLast(), as: UTF8.self)
                )
            }
        }
        return result
    }

    /// The text of the resource item, by which the service learns what the resource is.
    public func resourceEnvelope(of resource: Resource, at time: Timestamp) -> String {
        var writer = EnvelopeWriter(
            resource: resource,
            options: self.options,
            environment: self.environment
        )
        writer.writeResourceItem(resource, at: time)
        return String(decoding: writer.json.bytes, as: UTF8.self)
    }

    /// Calls `body` for each record of the batch, with what writes it and what describes it.
    private func forEachRecord(
        of batch: ExportBatch,
        _ body: ((inout EnvelopeWriter) -> Int, () -> String) -> Void
    ) {
        switch batch.records {
        case .spans(let spans):
            for index in spans.indices {
                let span = BatchSpan(spans, at: index)
                body({ $0.write(span) }, { "span \(span.spanID) \(span.name)" })
            }
        case .logs(let records):
            for record in records { body({ $0.write(record) }, { "log record" }) }
        case .metrics(let metrics):
            Self.forEachPoint(of: metrics, body)
        }
    }

    /// Calls `body` for each point of the metrics, with what writes it and what describes it.
    private static func forEachPoint(
        of metrics: [Metric],
        _ body: ((inout EnvelopeWriter) -> Int, () -> String) -> Void
    ) {
        for metric in metrics {
            let standard = StandardMetric(instrument: metric.name)
            for (index, point) in metric.mappedPoints.enumerated() {
                body(
                    { $0.write(point, of: metric, standard: standard) },
                    {
                        let isWanted: Bool =
                            if case .notSent? = standard { false } else { true }
                        let reason = isWanted ? "no finite value" : "not sent by design"
                        return "point \(index) of metric \(metric.name): \(reason)"
                    }
                )
            }
        }
    }
}

extension Metric {
    /// The points, whatever their kind.
    fileprivate var mappedPoints: [MetricPoint] {
        switch self.content {
        case .gauge(let points), .sum(let points, _, _): points.map { MetricPoint($0) }
        case .histogram(let points, _): points.map { MetricPoint($0) }
        case .exponentialHistogram(let points, _): points.map { MetricPoint($0) }
        }
    }
}
