import CoreMetrics
import Logging
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

/// The pipeline's own metrics, delivered by the pipeline itself.
@Suite(.timeLimit(.minutes(10)))
struct PipelineMetricsTests {
    private let metrics = InMemoryExporter(name: "metrics", signals: [.metrics])

    private func telemetry(
        _ exporter: InMemoryExporter,
        _ change: (inout TelemetryConfiguration) -> Void = { _ in }
    ) -> Telemetry {
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        configuration.logs.console = .off
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.metrics.exportInterval = .seconds(3_600)
        configuration.metrics.measuresPipeline = true
        change(&configuration)
        return Telemetry(configuration: configuration, exporters: [exporter, self.metrics])
    }

    /// What was reported of one series: the sum of a count, the last of a level.
    private func reported(_ name: String, _ attributes: [String: String] = [:]) -> Int64? {
        var result: Int64?
        for metric in self.metrics.metrics where metric.name == name {
            guard case .sum(let points, _, let isMonotonic) = metric.content else { continue }
            for point in points {
                guard case .int(let value) = point.value,
                    attributes.allSatisfy({ point.attributes[$0.key] == .string($0.value) }),
                    attributes["error.type"] != nil || point.attributes["error.type"] == nil
                else { continue }
                result = isMonotonic ? (result ?? 0) + value : value
            }
        }
        return result
    }

    private static func recordSpans(_ count: Int, with telemetry: Telemetry) {
        for _ in 0..<count {
            telemetry.tracer.startSpan("work", context: .topLevel).end()
        }
    }

    @Test func nothingIsReportedUnlessAskedFor() async {
        let telemetry = self.telemetry(InMemoryExporter()) { $0.metrics.measuresPipeline = false }
        await telemetry.run { Self.recordSpans(3, with: telemetry) }
        #expect(self.metrics.metrics.isEmpty)
    }

    @Test func everythingThatWasExportedIsReported() async {
        let exporter = InMemoryExporter(name: "memory", signals: [.traces, .logs])
        let telemetry = self.telemetry(exporter)
        await telemetry.run {
            Self.recordSpans(3, with: telemetry)
            let logger = Logger(label: "test") { telemetry.makeLogHandler(label: $0) }
            for _ in 0..<2 { logger.info("said") }
            Counter(label: "jobs", factory: telemetry.metricsFactory).increment()
            await telemetry.forceFlush(.seconds(3_600))
        }
        #expect(self.reported("otel.sdk.span.started") == 3)
        #expect(self.reported("otel.sdk.span.live") == 0)
        #expect(self.reported("otel.sdk.log.created") == 2)
        #expect(self.reported("otel.sdk.processor.span.processed") == 3)
        #expect(self.reported("otel.sdk.processor.span.queue.size") == 0)
        #expect(self.reported("otel.sdk.processor.span.queue.capacity") == 8_192)
        #expect(self.reported("otel.sdk.processor.log.processed") == 2)
        let spans = [
            "otel.component.type": "memory_span_exporter",
            "otel.component.name": "memory_span_exporter/0",
        ]
        #expect(self.reported("otel.sdk.exporter.span.exported", spans) == 3)
        #expect(self.reported("otel.sdk.exporter.span.inflight", spans) == 0)
        #expect(self.reported("otel.sdk.exporter.log.exported") == 2)
        // The counter's point alone: the reports do not count in themselves.
        #expect(self.reported("otel.sdk.exporter.metric_data_point.exported") == 1)
        #expect(self.metrics.metrics.contains { $0.name == "otel.sdk.exporter.operation.duration" })
        #expect(
            self.metrics.metrics.allSatisfy {
                $0.scope.name == "swift-azure-monitor.pipeline" || $0.name == "jobs"
            }
        )
    }

    @Test func whoHasNothingToDoFallsSilent() async {
        let telemetry = self.telemetry(InMemoryExporter(name: "memory", signals: [.traces]))
        await telemetry.run {
            Self.recordSpans(3, with: telemetry)
            // The first delivers, the second reports what became of it.
            await telemetry.forceFlush(.seconds(3_600))
            await telemetry.forceFlush(.seconds(3_600))
            let reported = self.metrics.metrics.count
            #expect(reported > 0)
            for _ in 0..<5 { await telemetry.forceFlush(.seconds(3_600)) }
            #expect(self.metrics.metrics.count == reported)
        }
    }

    @Test func totalsAreReportedToWhoPrefersThem() async throws {
        let exporter = InMemoryExporter(name: "memory", signals: [.traces])
        let receivers = [MetricPreference.TemporalityPreference.delta, .cumulative, .lowMemory]
            .map { temporality in
                InMemoryExporter(
                    name: "\(temporality)",
                    signals: [.metrics],
                    metricPreference: MetricPreference(
                        temporality: temporality,
                        histogramAggregation: .exponential
                    )
                )
            }
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.metrics.exportInterval = .seconds(3_600)
        configuration.metrics.measuresPipeline = true
        let telemetry = Telemetry(configuration: configuration, exporters: [exporter] + receivers)
        await telemetry.run {
            for _ in 0..<3 {
                Self.recordSpans(2, with: telemetry)
                await telemetry.forceFlush(.seconds(3_600))
            }
            // Reported once more, in totals.
            await telemetry.forceFlush(.seconds(3_600))
        }
        let started = "otel.sdk.span.started"
        let duration = "otel.sdk.exporter.operation.duration"
        for (receiver, name) in zip(receivers, ["delta", "cumulative", "lowmemory"]) {
            let counts = receiver.metrics.filter { $0.name == started }
            let values = counts.flatMap(\.numbers).map(\.value.asDouble)
            let durations = receiver.metrics.filter { $0.name == duration }
            let last = try #require(durations.last)
            for metric in counts {
                guard case .sum(_, let temporality, true) = metric.content else {
                    Issue.record("\(name): \(metric.content)")
                    continue
                }
                #expect(temporality == (name == "delta" ? .delta : .cumulative), "\(name)")
            }
            guard case .exponentialHistogram(let points, let temporality) = last.content else {
                Issue.record("\(name): \(last.content)")
                continue
            }
            #expect(temporality == (name == "cumulative" ? .cumulative : .delta), "\(name)")
            if name == "delta" {
                #expect(values == [2, 2, 2])
            } else {
                #expect(values.count > 3, "\(name)")
                #expect(values == values.sorted(), "\(name)")
                #expect(values.last == 6, "\(name)")
                #expect(Set(counts.flatMap(\.numbers).map(\.startTime)).count == 1)
            }
            if name == "cumulative" {
                #expect(points.reduce(0) { $0 + $1.count } == 3)
            } else {
                let all = durations.flatMap(\.exponentialHistograms)
                #expect(all.reduce(0) { $0 + $1.count } == 3, "\(name)")
            }
        }
        // Nobody counts the reports, in whatever shape they come.
        let exported = "otel.sdk.exporter.metric_data_point.exported"
        #expect(receivers.allSatisfy { $0.metrics.allSatisfy { $0.name != exported } })
    }

    @Test func unchangedTotalsAreLeftOutOnDemand() {
        var reporter = CountReporter(start: .epoch)
        func report(_ counts: [String: UInt64], level: UInt64, omitting: Bool) -> [String] {
            reporter.begin(at: .epoch)
            for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
                reporter.count(name, unit: "1", "", [:], count)
            }
            reporter.level("level", unit: "1", "", [:], level)
            let metrics = reporter.end(for: [.cumulative], omittingUnchanged: omitting)
            return metrics[.cumulative, default: []].map {
                "\($0.name) \(Int($0.numbers.first?.value.asDouble ?? -1))"
            }
        }
        let all = ["a 1", "b 2", "level 3"]
        #expect(report(["a": 1, "b": 2], level: 3, omitting: true) == all)
        #expect(report(["a": 1, "b": 2], level: 3, omitting: true) == [])
        #expect(report(["a": 1, "b": 2], level: 3, omitting: false) == all)
        #expect(report(["a": 1, "b": 4], level: 3, omitting: true) == ["b 4"])
        #expect(report(["a": 1, "b": 4], level: 0, omitting: true) == ["level 0"])
    }

    @Test func theReportsAreInTheAccounts() async {
        let telemetry = self.telemetry(InMemoryExporter(name: "memory", signals: [.traces]))
        await telemetry.run {
            Self.recordSpans(3, with: telemetry)
            await telemetry.forceFlush(.seconds(3_600))
        }
        let books = await telemetry.health.destinations["metrics"]?.books
        #expect(books?.accepted == UInt64(self.metrics.metrics.reduce(0) { $0 + $1.pointCount }))
        #expect(books?.exported == books?.accepted)
    }

    @Test func whatFindsNoRoomIsReported() async {
        let telemetry = self.telemetry(InMemoryExporter(name: "memory", signals: [.traces])) {
            $0.traces.batching.maximumQueueSize = 2
            $0.traces.batching.maximumBatchSize = 2
        }
        Self.recordSpans(5, with: telemetry)
        _ = await telemetry.run { await telemetry.forceFlush(.seconds(3_600)) }
        let full = ["error.type": "queue_full"]
        #expect(self.reported("otel.sdk.processor.span.processed", full) == 3)
        #expect(self.reported("otel.sdk.processor.span.processed") == 2)
        #expect(self.reported("otel.sdk.processor.span.queue.capacity") == 2)
        #expect(self.reported("otel.sdk.span.started") == 5)
        #expect(self.reported("otel.sdk.exporter.span.exported") == 2)
    }

    @Test(arguments: [
        (DeliveryOutcome.refused(.rejected, explanation: "no"), "rejected"),
        (.failed(DeliveryFailure(kind: .quota, explanation: "cap")), "quota"),
    ])
    func whatIsRefusedIsReportedWithItsReason(outcome: DeliveryOutcome, error: String) async {
        let exporter = InMemoryExporter(name: "memory", signals: [.traces], outcomes: [outcome])
        let telemetry = self.telemetry(exporter)
        await telemetry.run {
            Self.recordSpans(4, with: telemetry)
            await telemetry.forceFlush(.seconds(3_600))
        }
        #expect(self.reported("otel.sdk.exporter.span.exported", ["error.type": error]) == 4)
        #expect(self.reported("otel.sdk.exporter.span.exported") == nil)
        #expect(self.reported("azure_monitor.delivery.lost", ["error.type": error]) == nil)
    }

    @Test func whatIsLostBehindTheExporterIsReportedByDestination() async {
        let failure = DeliveryFailure(
            kind: .quota,
            retryAfter: .seconds(3_600),
            explanation: "cap"
        )
        let exporter = InMemoryExporter(
            name: "memory",
            signals: [.traces],
            outcomes: [.failed(failure)]
        )
        let telemetry = self.telemetry(exporter)
        await telemetry.run {
            Self.recordSpans(4, with: telemetry)
            await telemetry.forceFlush(.seconds(3_600))
            // The breaker is open now: these are dropped without a try.
            Self.recordSpans(3, with: telemetry)
            await telemetry.forceFlush(.seconds(3_600))
        }
        let quota = ["error.type": "quota"]
        #expect(self.reported("otel.sdk.exporter.span.exported", quota) == 4)
        #expect(self.reported("azure_monitor.delivery.lost", quota) == 3)
        #expect(await telemetry.health.total.dropped == [.quota: 7])
    }

    @Test func partsOfAPayloadCountForWhatBecameOfThem() async throws {
        let observations = ExporterObservations()
        let inner = InMemoryExporter(
            name: "memory",
            outcomes: [
                .failed(DeliveryFailure(kind: .network, explanation: "away")),
                .partiallyAccepted([
                    ItemRefusal(item: 0, verdict: .retry),
                    ItemRefusal(item: 1, verdict: .drop(.tooLarge)),
                ]),
            ]
        )
        let exporter = ObservedExporter(
            inner,
            observations: observations,
            dropsOverQuota: true,
            time: ManualTime().source
        )
        let payload = Payload(
            signal: .logs,
            body: [],
            mediaType: "text/plain",
            isCompressed: false,
            layout: RecordLayout(records: 5)
        )
        for _ in 0..<2 { _ = await exporter.send(payload, within: .seconds(1)) }
        let component = observations.component(of: inner, for: .logs)
        let counts = try #require(observations.counts[component])
        #expect(counts.exported == 3)
        #expect(counts.lost == [.tooLarge: 1])
        #expect(counts.inFlight == 0)
        #expect(Set(counts.durations.keys) == ["network", "partially_accepted"])
    }

    @Test(arguments: [
        (DropReason.queueFull, "queue_full"), (.quota, "quota"),
        (.storageFailed, "storage_failed"),
    ])
    func reasonsAreSpelledAsValuesAre(reason: DropReason, text: String) {
        #expect(reason.errorType == text)
    }
}
