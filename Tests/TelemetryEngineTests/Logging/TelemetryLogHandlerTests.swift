import Instrumentation
import Logging
import TelemetryModel
import Testing

@testable import TelemetryEngine

@Suite("Log handler", .timeLimit(.minutes(10)))
struct TelemetryLogHandlerTests {
    private let channel = RecordChannel<PendingLogRecord>(configuration: ChannelConfiguration())

    private func pipeline(
        _ levels: LogLevels = LogLevels()
    ) -> LogPipeline {
        LogPipeline(
            channel: self.channel,
            levels: levels,
            tee: nil,
            time: SteppedTime().source
        )
    }

    private func logger(_ label: String = "test", _ pipeline: LogPipeline? = nil) -> Logger {
        Logger(label: label) { label in
            TelemetryLogHandler(label: label, pipeline: pipeline ?? self.pipeline())
        }
    }

    private func records(limits: LogLimits = LogLimits()) async -> [LogRecord] {
        self.channel.seal()
        var records: [LogRecord] = []
        for await chunk in self.channel.chunks {
            records += chunk.records.map { $0.makeLogRecord(limits: limits) }
        }
        return records
    }

    private enum Failure: Error { case broken(Int) }

    @Test("Level, metadata and provider of a logger are its own")
    func valueSemantics() {
        var first = self.logger()
        first.logLevel = .debug
        first[metadataKey: "only-on"] = "first"
        var second = first
        second.logLevel = .error
        second[metadataKey: "only-on"] = "second"
        #expect(first.logLevel == .debug)
        #expect(second.logLevel == .error)
        #expect(first[metadataKey: "only-on"] == "first")
        #expect(second[metadataKey: "only-on"] == "second")
    }

    @Test("A record has time, level, message, label and place")
    func plain() async throws {
        self.logger("com.example.shop").notice("hello", file: "Shop/Cart.swift", line: 7)
        let record = try #require(await self.records().first)
        #expect(record.time == Timestamp(nanosecondsSinceEpoch: 1_700_000_000_000_000_000))
        #expect(record.severity == .notice)
        #expect(record.severityText == "notice")
        #expect(record.body == "hello")
        #expect(record.scope == InstrumentationScope(name: "com.example.shop"))
        #expect(record.attributes["code.file.path"] == "Shop/Cart.swift")
        #expect(record.attributes["code.function.name"] == "plain()")
        #expect(record.attributes["code.line.number"] == 7)
        #expect(record.attributes["swift_log.source"] == "Shop")
        #expect(record.attributes.count == 4)
        #expect(record.traceID == nil)
        #expect(record.droppedAttributesCount == 0)
    }

    @Test("swift-log's levels are OpenTelemetry's numbers")
    func severities() async {
        var logger = self.logger()
        logger.logLevel = .trace
        for level in Logger.Level.allCases { logger.log(level: level, "x") }
        let records = await self.records()
        #expect(records.map(\.severity.rawValue) == [1, 5, 9, 10, 13, 17, 21])
        #expect(
            records.map(\.severityText)
                == ["trace", "debug", "info", "notice", "warning", "error", "critical"]
        )
    }

    @Test("The statement's metadata goes over the provider's, and that over the logger's")
    func merging() async throws {
        let handler = TelemetryLogHandler(
            label: "x",
            pipeline: self.pipeline(),
            metadataProvider: Logger.MetadataProvider { ["b": "provider", "c": "provider"] }
        )
        var logger = Logger(label: "x") { _ in handler }
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger.info("x", metadata: ["c": "statement", "d": "statement"])
        let attributes = try #require(await self.records().first).attributes
        #expect(attributes["a"] == "logger")
        #expect(attributes["b"] == "provider")
        #expect(attributes["c"] == "statement")
        #expect(attributes["d"] == "statement")
        #expect(attributes.suffix(4).map(\.key) == ["a", "b", "c", "d"])
    }

    @Test("The provider is asked where somebody logs")
    func providerOnCallersPath() async throws {
        let pipeline = self.pipeline()
        let logger = Logger(label: "x") { label in
            TelemetryLogHandler(
                label: label,
                pipeline: pipeline,
                metadataProvider: Logger.MetadataProvider { ["request": "\(RequestID.current)"] }
            )
        }
        RequestID.$current.withValue(42) { logger.info("inside") }
        #expect(try #require(await self.records().first).attributes["request"] == "42")
    }

    @Test("Metadata keeps its types and its nesting")
    func types() async throws {
        self.logger().info(
            "x",
            metadata: [
                "array": ["one", .stringConvertible(2), ["three"]],
                "bool": .stringConvertible(true),
                "double": .stringConvertible(0.5),
                "float": .stringConvertible(Float(0.25)),
                "int": .stringConvertible(-3),
                "large": .stringConvertible(UInt64.max),
                "map": ["b": "2", "a": ["c": .stringConvertible(1 as UInt8)]],
                "other": .stringConvertible(LogRecord.Severity.info.rawValue...10),
                "text": "é\u{0}",
            ]
        )
        let attributes = try #require(await self.records().first).attributes
        #expect(attributes["array"] == ["one", 2, ["three"]])
        #expect(attributes["bool"] == true)
        #expect(attributes["double"] == 0.5)
        #expect(attributes["float"] == 0.25)
        #expect(attributes["int"] == -3)
        #expect(attributes["large"] == "18446744073709551615")
        #expect(attributes["map"] == .map(["a": .map(["c": 1]), "b": "2"]))
        #expect(attributes["other"] == "9...10")
        #expect(attributes["text"] == "é\u{0}")
    }

    @Test("An error is an exception with its type and text")
    func error() async throws {
        self.logger().error("x", error: Failure.broken(5))
        let attributes = try #require(await self.records().first).attributes
        #expect(
            attributes["exception.type"] == "TelemetryEngineTests.TelemetryLogHandlerTests.Failure"
        )
        #expect(attributes["exception.message"] == "broken(5)")
    }

    @Test("A generic error keeps its parameters")
    func genericError() {
        struct Wrapped<Value>: Error {}
        let name = ErrorTypeName.name(of: Wrapped<(Int, Failure)>())
        #expect(!name.contains("unknown context"))
        #expect(name.contains("Wrapped<(Swift.Int, "))
    }

    @Test("What the user says about a place goes over what is known")
    func reservedKeys() async throws {
        self.logger().info("x", metadata: ["code.line.number": "mine", "swift_log.source": "mine"])
        let attributes = try #require(await self.records().first).attributes
        #expect(attributes["code.line.number"] == "mine")
        #expect(attributes["swift_log.source"] == "mine")
        #expect(attributes.count == 4)
    }

    @Test("A source that somebody names is kept")
    func source() async throws {
        self.logger().info("x", source: "Elsewhere")
        #expect(
            try #require(await self.records().first).attributes["swift_log.source"] == "Elsewhere"
        )
    }

    @Test("The current span goes with the record")
    func span() async throws {
        let parent = SpanContext(
            traceID: TraceID(high: 1, low: 2),
            spanID: SpanID(rawValue: 3),
            traceFlags: .sampled
        )
        var context = ServiceContext.topLevel
        context.setRemoteParent(parent)
        ServiceContext.withValue(context) { self.logger().info("x") }
        let record = try #require(await self.records().first)
        #expect(record.traceID == parent.traceID)
        #expect(record.spanID == parent.spanID)
        #expect(record.traceFlags == .sampled)
    }

    @Test(
        "Limits cost metadata, are counted, and cut text",
        arguments: [
            (128, 0, 14), (10, 4, 10), (4, 10, 4), (2, 12, 2), (0, 14, 0), (-1, 14, 0),
        ]
    )
    func limits(count: Int, dropped: Int, kept: Int) async throws {
        let metadata = (0..<10).map { ("key\($0)", Logger.MetadataValue.string("ééééé")) }
        self.logger().info("unlimited", metadata: Logger.Metadata(uniqueKeysWithValues: metadata))
        var limits = LogLimits()
        limits.attributeCount = count
        limits.attributeValueLength = 3
        let record = try #require(await self.records(limits: limits).first)
        #expect(record.attributes.count == kept)
        #expect(record.droppedAttributesCount == dropped)
        #expect(record.body == "unlimited")
        if kept > 4 { #expect(record.attributes["key0"] == "ééé") }
    }

    @Test("Metadata comes sorted by key, however much there is", arguments: [1, 2, 3, 8, 9, 100])
    func order(count: Int) async throws {
        let numbers = (0..<count).map { ($0 * 7_919) % 1_009 }
        let keys = numbers.map { "key \($0)" } + ["a key longer than any of ours"]
        let metadata = keys.map { ($0, Logger.MetadataValue.string("of \($0)")) }
        self.logger().info("x", metadata: Logger.Metadata(uniqueKeysWithValues: metadata))
        let attributes = try #require(await self.records().first).attributes
        #expect(
            attributes.prefix(4).map(\.key) == [
                "code.file.path", "code.function.name", "code.line.number", "swift_log.source",
            ]
        )
        #expect(attributes.dropFirst(4).map(\.key) == keys.sorted())
        #expect(attributes.dropFirst(4).allSatisfy { $0.value == .string("of \($0.key)") })
    }

    @Test(
        "Levels are those of the longest label that holds",
        arguments: [
            ("com.example", Logger.Level.debug), ("com.example.http", .trace),
            ("com.example.http.client", .trace), ("com.example-x", .debug),
            ("com.examples", .warning),
            ("com", .warning), ("", .warning), ("Hummingbird", .error),
            ("HummingbirdCore", .warning),
            ("com.example.", .debug), ("e\u{301}", .warning),
        ]
    )
    func levels(label: String, level: Logger.Level) {
        let levels = LogLevels(
            default: .warning,
            overrides: [
                "com.example": .debug, "com.example.http": .trace, "Hummingbird": .error,
                "": .critical, "e": .critical,
            ]
        )
        let expected = label.isEmpty ? .critical : level
        #expect(levels.level(for: label) == expected)
        #expect(self.logger(label, self.pipeline(levels)).logLevel == expected)
    }

    @Test("The engine's own lines never enter the pipeline")
    func engineWork() async {
        let logger = self.logger()
        logger.info("before")
        await EngineWork.$isActive.withValue(true) {
            logger.critical("inside")
            await withTaskGroup(of: Void.self) { group in
                group.addTask { logger.critical("in a child") }
            }
        }
        logger.info("after")
        #expect(await self.records().map(\.body) == ["before", "after"])
        #expect(self.channel.counts.offered == 2)
    }

    @Test("The console shows a record on one line, the engine's own as well")
    func console() async {
        await self.withLines { output, lines in
            let pipeline = LogPipeline(
                channel: self.channel,
                levels: LogLevels(),
                tee: ConsoleLogTee(output: output),
                time: SteppedTime().source
            )
            var logger = self.logger("shop", pipeline)
            logger[metadataKey: "b"] = ["x", ["k": "v"]]
            logger.info("sold\n\u{1b}[2J", metadata: ["a": "1\r"])
            EngineWork.$isActive.withValue(true) {
                logger.error("no route", error: Failure.broken(1))
            }
            #expect(
                lines() == [
                    "22:13:20.000 info shop: sold\\n\\u{1b}[2J a=1\\r b=[x, [k: v]]",
                    "22:13:20.000 error shop: no route error=broken(1) b=[x, [k: v]]",
                ]
            )
        }
        #expect(await self.records().count == 1)
    }

    @Test("The console is on when told, or when it is a terminal and nobody said no")
    func consoleOption() {
        for isTerminal in [true, false] {
            #expect(ConsoleOutput.on.isOn(onTerminal: isTerminal))
            #expect(!ConsoleOutput.off.isOn(onTerminal: isTerminal))
            #expect(ConsoleOutput.automatic.isOn(onTerminal: isTerminal) == isTerminal)
        }
    }

    @Test("Text and metadata of any kind do no harm")
    func hostile() async throws {
        let strings = [
            "", String(repeating: "x", count: 1 << 20), "\u{0}\u{1b}\u{7f}\u{202e}",
            String(decoding: [0xed, 0xa0, 0x80, 0xff], as: UTF8.self),
        ]
        for text in strings {
            var logger = self.logger(text)
            logger[metadataKey: text] = .string(text)
            logger.critical(
                "\(text)",
                metadata: [text: [text: .array([.string(text)])]],
                source: text,
                file: text,
                function: text,
                line: .max
            )
        }
        var deep = Logger.MetadataValue.string("end")
        for _ in 0..<1_000 { deep = .array([.dictionary(["x": deep])]) }
        self.logger().info("deep", metadata: ["deep": deep])
        let records = await self.records()
        #expect(records.count == 5)
        #expect(records.prefix(4).map(\.body) == strings.map { .string($0) })
        #expect(records[3].attributes["code.line.number"] == .int(.max))
    }

    @Test("What a record is charged grows with what it holds")
    func charge() {
        func record(
            _ metadata: Logger.Metadata,
            _ tracked: TrackedTelemetry? = nil
        ) -> PendingLogRecord {
            PendingLogRecord(
                time: .epoch,
                event: LogEvent(
                    level: .info,
                    message: "x",
                    metadata: metadata,
                    source: nil,
                    file: "f",
                    function: "f",
                    line: 1
                ),
                label: "x",
                tracked: tracked
            )
        }
        let text = String(repeating: "x", count: 10_000)
        #expect(record(["k": .string(text)]).measuredCharge() > 10_000)
        #expect(record(["k": ["k": [.string(text)]]]).measuredCharge() > 10_000)
        #expect(record([:]).measuredCharge() < 500)
        #expect(record(["a": "", "b": ""]).estimatedCharge > record([:]).estimatedCharge)
        let tracked = TrackedTelemetry(
            .event,
            attributes: ["k": .map(["k": .string(text)]), "l": .string(text)]
        )
        #expect(record([:], tracked).measuredCharge() > 20_000)
        #expect(record([:], tracked).estimatedCharge > 20_000)
    }

    private func withLines(
        _ body: (DiagnosticOutput, () -> [String]) async -> Void
    ) async {
        final class Lines: Sendable {
            let state = Locked([String]())
        }
        let lines = Lines()
        let output = DiagnosticOutput { line in lines.state.withLock { $0.append(line) } }
        await body(output) { lines.state.withLock { $0 } }
    }
}

private enum RequestID {
    @TaskLocal static var current = 0
}
