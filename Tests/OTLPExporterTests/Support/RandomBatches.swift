import TelemetryModel
import TelemetryTesting

/// Batches in which every field that the protocol has is set now and then, the same in every run.
///
/// What the protocol cannot tell apart occurs in one form only: no absent text is empty, no id is
/// all zeros but those of links, and no key comes twice.
///
/// Also a part of the program that `dev/integration` runs, so it knows only what is public.
struct RandomBatches {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        self.generator = SeededGenerator(seed: seed)
    }

    // MARK: Choices

    mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self.generator) < probability
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self.generator)
    }

    private mutating func element<Element>(of elements: [Element]) -> Element {
        elements[self.number(0...(elements.count - 1))]
    }

    private mutating func list<Element>(
        _ range: ClosedRange<Int>,
        _ make: (inout RandomBatches) -> Element
    ) -> [Element] {
        (0..<self.number(range)).map { _ in make(&self) }
    }

    // MARK: Values

    private static let texts = [
        "a", " ", "\u{0}", "\u{1F}\"\\/\u{8}\u{C}\n\r\t", "e\u{301}\u{E9}", "😀", "\u{2028}\u{7F}",
        "\u{FEFF}", "\u{FFFF}\u{10FFFF}", "{}", "GET /x?y=1", "exception", "service.name", "ß€𐍈",
    ]

    mutating func text() -> String {
        switch self.number(0...11) {
        case 0: ""
        // Around the lengths at which a length needs another byte.
        case 1: String(repeating: "x", count: self.element(of: [15, 16, 120, 127, 128, 129, 300]))
        case 2:
            String(repeating: "é😀", count: self.element(of: [21, 22, 21, 22, 21, 22, 2700, 2731]))
        default: self.list(1...3) { $0.element(of: Self.texts) }.joined()
        }
    }

    private mutating func someText() -> String {
        let text = self.text()
        return text.isEmpty ? "-" : text
    }

    mutating func integer() -> Int64 {
        self.chance(0.5)
            ? self.element(of: [0, 1, -1, 63, 64, 127, 128, 16_383, 16_384, .max, .min])
            : Int64(bitPattern: self.generator.next() >> UInt64(self.number(0...63)))
    }

    mutating func unsigned() -> UInt64 {
        UInt64(bitPattern: self.integer())
    }

    mutating func double() -> Double {
        switch self.number(0...3) {
        case 0:
            self.element(of: [
                0, -0.0, 1, -1.5, .nan, .infinity, -.infinity, .greatestFiniteMagnitude,
                .leastNonzeroMagnitude, 0.1, 1e16, 1e-5, 9_007_199_254_740_992,
            ])
        case 1: Double(self.number(-1000...1000)) / 8
        default:
            // Of the many values that are no number, one will do: JSON has only one.
            { $0.isNaN ? .nan : $0 }(Double(bitPattern: self.generator.next()))
        }
    }

    private mutating func optionalDouble() -> Double? {
        self.chance(0.3) ? nil : self.double()
    }

    private mutating func signed() -> Int32 {
        self.element(of: [0, 1, -1, 20, -10, .max, .min, Int32(self.number(-100_000...100_000))])
    }

    private mutating func count() -> Int {
        self.chance(0.7) ? 0 : self.element(of: [1, 127, 128, 70_000, Int(UInt32.max)])
    }

    private mutating func time() -> Timestamp {
        Timestamp(
            nanosecondsSinceEpoch: self.chance(0.2)
                ? self.element(of: [0, 1, .max]) : 1_700_000_000_000_000_000 + self.unsigned() >> 6
        )
    }

    mutating func value(depth: Int = 0) -> AttributeValue {
        switch self.number(0...(depth < 4 ? 10 : 7)) {
        case 0: .bool(self.chance(0.5))
        case 1, 2: .int(self.integer())
        case 3: .double(self.double())
        case 4: .bytes(self.list(0...20) { UInt8($0.number(0...255)) })
        case 5: .null
        case 8: .array(self.list(0...4) { $0.value(depth: depth + 1) })
        case 9: .map(self.attributes(upTo: 4, depth: depth + 1))
        default: .string(self.text())
        }
    }

    mutating func attributes(upTo count: Int = 6, depth: Int = 0) -> Attributes {
        var attributes = Attributes()
        let many = depth == 0 && self.chance(0.01) ? 100 : count
        for _ in 0..<self.number(0...many) {
            attributes[self.chance(0.5) ? self.text() : "key.\(self.number(0...200))"] =
                self.value(depth: depth)
        }
        return attributes
    }

    // MARK: Identity

    private mutating func traceID() -> TraceID {
        TraceID(high: self.chance(0.1) ? 0 : self.generator.next(), low: self.generator.next() | 1)
    }

    private mutating func spanID() -> SpanID {
        SpanID(rawValue: self.generator.next() >> UInt64(self.element(of: [0, 0, 60])) | 1)
    }

    private mutating func state() -> TraceState {
        guard self.chance(0.2) else { return TraceState() }
        return TraceState(
            self.list(0...3) {
                .init(key: "vendor\($0.number(0...9))", value: "v:\($0.number(0...9))")
            }
        )
    }

    private mutating func context() -> SpanContext {
        SpanContext(
            traceID: self.traceID(),
            spanID: self.spanID(),
            traceFlags: TraceFlags(rawValue: self.element(of: [0, 1, 3, 255])),
            traceState: self.state()
        )
    }

    private mutating func resource() -> Resource {
        Resource(
            attributes: self.attributes(),
            schemaURL: self.chance(0.3) ? self.someText() : nil
        )
    }

    private mutating func scopes() -> [InstrumentationScope] {
        self.list(1...3) { random in
            guard random.chance(0.9) else { return InstrumentationScope(name: "") }
            return InstrumentationScope(
                name: random.text(),
                version: random.chance(0.5) ? random.someText() : nil,
                attributes: random.chance(0.2) ? random.attributes(upTo: 3) : [:]
            )
        }
    }

    // MARK: Records

    private mutating func span(_ scope: InstrumentationScope) -> EndedSpan {
        EndedSpan(
            context: self.context(),
            parentSpanID: self.chance(0.5) ? self.spanID() : nil,
            hasRemoteParent: self.chance(0.3),
            name: self.text(),
            kind: self.element(of: EndedSpan.Kind.allCases),
            startTime: self.time(),
            endTime: self.time(),
            attributes: self.attributes(),
            droppedAttributesCount: self.count(),
            events: self.chance(0.6) ? [] : self.list(0...3) { $0.event() },
            droppedEventsCount: self.count(),
            links: self.chance(0.6) ? [] : self.list(0...3) { $0.link() },
            droppedLinksCount: self.count(),
            status: self.element(of: [.unset, .ok, .error(message: self.text())]),
            scope: scope
        )
    }

    private mutating func event() -> EndedSpan.Event {
        .init(
            name: self.text(),
            time: self.time(),
            attributes: self.attributes(upTo: 3),
            droppedAttributesCount: self.count()
        )
    }

    private mutating func link() -> EndedSpan.Link {
        var context = self.context()
        if self.chance(0.1) { context.traceID = .invalid }
        if self.chance(0.1) { context.spanID = .invalid }
        context.isRemote = self.chance(0.5)
        return .init(
            context: context,
            attributes: self.attributes(upTo: 3),
            droppedAttributesCount: self.count()
        )
    }

    private mutating func logRecord(_ scope: InstrumentationScope) -> LogRecord {
        LogRecord(
            time: self.time(),
            observedTime: self.time(),
            severity: .init(rawValue: self.number(0...24)),
            severityText: self.chance(0.5) ? self.someText() : nil,
            body: self.chance(0.9) ? self.value() : nil,
            attributes: self.attributes(),
            droppedAttributesCount: self.count(),
            eventName: self.chance(0.3) ? self.someText() : nil,
            traceID: self.chance(0.5) ? self.traceID() : nil,
            spanID: self.chance(0.5) ? self.spanID() : nil,
            traceFlags: TraceFlags(rawValue: self.element(of: [0, 1, 255])),
            scope: scope
        )
    }

    private mutating func numberPoint() -> NumberPoint {
        NumberPoint(
            attributes: self.attributes(),
            startTime: self.time(),
            time: self.time(),
            value: self.chance(0.5) ? .int(self.integer()) : .double(self.double())
        )
    }

    private mutating func histogramPoint() -> HistogramPoint {
        let bounds = self.chance(0.2) ? [] : self.list(0...20) { $0.double() }
        let hasCounts = !bounds.isEmpty || self.chance(0.5)
        return HistogramPoint(
            attributes: self.attributes(),
            startTime: self.time(),
            time: self.time(),
            count: self.unsigned(),
            sum: self.optionalDouble(),
            min: self.optionalDouble(),
            max: self.optionalDouble(),
            bounds: bounds,
            bucketCounts: hasCounts ? (0...bounds.count).map { _ in self.unsigned() } : []
        )
    }

    private mutating func exponentialHistogramPoint() -> ExponentialHistogramPoint {
        ExponentialHistogramPoint(
            attributes: self.attributes(),
            startTime: self.time(),
            time: self.time(),
            count: self.unsigned(),
            sum: self.optionalDouble(),
            min: self.optionalDouble(),
            max: self.optionalDouble(),
            scale: self.signed(),
            zeroCount: self.unsigned(),
            zeroThreshold: self.chance(0.5) ? 0 : self.double(),
            positive: self.buckets(),
            negative: self.buckets()
        )
    }

    private mutating func buckets() -> ExponentialHistogramPoint.Buckets {
        guard self.chance(0.7) else { return .init() }
        return .init(
            offset: self.signed(),
            counts: self.list(0...self.element(of: [3, 160])) { $0.unsigned() }
        )
    }

    private mutating func metric(_ scope: InstrumentationScope) -> Metric {
        let temporality: Temporality = self.element(of: [.delta, .cumulative])
        let content: Metric.Content =
            switch self.number(0...3) {
            case 0: .gauge(self.list(1...3) { $0.numberPoint() })
            case 1:
                .sum(
                    self.list(1...3) { $0.numberPoint() },
                    temporality: temporality,
                    isMonotonic: self.chance(0.5)
                )
            case 2: .histogram(self.list(1...3) { $0.histogramPoint() }, temporality: temporality)
            default:
                .exponentialHistogram(
                    self.list(1...3) { $0.exponentialHistogramPoint() },
                    temporality: temporality
                )
            }
        return Metric(
            name: self.text(),
            description: self.text(),
            unit: self.text(),
            scope: scope,
            content: content
        )
    }

    /// A batch of one signal whose records stand together by scope, as they do on the wire.
    mutating func batch(_ signal: Signal, perScope count: ClosedRange<Int> = 1...4) -> ExportBatch {
        var scopes: [InstrumentationScope] = []
        for scope in self.scopes() where !scopes.contains(scope) { scopes.append(scope) }
        let resource = self.resource()
        switch signal {
        case .traces:
            let spans = scopes.flatMap { scope in self.list(count) { $0.span(scope) } }
            return ExportBatch(resource: resource, records: .spans(spans))
        case .logs:
            let records = scopes.flatMap { scope in self.list(count) { $0.logRecord(scope) } }
            return ExportBatch(resource: resource, records: .logs(records))
        case .metrics:
            let metrics = scopes.flatMap { scope in self.list(count) { $0.metric(scope) } }
            return ExportBatch(resource: resource, records: .metrics(metrics))
        }
    }
}
