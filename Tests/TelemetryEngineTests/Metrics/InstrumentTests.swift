import CoreMetrics
import TelemetryModel
import Testing

@testable import TelemetryEngine

@Suite struct InstrumentTests {
    @Test func counterReportsWhatCameSinceTheLastReport() {
        var fixture = MetricsFixture()
        let counter = Counter(label: "c", factory: fixture.factory)
        counter.increment(by: 2)
        counter.increment()
        let first = fixture.collect()
        #expect(first.values(of: "c") == [.int(3)])
        guard case .sum(_, .delta, true) = first.first?.content else {
            Issue.record("not a monotonic delta sum: \(first)")
            return
        }
        #expect(fixture.collect().isEmpty, "an idle series costs nothing")
        counter.increment(by: 4)
        #expect(fixture.collect().values(of: "c") == [.int(4)])
    }

    @Test func counterNeverFallsAndNeverWrapsAround() {
        var fixture = MetricsFixture()
        let counter = Counter(label: "c", factory: fixture.factory)
        counter.increment(by: -5)
        #expect(fixture.collect().isEmpty)
        #expect(fixture.registry.counts.ignoredMeasurements == 1)
        counter.increment(by: Int64.max)
        counter.increment(by: Int64.max)
        #expect(fixture.collect().values(of: "c") == [.int(.max)])
    }

    @Test(arguments: [1, 7, Int64(1) << 32 - 1, 1 << 32, 1 << 62])
    func counterAtItsMaximumStaysThere(amount: Int64) {
        var fixture = MetricsFixture()
        let counter = Counter(label: "c", factory: fixture.factory)
        counter.increment(by: amount)
        counter.increment(by: amount)
        let twice = amount.addingReportingOverflow(amount)
        let sum = twice.overflow ? .max : twice.partialValue
        #expect(fixture.collect().values(of: "c") == [.int(sum)])
        counter.increment(by: Int64.max - 1)
        for _ in 0..<200 { counter.increment(by: amount) }
        #expect(fixture.collect().values(of: "c") == [.int(.max)])
        counter.increment(by: amount)
        #expect(fixture.collect().values(of: "c") == [.int(amount)])
    }

    @Test func cumulativeCounterNeverWrapsAround() {
        var fixture = MetricsFixture(temporality: .cumulative)
        let counter = Counter(label: "c", factory: fixture.factory)
        for _ in 0..<3 {
            counter.increment(by: Int64.max)
            #expect(fixture.collect().values(of: "c") == [.int(.max)])
        }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, -1])
    func floatingPointCounterIgnoresAndCounts(amount: Double) {
        var fixture = MetricsFixture()
        let counter = FloatingPointCounter(label: "c", factory: fixture.factory)
        counter.increment(by: amount)
        #expect(fixture.collect().isEmpty)
        #expect(fixture.registry.counts.ignoredMeasurements == 1)
        counter.increment(by: 0.25)
        counter.increment(by: 0.5)
        #expect(fixture.collect().values(of: "c") == [.double(0.75)])
    }

    @Test func floatingPointCounterStaysFinite() {
        var fixture = MetricsFixture()
        let counter = FloatingPointCounter(label: "c", factory: fixture.factory)
        counter.increment(by: Double.greatestFiniteMagnitude)
        counter.increment(by: Double.greatestFiniteMagnitude)
        #expect(fixture.collect().values(of: "c") == [.double(.greatestFiniteMagnitude)])
    }

    @Test func meterReportsItsRunningTotalWhenItWasTouched() {
        var fixture = MetricsFixture()
        let meter = Meter(label: "m", factory: fixture.factory)
        meter.increment(by: 3)
        meter.decrement(by: 1)
        let metrics = fixture.collect(at: 10)
        #expect(metrics.values(of: "m") == [.double(2)])
        guard case .sum(_, .cumulative, false) = metrics.first?.content else {
            Issue.record("not an up-down sum: \(metrics)")
            return
        }
        #expect(fixture.collect(at: 20).isEmpty)
        meter.decrement(by: 5)
        let later = fixture.collect(at: 30)
        #expect(later.values(of: "m") == [.double(-3)])
        #expect(later.first?.numbers.first?.startTime == .epoch)
        meter.set(7)
        meter.increment()
        #expect(fixture.collect(at: 40).values(of: "m") == [.double(8)])
        meter.set(Double.nan)
        meter.increment(by: Double.infinity)
        meter.decrement(by: -1)
        #expect(fixture.collect(at: 50).isEmpty)
        #expect(fixture.registry.counts.ignoredMeasurements == 3)
    }

    @Test func gaugeReportsTheLastValueOnce() {
        var fixture = MetricsFixture()
        let gauge = Gauge(label: "g", factory: fixture.factory)
        #expect(fixture.collect().isEmpty)
        gauge.record(5)
        gauge.record(-1.5)
        gauge.record(Double.nan)
        let metrics = fixture.collect()
        #expect(metrics.values(of: "g") == [.double(-1.5)])
        guard case .gauge = metrics.first?.content else {
            Issue.record("not a gauge: \(metrics)")
            return
        }
        #expect(fixture.collect().isEmpty)
        gauge.record(0)
        #expect(fixture.collect().values(of: "g") == [.double(0)])
    }

    @Test func recorderMakesAHistogramWithSmallestAndLargest() throws {
        var fixture = MetricsFixture()
        let recorder = Recorder(label: "r", factory: fixture.factory)
        for value in [5.0, 5.1, -3, 20_000] { recorder.record(value) }
        recorder.record(Int64(7))
        recorder.record(Double.infinity)
        let metric = try #require(fixture.collect().first)
        let point = try #require(metric.histograms.first)
        #expect(metric.unit == "")
        #expect(point.bounds == ExplicitHistogram.defaultBounds)
        #expect(point.bucketCounts == [1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(point.count == 5)
        #expect(point.min == -3)
        #expect(point.max == 20_000)
        #expect(((point.sum ?? 0) - 20_014.1).magnitude < 1e-6)
        #expect(fixture.registry.counts.ignoredMeasurements == 1)
        recorder.record(1)
        let next = try #require(fixture.collect().first?.histograms.first)
        #expect(next.min == 1)
        #expect(next.max == 1)
        #expect(next.count == 1)
    }

    @Test func timerMeasuresSecondsWhateverDisplayUnitIsPreferred() throws {
        var fixture = MetricsFixture()
        let timer = Timer(
            label: "http.server.request.duration",
            dimensions: [("http.route", "/")],
            preferredDisplayUnit: .milliseconds,
            factory: fixture.factory
        )
        timer.recordMilliseconds(250)
        timer.recordNanoseconds(-1)
        let metric = try #require(fixture.collect().first)
        let point = try #require(metric.histograms.first)
        #expect(metric.unit == "s")
        #expect(metric.scope.name == "swift-metrics")
        #expect(point.sum == 0.25)
        #expect(point.bounds == ExplicitHistogram.secondsBounds)
        #expect(point.bucketCounts[6] == 1)
        #expect(fixture.registry.counts.ignoredMeasurements == 1)
    }

    @Test func orderOfDimensionsDoesNotMatter() {
        var fixture = MetricsFixture()
        let dimensions = [("a", "1"), ("b", "2"), ("c", "3")]
        Counter(label: "c", dimensions: dimensions, factory: fixture.factory).increment()
        Counter(label: "c", dimensions: dimensions.reversed(), factory: fixture.factory)
            .increment()
        let metrics = fixture.collect()
        #expect(metrics.values(of: "c") == [.int(2)])
        #expect(metrics.first?.numbers.first?.attributes == ["a": "1", "b": "2", "c": "3"])
    }

    @Test func ofEqualDimensionsTheLastCounts() {
        var fixture = MetricsFixture()
        let cases: [[(String, String)]] = [
            [("a", "1"), ("a", "2")], [("a", "2")], [("a", "2"), ("a", "1")],
            [("a", "1"), ("a", "1")], [("a", "1"), ("b", "1")],
        ]
        for dimensions in cases {
            Counter(label: "c", dimensions: dimensions, factory: fixture.factory).increment()
        }
        let points = fixture.collect().flatMap(\.numbers)
        let byAttributes = Dictionary(
            uniqueKeysWithValues: points.map { ($0.attributes, $0.value) }
        )
        #expect(
            byAttributes == [
                ["a": "2"]: .int(2), ["a": "1"]: .int(2), ["a": "1", "b": "1"]: .int(1),
            ]
        )
    }

    @Test func differentDimensionsAreDifferentSeries() {
        var fixture = MetricsFixture()
        for dimensions in [[], [("a", "b")], [("b", "a")], [("ab", "")], [("", "ab")]] {
            Counter(label: "c", dimensions: dimensions, factory: fixture.factory).increment()
        }
        #expect(fixture.collect().values(of: "c") == Array(repeating: .int(1), count: 5))
    }

    @Test func labelOfSeveralKindsIsExportedForEachAndSaidOnce() {
        var fixture = MetricsFixture()
        Counter(label: "x", factory: fixture.factory).increment()
        Gauge(label: "x", factory: fixture.factory).record(2)
        Meter(label: "x", factory: fixture.factory).increment(by: 3)
        Gauge(label: "x", factory: fixture.factory).record(4)
        #expect(fixture.collect().values(of: "x") == [.int(1), .double(3), .double(4)])
        #expect(fixture.registry.counts.conflicts == 1)
        #expect(fixture.registry.takeNotices() == [.conflict(label: "x")])
        #expect(fixture.registry.takeNotices().isEmpty)
    }

    @Test func resetRestartsCumulativeSumsAndLosesNothing() throws {
        var delta = MetricsFixture()
        var cumulative = MetricsFixture(temporality: .cumulative)
        for factory in [delta.factory, cumulative.factory] {
            Counter(label: "c", factory: factory).increment(by: 5)
        }
        #expect(delta.collect(at: 10).values(of: "c") == [.int(5)])
        #expect(cumulative.collect(at: 10).values(of: "c") == [.int(5)])
        for factory in [delta.factory, cumulative.factory] {
            let counter = Counter(label: "c", factory: factory)
            counter.reset()
            counter.increment(by: 2)
        }
        #expect(delta.collect(at: 20).values(of: "c") == [.int(2)])
        let point = try #require(cumulative.collect(at: 20).first?.numbers.first)
        #expect(point.value == .int(2))
        #expect(point.startTime == .seconds(10))
    }

    @Test func resetAloneIsNoPointOfADelta() {
        var fixture = MetricsFixture()
        Counter(label: "c", factory: fixture.factory).reset()
        FloatingPointCounter(label: "f", factory: fixture.factory).reset()
        #expect(fixture.collect().isEmpty)
    }

    @Test(arguments: ["", "\0\u{1}\n", String(repeating: "x", count: 1_000_000), "é", "e\u{301}"])
    func hostileTextIsMeasuredLikeAnyOther(text: String) {
        var fixture = MetricsFixture()
        let counter = Counter(label: text, dimensions: [(text, text)], factory: fixture.factory)
        counter.increment()
        Timer(label: text, dimensions: [(text, text)], factory: fixture.factory)
            .recordNanoseconds(.max)
        #expect(fixture.collect().map(\.name) == [text, text])
        counter.destroy()
    }
}
