import AzureMonitor
import Configuration
import Logging
import Synchronization
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

/// What is tracked, from the call to the envelope.
@Suite("Custom telemetry", .timeLimit(.minutes(10)))
struct CustomTelemetryTests {
    private static let noon = Timestamp(nanosecondsSinceEpoch: 1_767_268_800_250_000_000)

    private struct OutOfPaper: Error, CustomStringConvertible {
        var description: String { "There is no paper left." }
    }

    private func only(_ items: [SentItem]) throws -> SentItem {
        #expect(items.count == 1)
        return try #require(items.first)
    }

    // MARK: Each of the three

    @Test("an event has its name, properties and measurements, and nothing of a logger")
    func event() async throws {
        let item = try self.only(
            try await DistributionPipeline().run { monitor in
                monitor.trackEvent(
                    "order placed",
                    properties: ["payment": "invoice", "country": "DE"],
                    measurements: ["items": 3, "total": 12.5],
                    at: Self.noon
                )
            }
        )
        #expect(item.name == "Microsoft.ApplicationInsights.Event")
        #expect(item.baseType == "EventData")
        #expect(item.time == "2026-01-01T12:00:00.250000Z")
        #expect(item.data["name"] as? String == "order placed")
        #expect(item.properties == ["payment": "invoice", "country": "DE"])
        #expect(item.measurements == ["items": 3, "total": 12.5])
        #expect(Set(item.data.keys) == ["ver", "name", "properties", "measurements"])
        #expect(item.tags["ai.cloud.role"] == "shop")
        #expect(item.tags["ai.operation.id"] == nil)
        #expect(item.tags["ai.operation.parentId"] == nil)
    }

    @Test("an availability result has all that was said, and a random id if none was")
    func availability() async throws {
        let items = try await DistributionPipeline().run { monitor in
            monitor.trackAvailability(
                "shop answers",
                duration: .milliseconds(1_235),
                success: true,
                runLocation: "westeurope",
                message: "200 OK",
                id: "run 7",
                properties: ["probe": "http"],
                measurements: ["tries": 2],
                at: Self.noon
            )
            monitor.trackAvailability("shop answers", duration: .zero, success: false)
            monitor.trackAvailability("shop answers", duration: .zero, success: false)
        }
        #expect(
            items.map(\.baseType) == ["AvailabilityData", "AvailabilityData", "AvailabilityData"]
        )
        let item = try #require(items.first)
        #expect(item.name == "Microsoft.ApplicationInsights.Availability")
        #expect(item.time == "2026-01-01T12:00:00.250000Z")
        #expect(item.data["id"] as? String == "run 7")
        #expect(item.data["name"] as? String == "shop answers")
        #expect(item.data["duration"] as? String == "0.00:00:01.235")
        #expect(item.data["success"] as? Bool == true)
        #expect(item.data["runLocation"] as? String == "westeurope")
        #expect(item.data["message"] as? String == "200 OK")
        #expect(item.properties == ["probe": "http"])
        #expect(item.measurements == ["tries": 2])
        let ids = items.dropFirst().compactMap { $0.data["id"] as? String }
        #expect(ids.allSatisfy { $0.utf8.count == 32 })
        #expect(Set(ids).count == 2)
        #expect(items.last?.data["success"] as? Bool == false)
        #expect(items.last?.data["runLocation"] == nil)
        #expect(items.last?.data["message"] as? String == "")
    }

    @Test(
        "a duration is what the service can read",
        arguments: [
            (Duration.seconds(-5), "0.00:00:00.000"), (.microseconds(499), "0.00:00:00.000"),
            (.microseconds(500), "0.00:00:00.001"), (.seconds(59), "0.00:00:59.000"),
            (.seconds(86_400 + 3_661), "1.01:01:01.000"),
            (.seconds(1_000 * 86_400), "999.23:59:59.999"),
            (.seconds(Int64.max), "999.23:59:59.999"), (.seconds(Int64.min), "0.00:00:00.000"),
        ]
    )
    func duration(_ duration: Duration, _ text: String) async throws {
        let item = try self.only(
            try await DistributionPipeline().run {
                $0.trackAvailability("x", duration: duration, success: true)
            }
        )
        #expect(item.data["duration"] as? String == text)
    }

    @Test("an exception has the error's type, text and place")
    func exception() async throws {
        let line = UInt(#line) + 4
        let item = try self.only(
            try await DistributionPipeline().run { monitor in
                monitor.trackException(
                    OutOfPaper(),
                    level: .critical,
                    properties: ["printer": "3"],
                    measurements: ["pages": 12],
                    at: Self.noon,
                    line: line
                )
            }
        )
        #expect(item.name == "Microsoft.ApplicationInsights.Exception")
        #expect(item.time == "2026-01-01T12:00:00.250000Z")
        let exceptions = try #require(item.data["exceptions"] as? [[String: Any]])
        let exception = try #require(exceptions.first)
        #expect(exceptions.count == 1)
        #expect(
            exception["typeName"] as? String
                == "AzureMonitorTests.CustomTelemetryTests.OutOfPaper"
        )
        #expect(exception["message"] as? String == "There is no paper left.")
        #expect(exception["hasFullStack"] as? Bool == false)
        #expect(item.data["severityLevel"] as? Int == 4)
        #expect(
            item.properties == [
                "printer": "3", "code.file.path": "AzureMonitorTests/CustomTelemetryTests.swift",
                "code.function.name": "exception()", "code.line.number": "\(line)",
            ]
        )
        #expect(item.measurements == ["pages": 12])
    }

    @Test(
        "an exception is an error unless it is said to be something else",
        arguments: [(nil, 3), (Logger.Level.notice, 1), (.warning, 2), (.trace, 0)]
            as [(Logger.Level?, Int)]
    )
    func severity(_ level: Logger.Level?, _ number: Int) async throws {
        let item = try self.only(
            try await DistributionPipeline().run { monitor in
                if let level {
                    monitor.trackException(OutOfPaper(), level: level)
                } else {
                    monitor.trackException(OutOfPaper())
                }
            }
        )
        #expect(item.data["severityLevel"] as? Int == number)
    }

    // MARK: Correlation

    @Test("what is tracked belongs to the current span, and to the request around it")
    func currentSpan() async throws {
        let items = try await DistributionPipeline().run { monitor in
            withTracer(monitor.tracer) {
                withSpan("GET /orders", ofKind: .server) { request in
                    request.attributes["enduser.id"] = "ada"
                    withSpan("print") { _ in
                        monitor.trackEvent("printed")
                        monitor.trackAvailability("printer", duration: .zero, success: true)
                        monitor.trackException(OutOfPaper())
                    }
                }
            }
        }
        let request = try #require(items.first { $0.baseType == "RequestData" })
        let span = try #require(items.first { $0.baseType == "RemoteDependencyData" })
        for kind in ["EventData", "AvailabilityData", "ExceptionData"] {
            let item = try #require(items.first { $0.baseType == kind })
            #expect(item.tags["ai.operation.id"] == request.tags["ai.operation.id"])
            #expect(item.tags["ai.operation.parentId"] == span.data["id"] as? String)
            #expect(item.tags["ai.operation.name"] == "GET /orders")
            #expect(item.tags["ai.user.authUserId"] == "ada")
        }
    }

    @Test("a context that is named goes before the current one")
    func namedContext() async throws {
        let parent = SpanContext(
            traceID: TraceID(high: 1, low: 2),
            spanID: SpanID(rawValue: 3),
            traceFlags: .sampled
        )
        let items = try await DistributionPipeline().run { monitor in
            var context = ServiceContext.topLevel
            context.setRemoteParent(parent)
            let named = context
            withTracer(monitor.tracer) {
                withSpan("current") { _ in
                    monitor.trackEvent("inside", context: named)
                    monitor.trackEvent("outside", context: .topLevel)
                }
            }
        }
        let events = items.filter { $0.baseType == "EventData" }
        #expect(events.map { $0.data["name"] as? String } == ["inside", "outside"])
        #expect(events.first?.tags["ai.operation.id"] == parent.traceID.description)
        #expect(events.first?.tags["ai.operation.parentId"] == parent.spanID.description)
        #expect(events.last?.tags["ai.operation.id"] == nil)
    }

    @Test("without a time it is now")
    func now() async throws {
        let pipeline = try DistributionPipeline()
        let before = TimeSource.system.wallNow()
        _ = try await pipeline.run { $0.trackEvent("x") }
        let time = try #require(pipeline.memory.logs.first).time
        #expect(time >= before)
        #expect(time <= TimeSource.system.wallNow())
    }

    // MARK: What must not matter

    @Test("no level turns away what is tracked")
    func levels() async throws {
        let pipeline = try DistributionPipeline {
            $0.logs.levels = LogLevels(default: .critical, overrides: ["AzureMonitor": .critical])
        }
        let items = try await pipeline.run { monitor in
            let logger = Logger(label: "shop", factory: { monitor.makeLogHandler(label: $0) })
            logger.error("turned away")
            monitor.trackEvent("event")
            monitor.trackAvailability("test", duration: .zero, success: true)
            monitor.trackException(OutOfPaper(), level: .trace)
        }
        #expect(items.map(\.baseType) == ["EventData", "AvailabilityData", "ExceptionData"])
    }

    @Test("properties may have any name, and make nothing else of what was tracked")
    func names() async throws {
        let properties = [
            "exception.type": "a", "exception.message": "b", "microsoft.custom_event.name": "c",
            "microsoft.availability.id": "d", "microsoft.availability.name": "e",
            "microsoft.availability.duration": "f", "microsoft.availability.success": "g",
            "logger_name": "h", "severity_text": "i", "code.file.path": "j",
        ]
        let items = try await DistributionPipeline().run { monitor in
            monitor.trackEvent("event", properties: properties)
            monitor.trackAvailability(
                "test",
                duration: .zero,
                success: true,
                id: "run",
                properties: properties
            )
            monitor.trackException(OutOfPaper(), properties: properties)
        }
        #expect(items.map(\.baseType) == ["EventData", "AvailabilityData", "ExceptionData"])
        #expect(items[0].data["name"] as? String == "event")
        #expect(
            items[0].properties == properties.filter { $0.key != "microsoft.custom_event.name" }
        )
        #expect(items[1].data["name"] as? String == "test")
        #expect(items[1].data["id"] as? String == "run")
        #expect(items[1].data["success"] as? Bool == true)
        #expect(items[1].properties["microsoft.custom_event.name"] == "c")
        #expect(items[1].properties["exception.type"] == "a")
        // As for a logger's error: who names the type knows better.
        let exception = (items[2].data["exceptions"] as? [[String: Any]])?.first
        #expect(exception?["typeName"] as? String == "a")
        #expect(exception?["message"] as? String == "b")
        #expect(items[2].properties["code.file.path"] == "j")
    }

    @Test("limits cost properties, never what makes it what it is")
    func limits() async throws {
        let pipeline = try DistributionPipeline {
            $0.logs.limits.attributeCount = 0
            $0.logs.limits.attributeValueLength = 1
        }
        let items = try await pipeline.run { monitor in
            let (properties, measurements) = (["a": "1", "b": "2"], ["m": 1.0])
            monitor.trackEvent("event", properties: properties, measurements: measurements)
            monitor.trackAvailability(
                "test",
                duration: .seconds(1),
                success: true,
                properties: properties,
                measurements: measurements
            )
            monitor.trackException(
                OutOfPaper(),
                properties: properties,
                measurements: measurements
            )
        }
        #expect(items.map(\.baseType) == ["EventData", "AvailabilityData", "ExceptionData"])
        #expect(items.allSatisfy { $0.properties.isEmpty && $0.measurements == ["m": 1] })
        #expect(items[0].data["name"] as? String == "event")
        #expect(items[1].data["duration"] as? String == "0.00:00:01.000")
        #expect(items[1].data["success"] as? Bool == true)
        #expect(pipeline.memory.logs.map(\.droppedAttributesCount) == [2, 2, 5])
    }

    @Test("measurements that are no finite numbers are left out")
    func measurements() async throws {
        let item = try self.only(
            try await DistributionPipeline().run { monitor in
                monitor.trackEvent(
                    "x",
                    measurements: [
                        "good": -0.5, "nan": .nan, "infinite": .infinity, "": 1,
                        String(repeating: "k", count: 200): 2,
                    ]
                )
            }
        )
        #expect(item.measurements == ["good": -0.5, String(repeating: "k", count: 150): 2])
    }

    @Test("without a name it is a message that keeps what was said")
    func emptyName() async throws {
        let items = try await DistributionPipeline().run { monitor in
            monitor.trackEvent("", properties: ["a": "1"])
            monitor.trackAvailability("", duration: .zero, success: true, message: "up")
        }
        #expect(items.map(\.baseType) == ["MessageData", "MessageData"])
        #expect(items[0].properties["a"] == "1")
        #expect(items[1].data["message"] as? String == "up")
        #expect(items[1].properties["microsoft.availability.success"] == "true")
    }

    @Test("processors see what is tracked, and may change and drop it")
    func processors() async throws {
        struct Masking: LogRecordProcessor {
            func onEnd(_ record: inout LogRecord) -> ProcessorVerdict {
                record.attributes["card"] = "***"
                return record.body == "secret" ? .drop : .keep
            }
        }
        let pipeline = try DistributionPipeline { $0.logs.processors = [Masking()] }
        let item = try self.only(
            try await pipeline.run { monitor in
                monitor.trackEvent("paid", properties: ["card": "4111"])
                monitor.trackEvent("secret")
            }
        )
        #expect(item.properties == ["card": "***"])
        #expect(await pipeline.telemetry.health.filtered == 1)
    }

    @Test("an error that describes itself slowly does so elsewhere")
    func lateDescription() async throws {
        final class Watched: Error, CustomStringConvertible {
            let described = Atomic(0)
            var description: String {
                self.described.add(1, ordering: .relaxed)
                return "seen"
            }
        }
        let error = Watched()
        let pipeline = try DistributionPipeline()
        // Nothing runs yet.
        pipeline.telemetry.trackException(error)
        #expect(error.described.load(ordering: .relaxed) == 0)
        _ = try await pipeline.run { _ in }
        #expect(pipeline.memory.logs.first?.attributes["exception.message"] == "seen")
    }

    @Test("the engine's own work tracks nothing")
    func engineWork() async throws {
        let items = try await DistributionPipeline().run { monitor in
            EngineWork.$isActive.withValue(true) { monitor.trackEvent("inside") }
        }
        #expect(items.isEmpty)
    }

    @Test("whatever the texts are, valid items come out", arguments: HostileText.small)
    func hostile(_ hostile: HostileText) async throws {
        struct Hostile: Error, CustomStringConvertible { var description: String }
        let text = hostile.text
        let long = String(repeating: "😀", count: 40_000) + text
        let items = try await DistributionPipeline().run { monitor in
            for text in [text, long] {
                let (properties, measurements) = ([text: text], [text: 1.0])
                monitor.trackEvent(text, properties: properties, measurements: measurements)
                monitor.trackAvailability(
                    text,
                    duration: .zero,
                    success: true,
                    runLocation: text,
                    message: text,
                    id: text,
                    properties: properties,
                    measurements: measurements
                )
                monitor.trackException(
                    Hostile(description: text),
                    properties: properties,
                    measurements: measurements,
                    file: text,
                    function: text,
                    line: .max
                )
            }
        }
        #expect(items.count == 6)
        // Large items travel alone, and arrive in any order.
        let counts = Dictionary(grouping: items, by: \.baseType).mapValues(\.count)
        let named = ["EventData": 2, "AvailabilityData": 2, "ExceptionData": 2]
        let halfNamed = [
            "EventData": 1, "AvailabilityData": 1, "ExceptionData": 2, "MessageData": 2,
        ]
        #expect(counts == (text.isEmpty ? halfNamed : named))
        let events = items.filter { $0.baseType == "EventData" }
        #expect(events.contains { ($0.data["name"] as? String)?.utf16.count == 512 })
        let results = items.filter { $0.baseType == "AvailabilityData" }
        #expect(results.contains { ($0.data["id"] as? String)?.utf16.count == 512 })
    }

    @Test("where nothing goes anywhere, tracking does no harm")
    func nowhere() async throws {
        var configuration = AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: [:])
            )
        )
        configuration.diagnosticLevel = .off
        let health = try await AzureMonitor.withTelemetry(configuration) { monitor in
            for _ in 0..<10_000 { monitor.trackEvent("x", measurements: ["a": 1]) }
            return await monitor.forceFlush(.seconds(3_600))
        }
        #expect(health.total.accepted == 0)
    }
}
