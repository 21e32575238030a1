/// Judges telemetry items as the ingestion service does, and turns the good ones into rows.
///
/// | Fault                                            | Where                                |
/// | ------------------------------------------------ | ------------------------------------ |
/// | unknown `baseType`                               | `data`                               |
/// | a required field is missing or null              | envelope, base data                  |
/// | a field has the wrong JSON type                  | everywhere, members of maps included |
/// | `time` is not an ISO 8601 time                   | envelope                             |
/// | `iKey` is not a UUID                             | envelope                             |
/// | a duration, severity level or number means nothing | base data                          |
///
/// What is longer than the service's limits is kept: whether the service cuts or refuses it is
/// not settled. Fields that nobody knows are ignored.
package struct ItemJudge {
    /// The rows of the items accepted so far.
    package private(set) var batch: RowBatch

    /// Creates a judge for a body of so many bytes.
    package init(bodyCount: Int = 0) {
        self.batch = RowBatch(bodyCount: bodyCount)
    }

    /// Adds the row of the item at a node, or throws why the item is refused.
    package mutating func judge(_ node: Int, of tape: JSONTape) throws(ItemFault) {
        let mark = self.batch.mark
        do {
            try self.addRow(node, of: tape, since: mark)
        } catch {
            self.batch.rewind(to: mark)
            throw error
        }
    }

    private mutating func addRow(
        _ node: Int,
        of tape: JSONTape,
        since mark: RowBatch.Mark
    ) throws(ItemFault) {
        guard tape.kind(of: node) == .object else {
            throw ItemFault(
                message: "The item is not an object. Actual: \(tape.kind(of: node).name)"
            )
        }
        let envelope = ItemReader(tape: tape, object: node, type: "Envelope")
        _ = try envelope.required("name", .string)
        let data = ItemReader(
            tape: tape,
            object: try envelope.required("data", .object),
            type: "Data"
        )
        let baseTypeNode = try data.required("baseType", .string)
        guard
            let baseType = BaseType.allCases.first(where: {
                tape.string(baseTypeNode, equals: $0.name)
            })
        else {
            throw ItemFault(
                message:
                    "Field 'baseType' on type 'Data' is unknown: '\(tape.text(baseTypeNode).prefix(100))'"
            )
        }
        let base = ItemReader(
            tape: tape,
            object: try data.required("baseData", .object),
            type: "\(baseType.name)"
        )
        try self.addEnvelope(envelope)
        guard try base.integer("ver") != nil else {
            throw .missing("ver", of: base.type, expected: "integer")
        }
        self.batch.append(try base.map("properties", of: .string, into: &self.batch))
        self.batch.append(try base.map("measurements", of: .number, into: &self.batch))
        let table = try self.add(base, as: baseType)
        self.batch.finishRow(in: table, since: mark)
    }

    private mutating func addEnvelope(_ envelope: ItemReader) throws(ItemFault) {
        var text: [UInt8] = []
        envelope.tape.appendText(of: try envelope.required("time", .string), to: &text)
        guard let time = ItemTime(text) else {
            throw .invalid("time", of: "Envelope", expected: "an ISO 8601 time")
        }
        self.batch.append(self.batch.textCell { time.append(to: &$0) })

        let key = try envelope.required("iKey", .string)
        text.removeAll(keepingCapacity: true)
        envelope.tape.appendText(of: key, to: &text)
        guard Self.isUUID(text) else {
            throw .invalid("iKey", of: "Envelope", expected: "a UUID")
        }
        self.batch.append(envelope.cell(key, into: &self.batch))

        var rate = 100.0
        if let sampleRate = try envelope.number("sampleRate") {
            guard sampleRate > 0, sampleRate <= 100 else {
                throw .invalid("sampleRate", of: "Envelope", expected: "0 < rate ≤ 100")
            }
            rate = sampleRate
        }
        _ = try envelope.number("ver")
        _ = try envelope.field("seq", .string)
        let itemCount = Int64(exactly: (100 / rate).rounded()) ?? .max
        try self.addTags(envelope, itemCount: itemCount)
    }

    /// The tags in the order of their columns.
    private static let tags: [StaticString] = [
        "ai.internal.sdkVersion", "ai.operation.name", "ai.operation.id",
        "ai.operation.parentId", "ai.operation.syntheticSource", "ai.cloud.role",
        "ai.cloud.roleInstance", "ai.application.ver", "ai.location.ip", "ai.user.id",
        "ai.user.authUserId", "ai.session.id",
    ]

    private mutating func addTags(_ envelope: ItemReader, itemCount: Int64) throws(ItemFault) {
        var nodes = [Int](repeating: -1, count: Self.tags.count)
        if let tags = try envelope.field("tags", .object) {
            let tape = envelope.tape
            var key = tags + 1
            let end = tape.nodes[tags].next
            while key < end {
                let value = key + 1
                switch tape.kind(of: value) {
                case .string:
                    if let column = Self.tags.firstIndex(where: { tape.string(key, equals: $0) }) {
                        nodes[column] = value
                    }
                case .null: break
                default:
                    throw envelope.wrongType(
                        "tags.\(tape.text(key).prefix(150))",
                        value,
                        expected: "string"
                    )
                }
                key = tape.nodes[value].next
            }
        }
        for (column, node) in nodes.enumerated() {
            self.batch.append(node < 0 ? .null : envelope.cell(node, into: &self.batch))
            if column == 0 { self.batch.append(.integer(itemCount)) }
        }
    }

    private static func isUUID(_ text: [UInt8]) -> Bool {
        guard text.count == 36 else { return false }
        for (index, byte) in text.enumerated() {
            switch index {
            case 8, 13, 18, 23:
                guard byte == UInt8(ascii: "-") else { return false }
            default:
                switch byte {
                case 0x30...0x39, 0x41...0x46, 0x61...0x66: break
                default: return false
                }
            }
        }
        return true
    }
}

// MARK: - Base data

extension ItemJudge {
    /// The kinds of items, most frequent first.
    private enum BaseType: CaseIterable {
        case request, dependency, message, metric, exception, event, availability, pageView,
            pageViewPerformance, performanceCounter

        /// The name on the wire.
        var name: StaticString {
            switch self {
            case .request: "RequestData"
            case .dependency: "RemoteDependencyData"
            case .message: "MessageData"
            case .metric: "MetricData"
            case .exception: "ExceptionData"
            case .event: "EventData"
            case .availability: "AvailabilityData"
            case .pageView: "PageViewData"
            case .pageViewPerformance: "PageViewPerfData"
            case .performanceCounter: "PerformanceCounterData"
            }
        }
    }

    private mutating func add(
        _ base: ItemReader,
        as type: BaseType
    ) throws(ItemFault) -> TelemetryTable? {
        switch type {
        case .request: try self.addRequest(base)
        case .dependency: try self.addDependency(base)
        case .message: try self.addMessage(base)
        case .metric: try self.addMetric(base)
        case .exception: try self.addException(base)
        case .event: try self.addEvent(base)
        case .availability: try self.addAvailability(base)
        case .pageView: try self.addPageView(base)
        case .pageViewPerformance: try self.addPageViewPerformance(base)
        case .performanceCounter: try self.addPerformanceCounter(base)
        }
    }

    private mutating func addRequest(_ base: ItemReader) throws(ItemFault) -> TelemetryTable {
        self.batch.append(try base.requiredText("id", into: &self.batch))
        self.batch.append(try base.text("name", into: &self.batch))
        self.batch.append(try base.text("url", into: &self.batch))
        self.batch.append(try base.text("source", into: &self.batch))
        self.batch.append(try self.requiredDuration(base))
        self.batch.append(try base.requiredText("responseCode", into: &self.batch))
        self.batch.append(try self.requiredSuccess(base))
        return .requests
    }

    private mutating func addDependency(_ base: ItemReader) throws(ItemFault) -> TelemetryTable {
        self.batch.append(try base.text("id", into: &self.batch))
        self.batch.append(try base.requiredText("name", into: &self.batch))
        self.batch.append(try base.text("target", into: &self.batch))
        self.batch.append(try base.text("type", into: &self.batch))
        self.batch.append(try base.text("data", into: &self.batch))
        self.batch.append(try self.requiredDuration(base))
        self.batch.append(try base.text("resultCode", into: &self.batch))
        // A dependency that does not say otherwise succeeded: the schema's default.
        self.batch.append(try base.bool("success") ?? .integer(1))
        return .dependencies
    }

    private mutating func addMessage(_ base: ItemReader) throws(ItemFault) -> TelemetryTable {
        self.batch.append(try base.requiredText("message", into: &self.batch))
        self.batch.append(try base.severityLevel())
        return .traces
    }

    private mutating func addException(_ base: ItemReader) throws(ItemFault) -> TelemetryTable {
        let tape = base.tape
        let list = try base.required("exceptions", .array)
        let elements = tape.elements(of: list)
        guard let outermost = elements.first else {
            throw .missing("exceptions", of: base.type, expected: "one exception or more")
        }
        for element in elements { try Self.checkException(element, of: base) }
        let exception = ItemReader(tape: tape, object: outermost, type: "ExceptionDetails")
        let message = try exception.requiredText("message", into: &self.batch)
        self.batch.append(try exception.text("typeName", into: &self.batch))
        self.batch.append(message)
        self.batch.append(message)
        self.batch.append(try base.text("problemId", into: &self.batch))
        self.batch.append(try base.severityLevel())
        self.batch.append(self.batch.textCell { tape.appendValue(list, to: &$0) })
        return .exceptions
    }

    private static func checkException(_ node: Int, of base: ItemReader) throws(ItemFault) {
        guard base.tape.kind(of: node) == .object else {
            throw base.wrongType("exceptions", node, expected: "objects")
        }
        let exception = ItemReader(tape: base.tape, object: node, type: "ExceptionDetails")
        _ = try exception.required("message", .string)
        _ = try exception.field("typeName", .string)
        _ = try exception.field("stack", .string)
        _ = try exception.bool("hasFullStack")
        _ = try exception.integer("id")
        _ = try exception.integer("outerId")
        guard let stack = try exception.field("parsedStack", .array) else { return }
        for element in base.tape.elements(of: stack) {
            guard base.tape.kind(of: element) == .object else {
                throw exception.wrongType("parsedStack", element, expected: "objects")
            }
            let frame = ItemReader(tape: base.tape, object: element, type: "StackFrame")
            guard try frame.integer("level") != nil else {
                throw .missing("level", of: frame.type, expected: "integer")
            }
            _ = try frame.required("method", .string)
            _ = try frame.field("assembly", .string)
            _ = try frame.field("fileName", .string)
            _ = try frame.integer("line")
        }
    }

    private mutating func addEvent(_ base: ItemReader) throws(ItemFault) -> TelemetryTable {
        self.batch.append(try base.requiredText("name", into: &self.batch))
        return .customEvents
    }

    private mutating func addAvailability(_ base: ItemReader) throws(ItemFault) -> TelemetryTable {
        self.batch.append(try base.requiredText("id", into: &self.batch))
        self.batch.append(try base.requiredText("name", into: &self.batch))
        self.batch.append(try self.requiredDuration(base))
        self.batch.append(try self.requiredSuccess(base))
        self.batch.append(try base.text("runLocation", into: &self.batch))
        self.batch.append(try base.text("message", into: &self.batch))
        return .availabilityResults
    }

    private mutating func addPageView(_ base: ItemReader) throws(ItemFault) -> TelemetryTable {
        self.batch.append(try base.requiredText("id", into: &self.batch))
        self.batch.append(try base.requiredText("name", into: &self.batch))
        self.batch.append(try base.text("url", into: &self.batch))
        _ = try base.field("referredUri", .string)
        self.batch.append(try base.duration("duration").map { .real($0) } ?? .null)
        return .pageViews
    }

    private mutating func addPageViewPerformance(
        _ base: ItemReader
    ) throws(ItemFault) -> TelemetryTable {
        self.batch.append(try base.requiredText("id", into: &self.batch))
        self.batch.append(try base.requiredText("name", into: &self.batch))
        self.batch.append(try base.text("url", into: &self.batch))
        _ = try base.duration("duration")
        let timings: [StaticString] = [
            "perfTotal", "networkConnect", "sentRequest", "receivedResponse", "domProcessing",
        ]
        for timing in timings {
            self.batch.append(try base.duration(timing).map { .real($0) } ?? .null)
        }
        return .browserTimings
    }

    private func requiredDuration(_ base: ItemReader) throws(ItemFault) -> RowBatch.Cell {
        guard let duration = try base.duration("duration") else {
            throw .missing("duration", of: base.type, expected: "string")
        }
        return .real(duration)
    }

    private func requiredSuccess(_ base: ItemReader) throws(ItemFault) -> RowBatch.Cell {
        guard let success = try base.bool("success") else {
            throw .missing("success", of: base.type, expected: "bool")
        }
        return success
    }
}

// MARK: - Metrics

extension ItemJudge {
    /// The name of the item that carries the attributes of a resource instead of a measurement.
    private static let resourceItemName: StaticString = "_OTELRESOURCE_"

    /// The performance counters that exporters send as metrics, without the instance.
    private static let performanceCounters: Set<String> = [
        #"\Memory\Available Bytes"#,
        ##"\.NET CLR Exceptions(??APP_CLR_PROC??)\# of Exceps Thrown / sec"##,
        #"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time"#,
        #"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec"#,
        #"\Process(??APP_WIN32_PROC??)\% Processor Time"#,
        #"\Process(??APP_WIN32_PROC??)\% Processor Time Normalized"#,
        #"\Process(??APP_WIN32_PROC??)\IO Data Bytes/sec"#,
        #"\Process(??APP_WIN32_PROC??)\Private Bytes"#,
        #"\Processor(_Total)\% Processor Time"#,
    ]

    /// Adds the first point: the service keeps no other.
    private mutating func addMetric(_ base: ItemReader) throws(ItemFault) -> TelemetryTable? {
        let tape = base.tape
        let points = tape.elements(of: try base.required("metrics", .array))
        guard let first = points.first else {
            throw .missing("metrics", of: base.type, expected: "one point")
        }
        for point in points {
            guard tape.kind(of: point) == .object else {
                throw base.wrongType("metrics", point, expected: "objects")
            }
            let reader = ItemReader(tape: tape, object: point, type: "DataPoint")
            _ = try reader.required("name", .string)
            guard try reader.number("value") != nil else {
                throw .missing("value", of: reader.type, expected: "number")
            }
            _ = try reader.field("ns", .string)
            _ = try reader.number("stdDev")
            try Self.checkKind(of: reader)
        }
        let point = ItemReader(tape: tape, object: first, type: "DataPoint")
        let name = try point.required("name", .string)
        self.batch.append(point.cell(name, into: &self.batch))
        let value = try point.number("value") ?? 0
        let count = try point.integer("count") ?? 1
        self.addValue(
            value,
            count: count,
            minimum: try point.number("min"),
            maximum: try point.number("max")
        )
        if tape.string(name, equals: Self.resourceItemName) { return nil }
        if tape.bytes[tape.nodes[name].start] == UInt8(ascii: "\\"),
            Self.performanceCounters.contains(tape.text(name))
        {
            return .performanceCounters
        }
        return .customMetrics
    }

    private static func checkKind(of point: ItemReader) throws(ItemFault) {
        guard let node = point.field("kind") else { return }
        switch point.tape.kind(of: node) {
        case .number where point.tape.integer(node).map { 0...1 ~= $0 } == true: return
        case .string
        where point.tape.string(node, equals: "Measurement")
            || point.tape.string(node, equals: "Aggregation"):
            return
        case .number, .string:
            throw .invalid("kind", of: point.type, expected: "Measurement or Aggregation")
        default:
            throw point.wrongType("kind", node, expected: "string or integer")
        }
    }

    private mutating func addPerformanceCounter(
        _ base: ItemReader
    ) throws(ItemFault) -> TelemetryTable {
        let tape = base.tape
        let category = try base.required("categoryName", .string)
        let counter = try base.required("counterName", .string)
        let instance = try base.field("instanceName", .string)
        let name = self.batch.textCell { text in
            text.append(UInt8(ascii: "\\"))
            tape.appendText(of: category, to: &text)
            if let instance {
                text.append(UInt8(ascii: "("))
                tape.appendText(of: instance, to: &text)
                text.append(UInt8(ascii: ")"))
            }
            text.append(UInt8(ascii: "\\"))
            tape.appendText(of: counter, to: &text)
        }
        self.batch.append(name)
        guard let value = try base.number("value") else {
            throw .missing("value", of: base.type, expected: "number")
        }
        self.addValue(value, count: 1, minimum: nil, maximum: nil)
        return .performanceCounters
    }

    /// Adds value, sum, count, smallest and largest value.
    ///
    /// A single measurement is its own smallest and largest value; of several, nobody knows them
    /// unless they are sent.
    private mutating func addValue(
        _ value: Double,
        count: Int64,
        minimum: Double?,
        maximum: Double?
    ) {
        let single: RowBatch.Cell = count == 1 ? .real(value) : .null
        self.batch.append(.real(value))
        self.batch.append(.real(value))
        self.batch.append(.integer(count))
        self.batch.append(minimum.map { .real($0) } ?? single)
        self.batch.append(maximum.map { .real($0) } ?? single)
    }
}
