import TelemetryModel

/// Batches that need not mean anything.
enum Sample {
    static let resource = Resource(attributes: ["service.name": "shop"])

    static func spans(_ count: Int, name: String = "span") -> ExportBatch {
        ExportBatch(
            resource: self.resource,
            records: .spans(
                (0..<count).map { number in
                    EndedSpan(
                        context: SpanContext(
                            traceID: TraceID(high: 1, low: UInt64(number) + 1),
                            spanID: SpanID(rawValue: UInt64(number) + 1),
                            traceFlags: .sampled
                        ),
                        name: "\(name) \(number)",
                        startTime: Timestamp(nanosecondsSinceEpoch: 1_000),
                        endTime: Timestamp(nanosecondsSinceEpoch: 2_000)
                    )
                }
            )
        )
    }

    static func logs(_ count: Int) -> ExportBatch {
        ExportBatch(
            resource: self.resource,
            records: .logs(
                (0..<count).map { number in
                    LogRecord(
                        time: Timestamp(nanosecondsSinceEpoch: 1_000),
                        body: .string("record \(number)")
                    )
                }
            )
        )
    }

    /// One metric with so many points.
    static func points(_ count: Int) -> ExportBatch {
        let points = (0..<count).map { number in
            NumberPoint(
                attributes: ["number": .int(Int64(number))],
                time: Timestamp(nanosecondsSinceEpoch: 1_000),
                value: .int(Int64(number))
            )
        }
        return ExportBatch(
            resource: self.resource,
            records: .metrics([Metric(name: "orders", content: .gauge(points))])
        )
    }

    static func batch(_ signal: Signal, _ count: Int) -> ExportBatch {
        switch signal {
        case .traces: self.spans(count)
        case .logs: self.logs(count)
        case .metrics: self.points(count)
        }
    }
}
