import TelemetryModel
import TelemetryTesting

/// Records that no sane program would make, the same in every run.
///
/// Also a part of the program that `dev/integration` sends with, so it knows only what is public.
struct RandomTelemetry {
    private var generator: SeededGenerator
    /// Keys that mean something; at least one.
    private let keys: [String]

    init(seed: UInt64, keys: [String]) {
        self.generator = SeededGenerator(seed: seed)
        self.keys = keys
    }

    // MARK: Choices

    mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self.generator) < probability
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self.generator)
    }

    mutating func element<C: Collection>(of elements: C) -> C.Element {
        elements[
            elements.index(elements.startIndex, offsetBy: self.number(0...(elements.count - 1)))
        ]
    }

    // MARK: Texts and values

    private static let hostileTexts = [
        "", " ", "\u{0}", "\u{1F}\"\\/\u{8}\u{C}\n\r\t", "e\u{301}", "\u{E9}", "😀", "👨‍👩‍👧‍👦",
        "\u{2028}\u{2029}",
        "\u{FEFF}x", "\u{202E}abc", "null", "{}", "[1,2", "}}}", "\",\"x\":\"", "\u{FFFF}",
        "\u{10FFFF}",
        "http://u:p@h:80/a?b#c", "http://[::1", "//", ":", "h:99999", "[::1]:443", "?", "#", "bot",
        "AlwaysOn", "True", "200", "-1", "0", "1e400", "{\"a\": 1, \"a\": 2}",
        "{\"é\": 1e3, \"\": 2}",
        "GET", "https", "/a;b", "a\u{0}b", "exception",
    ]

    mutating func text() -> String {
        switch self.number(0...9) {
        case 0: String(repeating: self.element(of: Self.hostileTexts), count: self.number(0...3000))
        case 1:
            String(repeating: "é😀x", count: self.element(of: [10, 400, 3000, 14_000]))
        default:
            (0...self.number(0...2)).map { _ in self.element(of: Self.hostileTexts) }.joined()
        }
    }

    mutating func key() -> String {
        switch self.number(0...9) {
        case 0: self.text()
        case 1: String(repeating: "k😀", count: self.number(48...52)) + "k"
        case 2: self.element(of: ["a", "b", "c"])
        default: self.element(of: self.keys)
        }
    }

    mutating func double() -> Double {
        self.element(of: [
            0, -0.0, 1.5, .nan, .infinity, -.infinity, 1e308, -1e-308, .leastNonzeroMagnitude,
            200.7, 443, 1e17,
        ])
    }

    mutating func integer() -> Int64 {
        self.element(of: [0, 1, -1, 80, 443, 5432, 200, 404, 500, .max, .min, 1_700_000_000_000])
    }

    mutating func value(depth: Int = 0) -> AttributeValue {
        switch self.number(0...(depth < 3 ? 9 : 6)) {
        case 0: .bool(self.chance(0.5))
        case 1, 2: .int(self.integer())
        case 3: .double(self.double())
        case 4: .bytes((0..<self.number(0...20)).map { _ in UInt8(self.number(0...255)) })
        case 5: .null
        case 8: .array((0..<self.number(0...4)).map { _ in self.value(depth: depth + 1) })
        case 9: .map(self.attributes(upTo: 4, depth: depth + 1))
        default: .string(self.text())
        }
    }

    /// Pairs, among them equal keys.
    mutating func attributes(upTo count: Int = 12, depth: Int = 0) -> Attributes {
        let many = depth == 0 && self.chance(0.02) ? 200 : count
        return Attributes(
            (0..<self.number(0...many)).map { _ in
                Attributes.Element(key: self.key(), value: self.value(depth: depth))
            }
        )
    }

    /// Pairs whose values are unlike all others and no void, no default, nothing special.
    mutating func markedAttributes(where isWanted: (String) -> Bool) -> Attributes {
        var keys = self.keys.filter(isWanted)
        keys += ["custom.one", "http.request.header.x", "server.addresses", "url"]
        keys.shuffle(using: &self.generator)
        return Attributes(
            keys.prefix(self.number(0...14)).enumerated().map { index, key in
                let isNumber = key.hasSuffix("port") || key.hasSuffix("status_code")
                let number = 10_001 + index
                return .init(
                    key: key,
                    value: isNumber ? .int(Int64(number)) : .string("mark-\(number)-x")
                )
            }
        )
    }

    mutating func environment() -> [String: String] {
        var environment: [String: String] = [:]
        for (name, values) in [
            ("APPLICATIONINSIGHTS_METRIC_NAMESPACE_OPT_IN", ["true", "no"]),
            ("AKS_ARM_NAMESPACE_ID", ["", "x"]), ("LANG", ["C", "de_DE.UTF-8", self.text()]),
            ("FUNCTIONS_WORKER_RUNTIME", ["swift"]),
        ] where self.chance(0.3) {
            environment[name] = self.element(of: values)
        }
        return environment
    }

    // MARK: Records

    mutating func time() -> Timestamp {
        Timestamp(
            nanosecondsSinceEpoch: self.element(of: [
                0, 1, .max, 1_700_000_000_000_000_000, UInt64(self.number(0...Int.max)),
            ])
        )
    }

    private mutating func traceID() -> TraceID {
        self.chance(0.1)
            ? .invalid : TraceID(high: self.generator.next(), low: self.generator.next())
    }

    private mutating func spanID() -> SpanID {
        self.chance(0.1) ? .invalid : SpanID(rawValue: self.generator.next())
    }

    private mutating func context() -> SpanContext {
        SpanContext(traceID: self.traceID(), spanID: self.spanID())
    }

    private mutating func scope() -> InstrumentationScope { .init(name: self.text()) }

    private mutating func span() -> EndedSpan {
        EndedSpan(
            context: self.context(),
            parentSpanID: self.chance(0.5) ? self.spanID() : nil,
            name: self.text(),
            kind: self.element(of: EndedSpan.Kind.allCases),
            startTime: self.time(),
            endTime: self.time(),
            attributes: self.attributes(),
            events: (0..<self.number(0...2)).map { _ in
                .init(
                    name: self.chance(0.5) ? "exception" : self.text(),
                    time: self.time(),
                    attributes: self.attributes()
                )
            },
            links: (0..<self.element(of: [0, 0, 1, 3, 150])).map { _ in
                .init(context: self.context(), attributes: ["enqueuedTime": self.value()])
            },
            status: self.element(of: [.unset, .ok, .error(message: self.text())]),
            scope: self.scope(),
            sampleRate: self.chance(0.3) ? self.double() : nil
        )
    }

    /// Attributes of a record; by chance alone hardly any would make a result of an availability
    /// test.
    private mutating func recordAttributes() -> Attributes {
        var attributes = self.attributes()
        guard self.chance(0.05) else { return attributes }
        for field in ["id", "name", "duration", "success", "runLocation", "message"] {
            attributes["microsoft.availability.\(field)"] = self.value()
        }
        return attributes
    }

    private mutating func logRecord() -> LogRecord {
        LogRecord(
            time: self.time(),
            observedTime: self.time(),
            severity: .init(rawValue: self.number(-1...30)),
            severityText: self.chance(0.5) ? self.text() : nil,
            body: self.chance(0.9) ? self.value() : nil,
            attributes: self.recordAttributes(),
            eventName: self.chance(0.3) ? self.text() : nil,
            traceID: self.chance(0.8) ? self.traceID() : nil,
            spanID: self.chance(0.8) ? self.spanID() : nil,
            scope: self.scope(),
            sampleRate: self.chance(0.3) ? self.double() : nil
        )
    }

    private mutating func metric() -> Metric {
        let name =
            self.chance(0.5)
            ? self.text()
            : self.element(of: [
                "http.server.duration", "http.client.request.duration", "http.client.duration",
                "http.server.active_requests", "azuremonitor.performancecounter.processtime",
            ])
        var points: [NumberPoint] = []
        for _ in 0..<self.number(0...3) {
            points.append(
                NumberPoint(
                    attributes: self.attributes(),
                    time: self.time(),
                    value: self.chance(0.5) ? .int(self.integer()) : .double(self.double())
                )
            )
        }
        let distribution = HistogramPoint(
            attributes: self.attributes(),
            time: self.time(),
            count: self.generator.next(),
            sum: self.double(),
            min: self.double(),
            max: self.chance(0.5) ? self.double() : nil
        )
        let content: Metric.Content = self.element(of: [
            .gauge(points), .sum(points, temporality: .delta, isMonotonic: true),
            .histogram([distribution], temporality: .delta),
            .exponentialHistogram(
                [
                    ExponentialHistogramPoint(
                        attributes: distribution.attributes,
                        time: distribution.time,
                        count: 3,
                        sum: distribution.sum,
                        min: distribution.min,
                        scale: 2
                    )
                ],
                temporality: .delta
            ),
        ])
        return Metric(name: name, scope: self.scope(), content: content)
    }

    mutating func records() -> ExportBatch.Records {
        switch self.number(0...2) {
        case 0: .spans((0..<self.number(1...5)).map { _ in self.span() })
        case 1: .logs((0..<self.number(1...5)).map { _ in self.logRecord() })
        default: .metrics((0..<self.number(1...5)).map { _ in self.metric() })
        }
    }
}
