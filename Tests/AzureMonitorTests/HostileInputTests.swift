import Configuration
import CoreMetrics
import Logging
import OTLPExporter
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

@testable import AzureMonitor
@testable import AzureMonitorExporter

/// Every public entry point, with texts and numbers that nobody sends who means well.
///
/// Nothing may crash or hang, every record must be accounted for, and whatever is sent must be
/// valid. One after the other: tests that look at the clock run beside these.
@Suite("Hostile input", .serialized, .timeLimit(.minutes(10)))
struct HostileInputTests {
    // MARK: Recording

    @Test("spans take any text", arguments: HostileText.all)
    func spans(_ hostile: HostileText) async throws {
        let text = hostile.text
        let kinds = text.utf8.count > 1_000 ? [.server] : Self.kinds
        let pipeline = try HostilePipeline(resource: Self.resource(text))
        let items = try await pipeline.run { telemetry in
            try withTracer(telemetry.tracer) {
                for kind in kinds { try Self.recordSpan(text, kind) }
                // Statements are read to their end, in a debug build at 1 MB/s.
                Self.recordSpansOfLibraries(
                    hostile.isLarge ? String(text.unicodeScalars.prefix(65_536)) : text
                )
            }
        }
        let spans = pipeline.memory.spans
        #expect(spans.count { $0.name == text } >= 2 * kinds.count)
        #expect(spans.allSatisfy { $0.context.isValid && $0.startTime <= $0.endTime })
        // The first few attributes by key stay; an event is never lost.
        #expect(spans.contains { $0.events.contains { $0.name == text } })
        #expect(items.contains { $0.baseType == "ExceptionData" })
        #expect(
            items.count { $0.baseType == "RequestData" }
                == spans.count { $0.kind == .server || $0.kind == .consumer }
        )
        #expect(
            items.allSatisfy {
                $0.baseType == "MetricData" || $0.tags["ai.operation.id"]?.utf8.count == 32
            }
        )
    }

    @Test("log records take any text", arguments: HostileText.all)
    func logs(_ hostile: HostileText) async throws {
        let text = hostile.text
        let levels = text.utf8.count > 1_000 ? [Logger.Level.error] : Logger.Level.allCases
        let pipeline = try HostilePipeline(resource: Self.resource(text))
        let items = try await pipeline.run { telemetry in
            var logger = Logger(label: text, factory: { telemetry.makeLogHandler(label: $0) })
            logger[metadataKey: text] = .string(text)
            logger[metadataKey: "nested"] = .dictionary([text: .array([.string(text), [text: ""]])])
            logger[metadataKey: "deep"] = (0..<1_000).reduce(.string(text)) { value, level in
                level.isMultiple(of: 2) ? .array([value]) : .dictionary(["k": value])
            }
            logger[metadataKey: "object"] = .stringConvertible(HostileError(description: text))
            for level in levels {
                logger.log(
                    level: level,
                    "\(text)",
                    error: HostileError(description: text),
                    metadata: [text: "\(text)", "microsoft.custom_event.name": "\(text)"],
                    source: text,
                    file: text,
                    function: text,
                    line: .max
                )
                logger.log(level: level, "\(text)", source: text, file: text, function: text)
            }
        }
        let logs = pipeline.memory.logs
        #expect(logs.count == 2 * levels.count)
        #expect(logs.allSatisfy { $0.body == .string(text) && $0.scope.name == text })
        #expect(items.count == logs.count)
        #expect(items.contains { $0.baseType == "MessageData" })
    }

    @Test("instruments take any label and dimension", arguments: HostileText.all)
    func labels(_ hostile: HostileText) async throws {
        let text = hostile.text
        var dimensions = [[(text, text)]]
        if !hostile.isLarge {
            dimensions += [[], [(text, "1"), (text, "2")], [("", text)]]
        }
        let pipeline = try HostilePipeline(resource: Self.resource(text))
        _ = try await pipeline.run { telemetry in
            let factory = telemetry.metricsFactory
            for dimensions in dimensions {
                Counter(label: text, dimensions: dimensions, factory: factory).increment()
                Gauge(label: text, dimensions: dimensions, factory: factory).record(1)
                CoreMetrics.Timer(label: text, dimensions: dimensions, factory: factory)
                    .recordNanoseconds(1)
            }
        }
        let metrics = pipeline.memory.metrics.filter { $0.name == text }
        #expect(
            metrics.reduce(0) { $0 + $1.pointCount } == 3 * (text.isEmpty ? 3 : dimensions.count)
        )
    }

    @Test("instruments take any number")
    func numbers() async throws {
        let pipeline = try HostilePipeline()
        let items = try await pipeline.run { telemetry in
            let factory = telemetry.metricsFactory
            let counter = Counter(label: "counter", factory: factory)
            for amount in [Int64.max, .max, .min, -1, 0] { counter.increment(by: amount) }
            counter.reset()
            let timer = CoreMetrics.Timer(label: "timer", factory: factory)
            for duration in [Int64.max, .max, .min, 0, 1] { timer.recordNanoseconds(duration) }
            let sum = FloatingPointCounter(label: "sum", factory: factory)
            let meter = Meter(label: "meter", factory: factory)
            let gauge = Gauge(label: "gauge", factory: factory)
            let recorder = Recorder(label: "recorder", factory: factory)
            let exponential = Recorder(label: "exponential", factory: factory)
            for number in Self.numbers {
                sum.increment(by: number)
                meter.set(number)
                meter.increment(by: number)
                meter.decrement(by: number)
                gauge.record(number)
                recorder.record(number)
                exponential.record(number)
            }
            recorder.record(Int64.min)
            exponential.record(Int64.max)
        }
        #expect(await pipeline.telemetry.health.invalidMeasurements > 0)
        let names = Set(pipeline.memory.metrics.map(\.name))
        #expect(names.isSuperset(of: ["counter", "timer", "recorder", "exponential"]))
        #expect(!items.isEmpty)
    }

    private static let kinds: [SpanKind] = [.internal, .server, .client, .producer, .consumer]

    private static let numbers: [Double] = [
        .nan, .signalingNaN, .infinity, -.infinity, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0, -0.0,
        0x1p63, 1e308, -1e308,
    ]

    private static func resource(_ text: String) -> Attributes {
        [
            text: .string(text), "service.name": .string(text), "service.namespace": .string(text),
            "service.instance.id": .string(text), "service.version": .string(text),
            "device.id": .string(text), "k8s.pod.name": .string(text),
        ]
    }

    private static func recordSpan(_ text: String, _ kind: SpanKind) throws {
        let error = HostileError(description: text)
        let span = startSpan(
            text,
            ofKind: kind,
            at: FixedInstant(nanosecondsSinceEpoch: 0),
            function: text,
            file: text,
            line: .max
        )
        for key in SemanticKey.allCases { span.attributes[key.name] = text }
        span.attributes[text] = text
        span.attributes["\(text).more"] = SpanAttribute.stringArray([text, "", text])
        span.attributes["object"] = SpanAttribute.stringConvertible(error)
        span.attributes["objects"] = SpanAttribute.stringConvertibleArray([error, error])
        span.operationName = ""
        span.operationName = text
        span.addEvent(
            SpanEvent(
                name: text,
                at: FixedInstant(nanosecondsSinceEpoch: .max),
                attributes: [text: .string(text)]
            )
        )
        span.addLink(SpanLink(context: span.context, attributes: [text: .string(text)]))
        span.addLink(SpanLink(context: .topLevel, attributes: [:]))
        span.recordError(error, attributes: [text: .string(text)])
        span.recordError(error, attributes: ["exception.type": "", "exception.message": .int32(1)])
        span.setStatus(SpanStatus(code: .error, message: text))
        span.end(at: FixedInstant(nanosecondsSinceEpoch: kind == .server ? 0 : .max))
        span.end()
        span.attributes[text] = text
        span.addEvent(SpanEvent(name: text))

        // The same keys with values that are no text at all.
        let odd = startSpan(text, ofKind: kind)
        for (number, key) in SemanticKey.allCases.enumerated() {
            odd.attributes[key.name] = Self.values[number % Self.values.count]
        }
        odd.end()
    }

    private static let values: [SpanAttribute] = [
        .int64(.min), .double(.nan), .bool(false), .stringArray([]), .int32(.max),
        .double(-.infinity), .doubleArray([.nan, 1e308]), .boolArray([true]), .int64Array([.max]),
        .int32Array([.min]), .string(""), .stringConvertibleArray([]),
    ]

    private static func recordSpansOfLibraries(_ text: String) {
        let isLong = text.utf8.count > 1_000
        let policies = [
            QueryTextPolicy.sanitized: isLong ? ["mysql"] : ["sqlite", "postgresql", text],
            .verbatim: [text], .omitted: [text],
        ]
        for (policy, systems) in policies {
            for system in systems {
                withDatabaseSpan(
                    system: system,
                    namespace: text,
                    query: text,
                    text: policy,
                    operation: text,
                    collection: text,
                    serverAddress: text,
                    serverPort: .min
                ) { _ in }
            }
        }
        withDatabaseSpan(system: text, query: text) { _ in }
        try? withHTTPClientSpan(method: text, url: text, template: text) { span in
            span.setResponseStatus(.min)
            span.setResponseStatus(.max)
            span.forEachHeader { name, value in
                #expect(Self.isFitForHeader(name) && Self.isFitForHeader(value))
            }
            throw HostileError(description: text)
        }
        withHTTPClientSpan(method: "GET", url: "http://h/\(text)?sig=\(text)#\(text)") { _ in }
    }

    // MARK: Propagation

    @Test("headers of any text are ignored, and none is sent on", arguments: HostileText.all)
    func propagation(_ hostile: HostileText) throws {
        let text = hostile.text
        let tracer = Telemetry(exporters: []).tracer

        var context = ServiceContext.topLevel
        tracer.extract(
            ["traceparent": text, "tracestate": text, "baggage": text],
            into: &context,
            using: DictionaryCarrier()
        )
        #expect(context.spanContext == nil)
        try Self.expectHarmlessHeaders(of: context, from: tracer)

        let parent = Self.parent
        for headers in [
            ["traceparent": parent, "tracestate": text],
            ["traceparent": parent, "tracestate": "a=\(text),b=1"],
            ["traceparent": parent, "tracestate": "\(text)=1", "baggage": "k=\(text);\(text)"],
            ["traceparent": parent + text, "baggage": "k=v,\(text)=\(text)"],
            ["traceparent": "01\(parent.dropFirst(2))-\(text)", "baggage": "%\(text)=%\(text)"],
        ] {
            var context = ServiceContext.topLevel
            tracer.extract(headers, into: &context, using: DictionaryCarrier())
            try Self.expectHarmlessHeaders(of: context, from: tracer)
        }
    }

    @Test("baggage of any text arrives as it was", arguments: HostileText.small)
    func baggage(_ hostile: HostileText) throws {
        let text = hostile.text
        let tracer = Telemetry(exporters: []).tracer
        var context = ServiceContext.topLevel
        context.baggage = [text: text, "k": text]
        context.baggage?[entry: "m"] = Baggage.Entry(value: text, metadata: text)
        let headers = try Self.expectHarmlessHeaders(of: context, from: tracer)
        var received = ServiceContext.topLevel
        tracer.extract(headers, into: &received, using: DictionaryCarrier())
        // What does not fit into the header is left out as a whole.
        for name in ["k", "m"] where text.utf8.count < 1_000 {
            #expect(try #require(received.baggage?[name]).utf8.elementsEqual(text.utf8))
        }
    }

    @Test("one wrong character costs the parent, whatever it is and wherever")
    func mutatedParent() {
        let tracer = Telemetry(exporters: []).tracer
        for position in Self.parent.indices {
            for character in ["", "\0", "g", "A", "-", " ", "٣", "0\u{301}", "\u{FFFD}", "00"] {
                var header = Self.parent
                header.replaceSubrange(position...position, with: character)
                var context = ServiceContext.topLevel
                tracer.extract(["traceparent": header], into: &context, using: DictionaryCarrier())
                let isIntact = header == Self.parent
                #expect((context.spanContext != nil) == isIntact, "\(header)")
            }
        }
    }

    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @discardableResult
    private static func expectHarmlessHeaders(
        of context: ServiceContext,
        from tracer: TelemetryTracer
    ) throws -> [String: String] {
        var headers: [String: String] = [:]
        tracer.inject(context, into: &headers, using: DictionaryCarrier())
        for (name, value) in headers {
            #expect(Self.isFitForHeader(name) && Self.isFitForHeader(value))
        }
        #expect(headers["traceparent"].map { $0.utf8.count == 55 } ?? true)
        #expect(headers["tracestate", default: ""].utf8.count <= 512)
        return headers
    }

    /// Whether a text neither ends a header nor begins another, and is not endless.
    private static func isFitForHeader(_ text: String) -> Bool {
        text.utf8.count <= 8_192 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 9 }
    }

    // MARK: Configuration

    @Test("variables take any text", arguments: HostileText.all)
    func variables(_ hostile: HostileText) async throws {
        for variable in hostile.text.utf8.count > 1_000 ? [] : Self.variables {
            _ = Self.configuration([variable: hostile.text])
        }
        // No system lets a megabyte into an environment.
        let text = String(hostile.text.unicodeScalars.prefix(16_384))
        var configuration = Self.configuration(
            Dictionary(uniqueKeysWithValues: Self.variables.map { ($0, text) })
        )
        // A connection string that cannot be read turns the exporter off, not the program.
        configuration.diagnosticLevel = .off
        _ = try AzureMonitor.makePipeline(configuration)
        configuration.connectionString = nil
        try await Self.expectDelivery(configuration)
    }

    @Test(
        "numeric variables take any number",
        arguments: [
            "0", "1", "-1", "9223372036854775807", "9223372036854775806", "9223372036854775808",
            "-9223372036854775808", "1e999", "nan", "0x10", "+1", "١٢", "1_000", "1.5",
        ]
    )
    func numericVariables(_ number: String) async throws {
        try await Self.expectDelivery(
            Self.configuration(
                Dictionary(uniqueKeysWithValues: Self.numericVariables.map { ($0, number) })
            )
        )
    }

    @Test("values in code take any text", arguments: HostileText.all)
    func valuesInCode(_ hostile: HostileText) async throws {
        let text = hostile.text
        var configuration = Self.configuration([:])
        configuration.serviceName = text
        configuration.serviceNamespace = text
        configuration.serviceVersion = text
        configuration.serviceInstanceID = text
        configuration.resourceAttributes = [text: .string(text)]
        configuration.diagnosticDirectory = text
        configuration.logs.levels = LogLevels(overrides: [text: .trace])
        configuration.metrics.views = [
            MetricView(instrumentName: text, name: text, attributes: .only([text]))
        ]
        configuration.shutdownTimeout = .seconds(Int64.max)
        try await Self.expectDelivery(configuration)
    }

    private static let numericVariables = [
        "OTEL_TRACES_SAMPLER_ARG", "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT",
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BSP_MAX_QUEUE_SIZE",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BLRP_EXPORT_TIMEOUT",
        "OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
        "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT",
    ]

    private static let variables =
        numericVariables + AzureResource.variables + [
            "APPLICATIONINSIGHTS_CONNECTION_STRING", "APPINSIGHTS_INSTRUMENTATIONKEY",
            "APPLICATIONINSIGHTS_SELFDIAGNOSTICS_DIRECTORY",
            "APPLICATIONINSIGHTS_SELFDIAGNOSTICS_LEVEL", "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME",
            "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER",
            "OTEL_LOGS_EXPORTER", "OTEL_TRACES_SAMPLER", "OTEL_PROPAGATORS", "HTTP_PROXY",
            "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "LC_ALL",
            "KUBERNETES_SERVICE_HOST",
        ]

    private static func configuration(
        _ variables: [String: String]
    ) -> AzureMonitor.Configuration {
        var configuration = AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: variables)
            )
        )
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        configuration.logs.console = .off
        configuration.shutdownTimeout = .seconds(3_600)
        return configuration
    }

    /// One record of each signal must arrive, in spite of the configuration.
    private static func expectDelivery(_ configuration: AzureMonitor.Configuration) async throws {
        let memory = InMemoryExporter()
        var configuration = configuration
        configuration.additionalExporters = [memory]
        let telemetry = try AzureMonitor.makePipeline(configuration)
        await telemetry.run {
            let counter = Counter(label: "counter", factory: telemetry.metricsFactory)
            counter.increment()
            let logger = Logger(label: "log", factory: { telemetry.makeLogHandler(label: $0) })
            logger.critical("said", metadata: ["key": "value"])
            let span = telemetry.tracer.startSpan("span", context: .topLevel)
            span.attributes["key"] = "value"
            span.addEvent("event")
            span.end()
            await telemetry.forceFlush(.seconds(3_600))
        }
        #expect(memory.spans.map(\.name) == ["span"])
        #expect(memory.logs.count == 1)
        #expect(memory.metrics.map(\.name) == ["counter"])
    }

    @Test(
        "connection strings are read or refused, without being repeated",
        arguments: HostileText.all
    )
    func connectionStrings(_ hostile: HostileText) {
        let text = hostile.text
        let key = "InstrumentationKey=\(SentItem.key)"
        let all = [
            text, "InstrumentationKey=\(text)", "\(key);IngestionEndpoint=\(text)",
            "\(key);IngestionEndpoint=https://\(text)",
            "\(key);IngestionEndpoint=https://h/\(text)",
            "\(key);EndpointSuffix=\(text)", "\(key);EndpointSuffix=a;Location=\(text)",
            "\(key);\(text)=\(text)", "\(key);AADAudience=\(text)", "\(key);ApplicationId=\(text)",
            "\(key);LiveEndpoint=\(text)", "\(key);Authorization=\(text)", "\(text);\(key)",
        ]
        for connectionString in hostile.isLarge ? Array(all.prefix(3)) : all {
            do {
                let parsed = try ConnectionString(connectionString)
                #expect(parsed.instrumentationKey.value == SentItem.key)
                #expect(Self.isFitForHeader(String(parsed.ingestionEndpoint.prefix(4_096))))
                #expect(Self.isFitForHeader(String(parsed.liveEndpoint.prefix(4_096))))
                #expect(parsed.ingestionEndpoint.hasPrefix("http"))
            } catch {
                #expect(error.description.utf8.count < 2_000)
            }
        }
    }

    // MARK: Other people's telemetry

    @Test("OTLP of any bytes is read or refused, and what was read can be sent")
    func otlp() throws {
        let request = Array(
            Self.otlpRequest(name: #""\ud800 \udc00\ud800\u0000\uD83D\uDE00""#).utf8
        )
        let read = try Self.expectSendable(request)
        #expect(read == 1)

        // Raw bytes that are not UTF-8 in the middle of a text.
        for bytes: [UInt8] in [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x9F], [0x80], [0xE2, 0x80, 0xA8],
        ] {
            let parts = Self.otlpRequest(name: "\"HERE\"").split(separator: "HERE")
            let request = Array(parts.map { Array($0.utf8) }.joined(separator: bytes))
            #expect(try Self.expectSendable(request) == 1)
        }

        // Every beginning of it, and every byte of it replaced.
        let small = Array(Self.otlpRequest(name: "\"n\"").utf8)
        for position in small.indices {
            _ = try Self.expectSendable(Array(small[..<position]))
            for byte in [UInt8(ascii: "\\"), UInt8(ascii: "\""), 0xFF, UInt8(ascii: "9")] {
                var request = small
                request[position] = byte
                _ = try Self.expectSendable(request)
            }
        }
    }

    @Test("OTLP of any text is read", arguments: HostileText.all)
    func otlpTexts(_ hostile: HostileText) throws {
        var writer = JSONWriter()
        writer.string(hostile.text, limit: .max)
        let quoted = String(decoding: writer.bytes, as: UTF8.self)
        #expect(
            try Self.expectSendable(
                Array(
                    Self.otlpRequest(
                        name: quoted,
                        other: hostile.text.utf8.count > 1_000 ? "\"\"" : quoted
                    ).utf8
                )
            ) == 1
        )
        // Without quotation marks it may be anything.
        _ = try Self.expectSendable(Array(hostile.text.utf8))
        if !hostile.isLarge {
            _ = try Self.expectSendable(Array(Self.otlpRequest(name: hostile.text).utf8))
        }
    }

    @Test(
        "OTLP nested without end is refused",
        arguments: ["[", "{\"a\":", "{\"resourceSpans\":[{\"resource\":"]
    )
    func nestedOTLP(_ opening: String) throws {
        let request = String(repeating: opening, count: 100_000)
        #expect(try Self.expectSendable(Array(request.utf8)) == 0)
    }

    private static func otlpRequest(name: String, other: String? = nil) -> String {
        let other = other ?? name
        return """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":\
            {"stringValue":\(name)}}]},"scopeSpans":[{"scope":{"name":\(other)},"spans":[{\
            "traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",\
            "name":\(other),"kind":2,"startTimeUnixNano":"1","endTimeUnixNano":18446744073709551615,\
            "attributes":[{"key":\(other),"value":{"kvlistValue":{"values":[{"key":\(other),\
            "value":{"stringValue":\(other)}}]}}},{"key":"b","value":{"bytesValue":"AA=="}}],\
            "events":[{"name":"exception","timeUnixNano":"1","attributes":[{"key":\
            "exception.message","value":{"stringValue":\(name)}}]}],"status":{"code":2,\
            "message":\(name)}}]}]}]}
            """
    }

    /// Reads a request and encodes what was read; returns how many records that were.
    private static func expectSendable(_ request: [UInt8]) throws -> Int {
        let decoded: OTLPExportRequest
        do {
            decoded = try OTLPJSONDecoder().decode(request)
        } catch {
            #expect(!error.message.isEmpty)
            return 0
        }
        for batch in decoded.batches { _ = try Self.expectValid(batch) }
        return decoded.batches.reduce(0) { $0 + $1.count }
    }

    // MARK: The encoder

    @Test("whatever a record holds is encoded as valid JSON")
    func records() throws {
        let resource = Resource(attributes: Attributes(Self.oddAttributes(prefix: "service.")))
        let spans = Self.odd.map { value in
            EndedSpan(
                context: SpanContext(traceID: .invalid, spanID: .invalid),
                name: "",
                startTime: Timestamp(nanosecondsSinceEpoch: .max),
                endTime: .epoch,
                attributes: Attributes(
                    Self.oddAttributes()
                        + SemanticKey.allCases.map { .init(key: $0.name, value: value) }
                ),
                droppedAttributesCount: .max,
                events: [EndedSpan.Event(name: "exception", time: .epoch, attributes: ["": value])],
                droppedEventsCount: .min,
                links: Array(
                    repeating: EndedSpan.Link(
                        context: SpanContext(traceID: .invalid, spanID: .invalid)
                    ),
                    count: 1_000
                ),
                status: .error(message: ""),
                sampleRate: .nan
            )
        }
        let logs = Self.odd.flatMap { value in
            [Int.min, -1, 0, 25, .max].map { severity in
                LogRecord(
                    time: .epoch,
                    observedTime: Timestamp(nanosecondsSinceEpoch: .max),
                    severity: LogRecord.Severity(rawValue: severity),
                    severityText: "\0",
                    body: value,
                    attributes: ["exception.message": value, "": value, "": value],
                    eventName: "",
                    traceID: .invalid,
                    spanID: .invalid,
                    sampleRate: -1
                )
            }
        }
        #expect(
            try Self.expectValid(ExportBatch(resource: resource, records: .spans(spans)))
                >= spans.count
        )
        #expect(
            try Self.expectValid(ExportBatch(resource: resource, records: .logs(logs)))
                == logs.count
        )
    }

    @Test("whatever a point holds is encoded as valid JSON, or left out")
    func points() throws {
        var points: [Metric.Content] = [.gauge([]), .histogram([], temporality: .delta)]
        for number in Self.numbers {
            points.append(
                .gauge([NumberPoint(attributes: [:], time: .epoch, value: .double(number))])
            )
            for count in [0, 1, UInt64.max] {
                let histogram = HistogramPoint(
                    attributes: ["": .double(number)],
                    time: .epoch,
                    count: count,
                    sum: number,
                    min: number,
                    max: -number,
                    bounds: [number, number],
                    bucketCounts: [count]
                )
                points.append(.histogram([histogram], temporality: .cumulative))
                let buckets = ExponentialHistogramPoint.Buckets(
                    offset: .max,
                    counts: [count, count]
                )
                let exponential = ExponentialHistogramPoint(
                    attributes: [:],
                    time: .epoch,
                    count: count,
                    sum: nil,
                    scale: .min,
                    zeroCount: count,
                    zeroThreshold: number,
                    positive: buckets,
                    negative: buckets
                )
                points.append(.exponentialHistogram([exponential], temporality: .delta))
                var other = exponential
                other.scale = .max
                other.positive.offset = .min
                points.append(.exponentialHistogram([other], temporality: .delta))
            }
        }
        let metrics = points.map { Metric(name: "", unit: "\0", content: $0) }
        let items = try Self.expectValid(
            ExportBatch(resource: Resource(), records: .metrics(metrics))
        )
        #expect(items > 0)
    }

    private static let odd: [AttributeValue] = [
        .null, .string("\0\u{FFFD}"), .bool(true), .int(.min), .double(.nan), .double(-.infinity),
        .double(1e308), .bytes([]), .bytes([0xFF, 0]), .array([]), .map([:]),
        (0..<500).reduce(.null) { value, level in
            level.isMultiple(of: 2)
                ? .array([value, value.isLeaf ? value : .null])
                : .map(["": value, "\"": .double(.nan)])
        },
    ]

    private static func oddAttributes(prefix: String = "") -> [Attributes.Element] {
        Self.odd.enumerated().map { .init(key: "\(prefix)\($0)", value: $1) }
            + ["name", "instance.id"].map { .init(key: prefix + $0, value: .bytes([0xFF])) }
    }

    /// Encodes a batch; returns how many items there are.
    private static func expectValid(_ batch: ExportBatch) throws -> Int {
        let encoder = EnvelopeEncoder(options: EnvelopeOptions(instrumentationKey: SentItem.key))
        var count = 0
        for body in encoder.encode(batch).bodies {
            let items = try SentItem.items(of: body.bytes)
            #expect(body.layout.recordCount <= items.count)
            count += items.count
        }
        return count
    }
}

extension AttributeValue {
    fileprivate var isLeaf: Bool {
        switch self {
        case .array, .map: false
        default: true
        }
    }
}

/// A moment that somebody made up.
private struct FixedInstant: TracerInstant {
    var nanosecondsSinceEpoch: UInt64

    static func < (lhs: FixedInstant, rhs: FixedInstant) -> Bool {
        lhs.nanosecondsSinceEpoch < rhs.nanosecondsSinceEpoch
    }
}

private struct DictionaryCarrier: Extractor, Injector {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }

    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
        carrier[key] = value
    }
}
