import CoreMetrics
import TelemetryModel
import Testing

@testable import TelemetryEngine

@Suite struct MetricStreamsTests {
    @Test func deltaPointsCoverTheTimeSinceTheLastCollection() throws {
        var fixture = MetricsFixture()
        let counter = Counter(label: "c", factory: fixture.factory)
        counter.increment()
        let first = try #require(fixture.collect(at: 10).first?.numbers.first)
        #expect(first.startTime == .epoch)
        #expect(first.time == .seconds(10))
        _ = fixture.collect(at: 20)
        counter.increment()
        let second = try #require(fixture.collect(at: 30).first?.numbers.first)
        #expect(second.startTime == .seconds(20), "an idle interval is over, too")
        #expect(second.time == .seconds(30))
    }

    @Test func cumulativePointsCountSinceTheSeriesBegan() throws {
        var fixture = MetricsFixture(temporality: .cumulative)
        let early = Counter(label: "c", dimensions: [("a", "1")], factory: fixture.factory)
        early.increment()
        _ = fixture.collect(at: 10)
        let late = FloatingPointCounter(label: "f", factory: fixture.factory)
        late.increment(by: 0.5)
        early.increment()
        let metrics = fixture.collect(at: 20)
        #expect(metrics.values(of: "c") == [.int(2)])
        #expect(metrics.first { $0.name == "c" }?.numbers.first?.startTime == .epoch)
        #expect(metrics.first { $0.name == "f" }?.numbers.first?.startTime == .seconds(10))
        late.increment(by: 0.25)
        let last = try #require(fixture.collect(at: 30).first { $0.name == "f" })
        #expect(last.numbers.map(\.value) == [.double(0.75)])
        #expect(last.numbers.first?.startTime == .seconds(10))
        guard case .sum(_, .cumulative, true) = last.content else {
            Issue.record("not a cumulative sum: \(last)")
            return
        }
    }

    @Test func unchangedTotalsAreLeftOutOnDemand() throws {
        var fixture = MetricsFixture(temporality: .cumulative)
        let first = Counter(label: "c", dimensions: [("a", "1")], factory: fixture.factory)
        let second = Counter(label: "c", dimensions: [("a", "2")], factory: fixture.factory)
        let recorder = Recorder(label: "r", factory: fixture.factory)
        first.increment()
        second.increment(by: 10)
        recorder.record(5)
        // What was never reported is news, whatever is asked for.
        #expect(fixture.collect(at: 10, omittingUnchanged: true).pointCount == 3)
        #expect(fixture.collect(at: 20, omittingUnchanged: true).isEmpty)
        second.increment()
        let news = fixture.collect(at: 30, omittingUnchanged: true)
        let point = try #require(news.first?.numbers.first)
        #expect(news.pointCount == 1)
        #expect(point.value == .int(11))
        #expect(point.attributes["a"] == "2")
        #expect(point.startTime == .epoch)
        #expect(fixture.collect(at: 40).pointCount == 3)
    }

    @Test func cumulativeHistogramsAddUp() throws {
        var fixture = MetricsFixture(temporality: .cumulative) {
            $0.views = [MetricView(instrumentName: "e", aggregation: .exponentialHistogram())]
        }
        let explicit = Recorder(label: "r", factory: fixture.factory)
        let exponential = Recorder(label: "e", factory: fixture.factory)
        for round in 1...3 {
            for value in [1.0, 100] {
                explicit.record(value * Double(round))
                exponential.record(value * Double(round))
            }
            let metrics = fixture.collect(at: UInt64(round))
            let first = try #require(metrics.first { $0.name == "r" }?.histograms.first)
            let second = try #require(
                metrics.first { $0.name == "e" }?.exponentialHistograms.first
            )
            let sum = 101.0 * Double((1...round).reduce(0, +))
            #expect(first.count == UInt64(2 * round))
            #expect(first.bucketCounts.reduce(0, +) == first.count)
            #expect(first.sum == sum)
            #expect(first.min == 1)
            #expect(first.max == 100 * Double(round))
            #expect(second.count == first.count)
            #expect(second.sum == sum)
            #expect(second.positive.counts.reduce(0, +) == second.count)
            #expect(second.startTime == .epoch)
        }
    }

    @Test func idleSeriesAreReportedInTotalsAndOnlyThere() {
        for temporality in [Temporality.delta, .cumulative] {
            var fixture = MetricsFixture(temporality: temporality)
            Counter(label: "i", factory: fixture.factory).increment(by: 3)
            FloatingPointCounter(label: "d", factory: fixture.factory).increment(by: 1.5)
            Meter(label: "m", factory: fixture.factory).set(4)
            Gauge(label: "g", factory: fixture.factory).record(5)
            Recorder(label: "r", factory: fixture.factory).record(6)
            // Whoever never measured anything is reported to nobody.
            _ = Counter(label: "n", factory: fixture.factory)
            let first = fixture.collect(at: 10)
            #expect(Set(first.map(\.name)) == ["i", "d", "m", "g", "r"])
            let second = fixture.collect(at: 20)
            guard temporality == .cumulative else {
                #expect(second.isEmpty)
                continue
            }
            #expect(second.map(\.name) == first.map(\.name))
            #expect(second.flatMap(\.numbers).map(\.value) == first.flatMap(\.numbers).map(\.value))
            #expect(second.flatMap(\.histograms).map(\.sum) == [6])
            #expect(second.flatMap(\.numbers).allSatisfy { $0.time == .seconds(20) })
            #expect(second.flatMap(\.numbers).allSatisfy { $0.startTime == .epoch })
        }
    }

    @Test func seriesThatIsGoneIsReportedOnceMoreAndStartsAnewWhenItComesBack() throws {
        var fixture = MetricsFixture(temporality: .cumulative)
        let dimensions = [("a", "1")]
        let staying = Counter(label: "c", dimensions: [("a", "2")], factory: fixture.factory)
        staying.increment(by: 10)
        let counter = Counter(label: "c", dimensions: dimensions, factory: fixture.factory)
        counter.increment(by: 3)
        let timer = Timer(label: "t", factory: fixture.factory)
        timer.recordSeconds(1)
        _ = fixture.collect(at: 10)
        counter.increment(by: 2)
        counter.destroy()
        timer.destroy()
        let last = fixture.collect(at: 20)
        #expect(last.values(of: "c") == [.int(5), .int(10)])
        #expect(last.flatMap(\.histograms).map(\.count) == [1])
        #expect(fixture.collect(at: 30).values(of: "c") == [.int(10)])
        #expect(fixture.collect(at: 40).map(\.name) == ["c"])
        Counter(label: "c", dimensions: dimensions, factory: fixture.factory).increment()
        Timer(label: "t", factory: fixture.factory).recordSeconds(2)
        let back = fixture.collect(at: 50)
        let point = try #require(back.first?.numbers.first { $0.value == .int(1) })
        #expect(point.startTime == .seconds(40))
        #expect(back.flatMap(\.histograms).map(\.sum) == [2])
        #expect(back.flatMap(\.histograms).map(\.startTime) == [.seconds(40)])
    }

    @Test func counterThatIsResetStartsAnew() throws {
        var fixture = MetricsFixture(temporality: .cumulative)
        let counter = Counter(label: "c", factory: fixture.factory)
        counter.increment(by: 5)
        _ = fixture.collect(at: 10)
        counter.reset()
        let reset = try #require(fixture.collect(at: 20).first?.numbers.first)
        #expect(reset.value == .int(0))
        #expect(reset.startTime == .seconds(10))
        counter.increment(by: 2)
        let later = try #require(fixture.collect(at: 30).first?.numbers.first)
        #expect(later.value == .int(2))
        #expect(later.startTime == .seconds(10))
    }

    @Test func totalsAreOfNoMoreSeriesThanThereMayBe() {
        var fixture = MetricsFixture(temporality: .cumulative) { $0.cardinalityLimit = 10 }
        var latest = 0
        for round in 1...5 {
            for number in 0..<100 {
                let dimensions = [("n", "\(round).\(number)")]
                let counter = Counter(label: "c", dimensions: dimensions, factory: fixture.factory)
                counter.increment()
                counter.destroy()
            }
            let metrics = fixture.collect(at: UInt64(round))
            latest = metrics.pointCount
            #expect(latest <= 10)
        }
        // All but the overflow series are gone by now, and what it counted stays.
        let metrics = fixture.collect(at: 6)
        #expect(metrics.values(of: "c") == [.int(5 * 91)])
    }

    @Test func oneCollectionServesBothTemporalities() {
        let fixture = MetricsFixture()
        var delta = MetricStreams(temporality: .delta, start: .epoch)
        var cumulative = MetricStreams(temporality: .cumulative, start: .epoch)
        let counter = Counter(label: "c", factory: fixture.factory)
        for total in [2, 4, 6] {
            counter.increment(by: 2)
            let collection = fixture.registry.collect(at: .seconds(UInt64(total)))
            #expect(delta.metrics(from: collection).values(of: "c") == [.int(2)])
            #expect(
                cumulative.metrics(from: collection).values(of: "c") == [.int(Int64(total))]
            )
        }
    }

    @Test func clockThatIsSetBackMakesNoNegativeInterval() throws {
        var fixture = MetricsFixture()
        let counter = Counter(label: "c", factory: fixture.factory)
        _ = fixture.collect(at: 100)
        counter.increment()
        let point = try #require(fixture.collect(at: 50).first?.numbers.first)
        #expect(point.startTime == .seconds(100))
        #expect(point.time == .seconds(100))
    }

    @Test func recreatedMeterStartsAgain() throws {
        var fixture = MetricsFixture()
        let meter = Meter(label: "m", factory: fixture.factory)
        meter.increment(by: 3)
        _ = fixture.collect(at: 10)
        meter.destroy()
        _ = fixture.collect(at: 20)
        Meter(label: "m", factory: fixture.factory).increment()
        let point = try #require(fixture.collect(at: 30).first?.numbers.first)
        #expect(point.value == .double(1))
        #expect(point.startTime == .seconds(20))
    }

    @Test func seriesOfAnInstrumentAreOneMetric() {
        var fixture = MetricsFixture()
        for number in 0..<10 {
            let dimensions = [("n", "\(number)")]
            Counter(label: "a", dimensions: dimensions, factory: fixture.factory).increment()
            Gauge(label: "b", dimensions: dimensions, factory: fixture.factory).record(number)
        }
        let metrics = fixture.collect()
        #expect(metrics.map(\.name) == ["a", "b"])
        #expect(metrics.map(\.pointCount) == [10, 10])
    }
}

@Suite struct MetricBatchesTests {
    private func metric(_ name: String, points: Int) -> Metric {
        let numbers = (0..<points).map {
            NumberPoint(attributes: [:], time: .epoch, value: .int(Int64($0)))
        }
        return Metric(name: name, content: .gauge(numbers))
    }

    @Test(arguments: [1, 2, 3, 7, 10, 2_000])
    func batchesAreFullAndHoldEveryPointOnce(maximum: Int) {
        let sizes = [3, 0, 10, 1, 7]
        let metrics = sizes.enumerated().map { self.metric("\($0.offset)", points: $0.element) }
        let batches = MetricBatches.divide(metrics, maximumPoints: maximum)
        for batch in batches.dropLast() { #expect(batch.pointCount == maximum) }
        #expect((1...maximum).contains(batches.last?.pointCount ?? 0))
        for (number, size) in sizes.enumerated() {
            let values = batches.flatMap { $0 }.filter { $0.name == "\(number)" }
                .flatMap(\.numbers).map(\.value)
            #expect(values == (0..<size).map { .int(Int64($0)) })
        }
    }

    @Test func nothingMakesNoBatch() {
        #expect(MetricBatches.divide([], maximumPoints: 10).isEmpty)
        #expect(MetricBatches.divide([self.metric("a", points: 0)], maximumPoints: 0).isEmpty)
    }

    @Test func everyKindOfPointIsDivided() {
        let histogram = HistogramPoint(attributes: [:], time: .epoch, count: 0, sum: 0)
        let exponential = ExponentialHistogramPoint(
            attributes: [:],
            time: .epoch,
            count: 0,
            sum: 0,
            scale: 0
        )
        let number = NumberPoint(attributes: [:], time: .epoch, value: .int(1))
        let contents: [Metric.Content] = [
            .histogram(Array(repeating: histogram, count: 5), temporality: .delta),
            .exponentialHistogram(Array(repeating: exponential, count: 5), temporality: .delta),
            .sum(Array(repeating: number, count: 5), temporality: .delta, isMonotonic: true),
        ]
        for content in contents {
            let batches = MetricBatches.divide(
                [Metric(name: "m", content: content)],
                maximumPoints: 2
            )
            #expect(batches.map(\.pointCount) == [2, 2, 1])
        }
    }
}
