import Logging
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import TelemetryTransport
import Testing
import Tracing

@testable import AzureMonitorExporter

/// The statistics of the SDK, counted in a whole pipeline and delivered by it.
@Suite(.timeLimit(.minutes(10))) struct CustomerStatisticsTests {
    private let metrics = InMemoryExporter(name: "metrics", signals: [.metrics])
    private let transport = ScriptedTransport()

    /// Runs a pipeline with statistics; the answers are those of the service.
    private func withTelemetry(
        _ replies: [ScriptedTransport.Reply],
        sendsMetrics: Bool = false,
        _ change: (inout TelemetryConfiguration) -> Void = { _ in },
        _ body: (Telemetry) async -> Void
    ) async throws {
        for reply in replies { await self.transport.enqueue(reply) }
        let destination = try ConnectionString(
            "InstrumentationKey=00000000-0000-0000-0000-000000000001;"
                + "IngestionEndpoint=http://127.0.0.1"
        )
        let statistics = CustomerStatistics(
            interval: .seconds(900),
            destination: destination.destination,
            dropsOverQuota: true,
            environment: ["WEBSITE_SITE_NAME": "shop"],
            start: .epoch
        )
        let connection = try AzureMonitorConnection(
            connectionString: destination,
            transport: self.transport,
            environment: [:],
            statistics: statistics
        )
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        configuration.logs.console = .off
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.metricProducers = [statistics]
        change(&configuration)
        var exporters: [any TelemetryExporter] = [
            AzureMonitorTraceExporter(connection: connection),
            AzureMonitorLogExporter(connection: connection), self.metrics,
        ]
        if sendsMetrics { exporters.append(AzureMonitorMetricExporter(connection: connection)) }
        let telemetry = Telemetry(configuration: configuration, exporters: exporters)
        await telemetry.run { await body(telemetry) }
    }

    /// A request that failed, with an exception, and a call that succeeded: three items.
    private static func recordSpans(with telemetry: Telemetry) {
        let request = telemetry.tracer.startSpan("GET", context: .topLevel, ofKind: .server)
        let call = telemetry.tracer.startSpan("call", context: request.context, ofKind: .client)
        call.end()
        request.recordError(CancellationError())
        request.setStatus(SpanStatus(code: .error))
        request.end()
    }

    /// What was reported, as `name type code reason success`, with the count.
    private var reported: [String: Int64] {
        var reported: [String: Int64] = [:]
        for metric in self.metrics.metrics where metric.name.hasPrefix("Item_") {
            guard case .sum(let points, .delta, true) = metric.content else { continue }
            for point in points {
                guard case .int(let value) = point.value else { continue }
                let names = [
                    "telemetryType", "dropCode", "dropReason", "retryCode", "retryReason",
                    "telemetrySuccess",
                ]
                let values = names.compactMap { name -> String? in
                    guard case .string(let text)? = point.attributes[name] else { return nil }
                    return text
                }
                reported[([metric.name] + values).joined(separator: " "), default: 0] += value
            }
        }
        return reported
    }

    @Test func everyItemThatArrivesIsASuccessOfItsType() async throws {
        try await self.withTelemetry([]) { telemetry in
            Self.recordSpans(with: telemetry)
            Logger(label: "test") { telemetry.makeLogHandler(label: $0) }.info("said")
        }
        #expect(
            self.reported == [
                "Item_Success_Count REQUEST": 1, "Item_Success_Count DEPENDENCY": 1,
                "Item_Success_Count EXCEPTION": 1, "Item_Success_Count TRACE": 1,
            ]
        )
        let attributes = self.metrics.metrics.compactMap { metric -> Attributes? in
            guard case .sum(let points, _, _) = metric.content else { return nil }
            return points.first?.attributes
        }
        #expect(attributes.first?["language"] == "swift")
        #expect(attributes.first?["version"] == .string(PackageVersion.current))
        #expect(attributes.first?["computeType"] == "appsvc")
    }

    @Test func partlyAcceptedItemsCountOneByOneAndOnce() async throws {
        // The items: the resource's, the call's, the request's, the exception's.
        let partial = """
            {"itemsReceived":4,"itemsAccepted":2,"errors":[
            {"index":1,"statusCode":503,"message":"later"},
            {"index":2,"statusCode":400,"message":"bad"}]}
            """
        try await self.withTelemetry([.status(206, body: partial)]) { telemetry in
            Self.recordSpans(with: telemetry)
            await telemetry.forceFlush(.seconds(3_600))
        }
        #expect(
            self.reported == [
                "Item_Retry_Count DEPENDENCY 503 Service unavailable": 1,
                "Item_Dropped_Count REQUEST 400 Bad request False": 1,
                "Item_Success_Count EXCEPTION": 1, "Item_Success_Count DEPENDENCY": 1,
            ]
        )
    }

    @Test(arguments: [
        (ScriptedTransport.Reply.status(404), "404 Not found"),
        (.status(402), "402 Daily quota exceeded"), (.status(439), "439 Client error 4xx"),
    ])
    func lostItemsHaveTheStatusForAReason(
        reply: ScriptedTransport.Reply,
        reason: String
    ) async throws {
        try await self.withTelemetry([reply]) { telemetry in
            Self.recordSpans(with: telemetry)
            await telemetry.forceFlush(.seconds(3_600))
        }
        #expect(
            self.reported == [
                "Item_Dropped_Count REQUEST \(reason) False": 1,
                "Item_Dropped_Count DEPENDENCY \(reason) True": 1,
                "Item_Dropped_Count EXCEPTION \(reason)": 1,
            ]
        )
    }

    @Test(arguments: [
        (ScriptedTransport.Reply.status(500), "500 Internal server error"),
        (.failure(.timeout), "CLIENT_TIMEOUT Client timeout"),
        (.failure(.connectionRefused), "CLIENT_EXCEPTION Network exception"),
    ])
    func aTryThatFailsIsARetryAndTheNextASuccess(
        reply: ScriptedTransport.Reply,
        reason: String
    ) async throws {
        let time = ManualTime()
        try await self.withTelemetry([reply]) {
            $0.time = time.source
        } _: { telemetry in
            Logger(label: "test") { telemetry.makeLogHandler(label: $0) }.info("said")
            async let flushed = telemetry.forceFlush(.seconds(3_600))
            // The pause between two tries.
            while await self.transport.requests.count < 2 {
                time.advance(by: .milliseconds(100))
                await Task.yield()
            }
            _ = await flushed
        }
        #expect(
            self.reported == [
                "Item_Retry_Count TRACE \(reason)": 1, "Item_Success_Count TRACE": 1,
            ]
        )
    }

    @Test func whatNeverWasAnItemIsLostForTheClientsReason() async throws {
        try await self.withTelemetry([]) {
            $0.traces.batching.maximumQueueSize = 2
            $0.traces.batching.maximumBatchSize = 2
        } _: { telemetry in
            // Two spans make a batch; whatever else comes before it is taken may find no room.
            for _ in 0..<500 {
                telemetry.tracer.startSpan("call", context: .topLevel, ofKind: .client).end()
            }
        }
        let success = self.reported["Item_Success_Count DEPENDENCY"] ?? 0
        let lost = self.reported["Item_Dropped_Count UNKNOWN CLIENT_QUEUE_FULL Client queue full"]
        #expect(success + (lost ?? 0) == 500)
        #expect(success > 0)
    }

    @Test func theStatisticsAreNoNewsForThemselves() async throws {
        try await self.withTelemetry([], sendsMetrics: true) { telemetry in
            Logger(label: "test") { telemetry.makeLogHandler(label: $0) }.info("said")
            await telemetry.forceFlush(.seconds(3_600))
        }
        #expect(self.reported == ["Item_Success_Count TRACE": 1])
        let requests = await self.transport.requests.count
        #expect(requests == 2)
    }

    @Test func theyAreReportedEveryInterval() async throws {
        let time = ManualTime()
        try await self.withTelemetry([]) {
            $0.time = time.source
        } _: { telemetry in
            Logger(label: "test") { telemetry.makeLogHandler(label: $0) }.info("said")
            await telemetry.forceFlush(.seconds(3_600))
            #expect(self.reported.isEmpty)
            while self.reported.isEmpty {
                time.advance(by: .seconds(900))
                await Task.yield()
            }
            #expect(self.reported == ["Item_Success_Count TRACE": 1])
        }
    }

    @Test func itemsAreKnownByTheirEnvelopes() {
        func item(_ text: String) -> CountedItem { CountedItem(Array(text.utf8)[...]) }
        let head = #"{"name":"n","tags":{},"data":{"baseType":"#
        #expect(item(head + #""MessageData","baseData":{}}}"#).kind == .message)
        #expect(item(head + #""EventData","baseData":{}}}"#).kind == .event)
        #expect(item(head + #""AvailabilityData","baseData":{}}}"#).kind == .availability)
        #expect(item(head + #""Surprise","baseData":{}}}"#).kind == .unknown)
        #expect(item("{}").kind == .unknown)
        let request = item(
            head + #""RequestData","baseData":{"name":"\"success\":true","success":false}}}"#
        )
        #expect(request.kind == .request)
        #expect(request.isSuccess == false)
        #expect(item(head + #""RequestData","baseData":{}}}"#).isSuccess == nil)
    }
}
