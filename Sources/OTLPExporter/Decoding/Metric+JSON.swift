import TelemetryModel
import TelemetryTransport

extension Metric {
    /// Reads an OTLP metric, and names the points of it that cannot be read.
    ///
    /// Exemplars are not read. A summary has no counterpart in the model.
    ///
    /// - SeeAlso: [metrics.proto 1.8](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/opentelemetry/proto/metrics/v1/metrics.proto)
    static func read(
        json object: JSONObject,
        scope: InstrumentationScope
    ) throws(UnreadableItem) -> (metric: Metric, unreadable: [UnreadableItem]) {
        var unreadable: [UnreadableItem] = []
        let content: Content
        if let data = try object.object("gauge") {
            content = .gauge(try data.points(in: "gauge", &unreadable, NumberPoint.init(json:)))
        } else if let data = try object.object("sum") {
            content = .sum(
                try data.points(in: "sum", &unreadable, NumberPoint.init(json:)),
                temporality: try data.temporality(in: "sum"),
                isMonotonic: try at("sum") { () throws(UnreadableItem) in
                    try data.bool("isMonotonic")
                }
            )
        } else if let data = try object.object("histogram") {
            content = .histogram(
                try data.points(in: "histogram", &unreadable, HistogramPoint.init(json:)),
                temporality: try data.temporality(in: "histogram")
            )
        } else if let data = try object.object("exponentialHistogram") {
            content = .exponentialHistogram(
                try data.points(
                    in: "exponentialHistogram",
                    &unreadable,
                    ExponentialHistogramPoint.init(json:)
                ),
                temporality: try data.temporality(in: "exponentialHistogram")
            )
        } else if try object.object("summary") != nil {
            throw UnreadableItem(path: "summary", reason: "summaries cannot be represented")
        } else {
            throw UnreadableItem(
                path: "",
                reason: "expected one of gauge, sum, histogram and exponentialHistogram"
            )
        }
        let metric = Metric(
            name: try object.string("name") ?? "",
            description: try object.string("description") ?? "",
            unit: try object.string("unit") ?? "",
            scope: scope,
            content: content
        )
        return (metric, unreadable)
    }
}

extension JSONObject {
    /// The member `dataPoints`, without what cannot be read.
    fileprivate func points<Point>(
        in data: String,
        _ unreadable: inout [UnreadableItem],
        _ read: (JSONObject) throws(UnreadableItem) -> Point
    ) throws(UnreadableItem) -> [Point] {
        var points: [Point] = []
        let elements = try at(data) { () throws(UnreadableItem) in
            try self.array("dataPoints")
        }
        for (index, value) in elements.enumerated() {
            do throws(UnreadableItem) {
                let point = try value.asObject()
                guard try point.uint32("flags") & 1 == 0 else {
                    throw UnreadableItem(path: "flags", reason: "the point has no recorded value")
                }
                points.append(try read(point))
            } catch {
                unreadable.append(error.inside("\(data).dataPoints[\(index)]"))
            }
        }
        return points
    }

    /// Unspecified is read as delta.
    fileprivate func temporality(in data: String) throws(UnreadableItem) -> Temporality {
        let number = try at(data) { () throws(UnreadableItem) in
            try self.enumeration(
                "aggregationTemporality",
                names: [
                    "AGGREGATION_TEMPORALITY_UNSPECIFIED", "AGGREGATION_TEMPORALITY_DELTA",
                    "AGGREGATION_TEMPORALITY_CUMULATIVE",
                ]
            )
        }
        return number == 2 ? .cumulative : .delta
    }
}

extension NumberPoint {
    fileprivate init(json object: JSONObject) throws(UnreadableItem) {
        let value: Value
        if let integer = object["asInt"], integer != .null {
            value = .int(try at("asInt") { () throws(UnreadableItem) in try integer.asInt64() })
        } else if let double = try object.double("asDouble") {
            value = .double(double)
        } else {
            throw UnreadableItem(path: "", reason: "expected asInt or asDouble")
        }
        self.init(
            attributes: try object.attributes(),
            startTime: try object.timestamp("startTimeUnixNano"),
            time: try object.timestamp("timeUnixNano"),
            value: value
        )
    }
}

extension HistogramPoint {
    fileprivate init(json object: JSONObject) throws(UnreadableItem) {
        self.init(
            attributes: try object.attributes(),
            startTime: try object.timestamp("startTimeUnixNano"),
            time: try object.timestamp("timeUnixNano"),
            count: try object.uint64("count"),
            sum: try object.double("sum"),
            min: try object.double("min"),
            max: try object.double("max"),
            bounds: try object.doubles("explicitBounds"),
            bucketCounts: try object.uint64s("bucketCounts")
        )
        guard self.bucketCounts.isEmpty || self.bucketCounts.count == self.bounds.count + 1 else {
            throw UnreadableItem(
                path: "bucketCounts",
                reason: "expected one element more than in explicitBounds, or none"
            )
        }
    }
}

extension ExponentialHistogramPoint {
    fileprivate init(json object: JSONObject) throws(UnreadableItem) {
        self.init(
            attributes: try object.attributes(),
            startTime: try object.timestamp("startTimeUnixNano"),
            time: try object.timestamp("timeUnixNano"),
            count: try object.uint64("count"),
            sum: try object.double("sum"),
            min: try object.double("min"),
            max: try object.double("max"),
            scale: try object.int32("scale"),
            zeroCount: try object.uint64("zeroCount"),
            zeroThreshold: try object.double("zeroThreshold") ?? 0,
            positive: try Self.buckets(object, "positive"),
            negative: try Self.buckets(object, "negative")
        )
    }

    private static func buckets(
        _ object: JSONObject,
        _ key: String
    ) throws(UnreadableItem) -> Buckets {
        guard let buckets = try object.object(key) else { return Buckets() }
        return try at(key) { () throws(UnreadableItem) in
            Buckets(
                offset: try buckets.int32("offset"),
                counts: try buckets.uint64s("bucketCounts")
            )
        }
    }
}
