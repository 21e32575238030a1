import CoreMetrics
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

@testable import TelemetryEngine

/// Destinations that want metrics differently, fed from one set of instruments.
@Suite(.timeLimit(.minutes(10))) struct MetricPreferenceTests {
    private typealias Preference = MetricPreference.TemporalityPreference

    private static let all: [Preference] = [.delta, .cumulative, .lowMemory]

    /// A pipeline with a destination for each preference, named after it.
    private func pipeline(
        _ preferences: [Preference] = Self.all,
        histograms: [Preference: MetricPreference.HistogramAggregation] = [:],
        _ change: (inout TelemetryConfiguration) -> Void = { _ in }
    ) -> (Telemetry, [Preference: InMemoryExporter]) {
        var exporters: [Preference: InMemoryExporter] = [:]
        for preference in preferences {
            exporters[preference] = InMemoryExporter(
                name: preference.description,
                metricPreference: MetricPreference(
                    temporality: preference,
                    histogramAggregation: histograms[preference] ?? .explicitBucket
                )
            )
        }
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        configuration.logs.console = .off
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.metrics.exportInterval = .seconds(3_600)
        change(&configuration)
        let ordered = preferences.compactMap { exporters[$0] }
        return (Telemetry(configuration: configuration, exporters: ordered), exporters)
    }

    struct Row: Sendable {
        let kind: InstrumentKind
        let record: @Sendable (TelemetryMetricsFactory) -> Void
        /// Since when each preference has it; nothing for last values.
        let temporality: [MetricPreference.TemporalityPreference: Temporality]
    }

    private static let asChosen: [Preference: Temporality] = [
        .delta: .delta, .cumulative: .cumulative, .lowMemory: .delta,
    ]

    private static let rows: [Row] = [
        Row(
            kind: .counter,
            record: { Counter(label: "i", factory: $0).increment() },
            temporality: Self.asChosen
        ),
        Row(
            kind: .floatingPointCounter,
            record: { FloatingPointCounter(label: "i", factory: $0).increment(by: 1) },
            temporality: Self.asChosen
        ),
        Row(
            kind: .meter,
            record: { Meter(label: "i", factory: $0).increment() },
            temporality: [
                .delta: .cumulative, .cumulative: .cumulative, .lowMemory: .cumulative,
            ]
        ),
        Row(
            kind: .gauge,
            record: { Gauge(label: "i", factory: $0).record(1) },
            temporality: [:]
        ),
        Row(
            kind: .recorder,
            record: { Recorder(label: "i", factory: $0).record(1) },
            temporality: Self.asChosen
        ),
        Row(
            kind: .timer,
            record: { Timer(label: "i", factory: $0).recordNanoseconds(1) },
            temporality: Self.asChosen
        ),
    ]

    @Test func tableOfInstrumentsIsComplete() {
        #expect(Set(Self.rows.map(\.kind)) == Set(InstrumentKind.allCases))
    }

    @Test(arguments: Self.rows)
    func eachKindOfInstrumentIsReportedAsPreferred(row: Row) async throws {
        let (telemetry, exporters) = self.pipeline()
        await telemetry.run {
            row.record(telemetry.metricsFactory)
            await telemetry.forceFlush(.seconds(3_600))
            // Nothing is measured: only totals are reported again, and once more at the end.
            await telemetry.forceFlush(.seconds(3_600))
        }
        for preference in Self.all {
            let metrics = try #require(exporters[preference]).metrics
            let expected = row.temporality[preference]
            #expect(Set(metrics.map(\.temporality)) == [expected], "\(preference)")
            #expect(metrics.count > (preference == .cumulative ? 2 : 0), "\(preference)")
            if preference != .cumulative { #expect(metrics.count == 1, "\(preference)") }
            let books = await telemetry.health.destinations[preference.description]?.books
            #expect(books?.accepted == UInt64(metrics.pointCount))
            #expect(books?.exported == books?.accepted)
        }
    }

    @Test func bothTemporalitiesCountEveryIncrementOnce() async throws {
        let (telemetry, exporters) = self.pipeline([.delta, .cumulative])
        let increments = 20_000
        await telemetry.run {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<3 {
                    group.addTask {
                        let dimensions = [("n", "\(number % 2)")]
                        let factory = telemetry.metricsFactory
                        let counter = Counter(label: "c", dimensions: dimensions, factory: factory)
                        let recorder = Recorder(label: "r", factory: factory)
                        for _ in 0..<increments {
                            counter.increment()
                            recorder.record(number)
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<20 { await telemetry.forceFlush(.seconds(3_600)) }
                }
            }
        }
        let delta = try #require(exporters[.delta]).metrics
        let cumulative = try #require(exporters[.cumulative]).metrics
        #expect(delta.values(of: "c").map(\.asDouble).reduce(0, +) == Double(3 * increments))
        let lastTotals = try #require(cumulative.last { $0.name == "c" })
        #expect(
            lastTotals.numbers.map(\.value.asDouble).sorted()
                == [Double(increments), Double(2 * increments)]
        )
        let recorded = delta.filter { $0.name == "r" }.flatMap(\.histograms)
        let total = try #require(cumulative.last { $0.name == "r" }?.histograms.first)
        #expect(total.count == UInt64(3 * increments))
        #expect(recorded.reduce(0) { $0 + $1.count } == total.count)
        #expect(recorded.reduce(0) { $0 + ($1.sum ?? 0) } == total.sum)
        for index in total.bucketCounts.indices {
            #expect(recorded.reduce(0) { $0 + $1.bucketCounts[index] } == total.bucketCounts[index])
        }
        // Totals never fall, and each report ends no earlier than the one before.
        let reports = cumulative.filter { $0.name == "r" }.flatMap(\.histograms)
        for (earlier, later) in zip(reports, reports.dropFirst()) {
            #expect(earlier.count <= later.count)
            #expect(earlier.time <= later.time)
            #expect(earlier.startTime == later.startTime)
        }
        let intervals = recorded.map { ($0.startTime, $0.time) }
        for (earlier, later) in zip(intervals, intervals.dropFirst()) {
            #expect(earlier.1 <= later.0)
        }
    }

    @Test func flushBetweenTicksReportsToAll() async throws {
        let time = ManualTime()
        let start = time.wall
        let (telemetry, exporters) = self.pipeline([.cumulative, .delta]) {
            $0.time = time.source
            $0.metrics.exportInterval = .seconds(60)
        }
        let delta = try #require(exporters[.delta])
        let cumulative = try #require(exporters[.cumulative])
        await telemetry.run {
            let counter = Counter(label: "c", factory: telemetry.metricsFactory)
            counter.increment(by: 1)
            // Ticks, and the watch for losses.
            await time.waitForSleepers(2)
            time.advance(by: .seconds(60))
            while delta.metrics.count < 1 || cumulative.metrics.count < 1 { await Task.yield() }
            await time.waitForSleepers(2)
            time.advance(by: .seconds(20))
            counter.increment(by: 2)
            await telemetry.forceFlush(.seconds(3_600))
            await time.waitForSleepers(2)
            time.advance(by: .seconds(40))
            while cumulative.metrics.count < 3 { await Task.yield() }
        }
        let after: (UInt64) -> Timestamp = { seconds in
            Timestamp(nanosecondsSinceEpoch: start.nanosecondsSinceEpoch + seconds * 1_000_000_000)
        }
        let changes = delta.metrics.flatMap(\.numbers)
        #expect(changes.map(\.value) == [.int(1), .int(2)])
        #expect(changes.map(\.startTime) == [start, after(60)])
        #expect(changes.map(\.time) == [after(60), after(80)])
        let totals = cumulative.metrics.flatMap(\.numbers)
        #expect(totals.prefix(3).map(\.value) == [.int(1), .int(3), .int(3)])
        #expect(totals.prefix(3).map(\.time) == [after(60), after(80), after(120)])
        #expect(Set(totals.map(\.startTime)) == [start])
        // The flush of the shutdown reaches everybody, too; the collection after it has no news.
        #expect(totals.map(\.value) == [.int(1), .int(3), .int(3), .int(3)])
    }

    /// Counts what it sends, but not before metrics have been reported.
    private final class CountingExporter: TelemetryExporter {
        let factory = Locked<TelemetryMetricsFactory?>(nil)
        private let exporter = InMemoryExporter(name: "traces", signals: [.traces])
        private let metrics: InMemoryExporter

        init(metrics: InMemoryExporter) {
            self.metrics = metrics
        }

        var destination: Destination { self.exporter.destination }
        var signals: Set<Signal> { self.exporter.signals }

        @concurrent func encode(_ batch: ExportBatch) async -> EncodedBatch {
            await self.exporter.encode(batch)
        }

        func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
            while self.metrics.metrics.isEmpty { await Task.yield() }
            if let factory = self.factory.withLock({ $0 }) {
                Counter(label: "sent", factory: factory).increment()
            }
            return await self.exporter.send(payload, within: timeLimit)
        }

        @concurrent func payload(
            of payload: Payload,
            keeping items: [Int],
            layout: RecordLayout
        ) async -> Payload? {
            await self.exporter.payload(of: payload, keeping: items, layout: layout)
        }

        func shutdown() async {}
    }

    @Test func whatIsMeasuredBetweenFlushAndEndIsReported() async {
        let metrics = InMemoryExporter(
            name: "metrics",
            signals: [.metrics],
            metricPreference: MetricPreference(temporality: .cumulative)
        )
        let exporter = CountingExporter(metrics: metrics)
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        configuration.shutdownTimeout = .seconds(3_600)
        let telemetry = Telemetry(configuration: configuration, exporters: [exporter, metrics])
        let counter = Counter(label: "sent", factory: telemetry.metricsFactory)
        let idle = Counter(label: "idle", factory: telemetry.metricsFactory)
        let factory = telemetry.metricsFactory
        exporter.factory.withLock { $0 = factory }
        await telemetry.run {
            counter.increment(by: 5)
            idle.increment()
            telemetry.tracer.startSpan("work", context: .topLevel).end()
        }
        let reports = metrics.metrics
        #expect(reports.values(of: "sent") == [.int(5), .int(6)])
        #expect(reports.values(of: "idle") == [.int(1)])
    }

    @Test(arguments: [(Self.all[0], Self.all[1]), (Self.all[1], Self.all[0])])
    func destinationThatHangsDelaysNoOther(
        stuckPreference: MetricPreference.TemporalityPreference,
        healthyPreference: MetricPreference.TemporalityPreference
    ) async {
        let stuck = InMemoryExporter(
            name: "stuck",
            metricPreference: MetricPreference(temporality: stuckPreference)
        )
        let healthy = InMemoryExporter(
            name: "healthy",
            metricPreference: MetricPreference(temporality: healthyPreference)
        )
        stuck.hold()
        var configuration = ExportConfiguration()
        configuration.maximumRequests = 1
        let coordinator = ExportCoordinator(
            exporters: [stuck, healthy],
            storage: [:],
            configuration: configuration,
            time: ManualTime().source
        )
        let registry = InstrumentRegistry()
        let aggregator = MetricAggregatorActor(
            registry: registry,
            preferences: coordinator.temporalityPreferences
        )
        let counter = Counter(label: "c", factory: TelemetryMetricsFactory(registry: registry))
        let rounds = 20
        async let run: Void = coordinator.run()
        for _ in 0..<rounds {
            counter.increment()
            await aggregator.collectNow { metrics, preference in
                await coordinator.submit(
                    ExportBatch(resource: Resource(), records: .metrics(metrics)),
                    preferring: preference
                )
            }
            // One after the other, or the healthy one might really be full.
            while await coordinator.health()["healthy"]?.books.pending != 0 { await Task.yield() }
        }
        let health = await coordinator.health()
        #expect(health["healthy"]?.books.exported == UInt64(rounds))
        #expect(health["healthy"]?.books.dropped == [:])
        #expect(health["stuck"]?.books.accepted == UInt64(rounds))
        #expect(health["stuck"]?.books.exported == 0)
        // One under way, two waiting: all others gave way to newer ones, and were counted.
        #expect(health["stuck"]?.books.dropped == [.queueFull: UInt64(rounds - 3)])
        stuck.release()
        await coordinator.finish()
        await run
        let books = await coordinator.health()["stuck"]?.books
        #expect(books?.exported == 3)
        #expect(books?.pending == 0)
        let last = stuck.metrics.last?.numbers.first?.value
        #expect(last == .int(stuckPreference == .cumulative ? Int64(rounds) : 1))
    }

    @Test func feederWaitsOnlyWhileAllAreFull() async {
        let first = InMemoryExporter(name: "first")
        let second = InMemoryExporter(
            name: "second",
            metricPreference: MetricPreference(temporality: .cumulative)
        )
        first.hold()
        second.hold()
        var configuration = ExportConfiguration()
        configuration.maximumRequests = 1
        let coordinator = ExportCoordinator(
            exporters: [first, second],
            storage: [:],
            configuration: configuration,
            time: ManualTime().source
        )
        let point = NumberPoint(attributes: [:], time: .epoch, value: .int(1))
        let metric = Metric(name: "m", content: .gauge([point]))
        let batch = ExportBatch(resource: Resource(), records: .metrics([metric]))
        async let run: Void = coordinator.run()
        for _ in 0..<3 {
            await coordinator.submit(batch, preferring: .delta)
            await coordinator.submit(batch, preferring: .cumulative)
            // The first must be under way before both lanes are full.
            while first.metrics.isEmpty || second.metrics.isEmpty { await Task.yield() }
        }
        let submitted = Gate()
        async let fourth: Void = {
            await coordinator.submit(batch, preferring: .delta)
            submitted.open()
        }()
        for _ in 0..<100 { await Task.yield() }
        #expect(!submitted.isOpen)
        // Room in the other lane is reason enough to go on.
        second.release()
        await fourth
        let health = await coordinator.health()
        #expect(health["first"]?.books.dropped == [.queueFull: 1])
        #expect(health["second"]?.books.dropped == [:])
        first.release()
        await coordinator.finish()
        await run
        #expect(await coordinator.health()["first"]?.books.exported == 3)
        #expect(await coordinator.health()["second"]?.books.exported == 3)
    }

    @Test func oneThatPrefersExponentialHistogramsMakesThemTheDefault() async throws {
        let (telemetry, exporters) = self.pipeline(
            [.delta, .cumulative],
            histograms: [.cumulative: .exponential]
        ) {
            $0.metrics.views = [
                MetricView(instrumentName: "fixed", aggregation: .explicitBuckets([1, 10])),
                MetricView(instrumentName: "renamed", name: "other"),
            ]
        }
        await telemetry.run {
            let factory = telemetry.metricsFactory
            for label in ["fixed", "renamed", "plain"] {
                Recorder(label: label, factory: factory).record(5)
            }
            Timer(label: "time", factory: factory).recordSeconds(2)
        }
        for exporter in exporters.values {
            let metrics = exporter.metrics
            for name in ["other", "plain", "time"] {
                let metric = try #require(metrics.first { $0.name == name })
                let point = try #require(metric.exponentialHistograms.first, "\(name)")
                #expect(point.count == 1)
                #expect(point.scale == 20)
                #expect(point.sum == (name == "time" ? 2 : 5))
            }
            let fixed = try #require(metrics.first { $0.name == "fixed" }?.histograms.first)
            #expect(fixed.bounds == [1, 10])
            #expect(fixed.bucketCounts == [0, 1, 0])
        }
    }

    @Test func preferenceOfWhoTakesNoMetricsDoesNotMatter() async throws {
        let traces = InMemoryExporter(
            name: "traces",
            signals: [.traces],
            metricPreference: MetricPreference(
                temporality: .cumulative,
                histogramAggregation: .exponential
            )
        )
        let metrics = InMemoryExporter(name: "metrics", signals: [.metrics])
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        let telemetry = Telemetry(configuration: configuration, exporters: [traces, metrics])
        await telemetry.run {
            Recorder(label: "r", factory: telemetry.metricsFactory).record(1)
        }
        #expect(metrics.metrics.map(\.temporality) == [.delta])
        #expect(metrics.metrics.first?.histograms.count == 1)
        #expect(await telemetry.health.destinations["traces"]?.books.accepted == 0)
    }

    @Test func destinationsOfOnePreferenceGetTheSame() async {
        let exporters = ["one", "two"].map {
            InMemoryExporter(
                name: $0,
                metricPreference: MetricPreference(temporality: .cumulative)
            )
        }
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        let telemetry = Telemetry(configuration: configuration, exporters: exporters)
        await telemetry.run {
            Counter(label: "c", factory: telemetry.metricsFactory).increment(by: 7)
            await telemetry.forceFlush(.seconds(3_600))
        }
        #expect(exporters[0].metrics.flatMap(\.numbers) == exporters[1].metrics.flatMap(\.numbers))
        #expect(Set(exporters[0].metrics.flatMap(\.numbers).map(\.value)) == [.int(7)])
    }

    @Test(arguments: zip(Self.all, ["delta", "cumulative", "lowmemory"]))
    func preferencesAreSpelledAsInTheEnvironment(
        preference: MetricPreference.TemporalityPreference,
        text: String
    ) {
        #expect("\(preference)" == text)
    }
}

extension Metric {
    /// Since when the points count; `nil` for last values.
    fileprivate var temporality: Temporality? {
        switch self.content {
        case .gauge: nil
        case .sum(_, let temporality, _): temporality
        case .histogram(_, let temporality): temporality
        case .exponentialHistogram(_, let temporality): temporality
        }
    }
}
