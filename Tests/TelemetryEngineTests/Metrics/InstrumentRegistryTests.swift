import CoreMetrics
import TelemetryModel
import Testing

@testable import TelemetryEngine

@Suite struct InstrumentRegistryTests {
    @Test func seriesBeyondTheLimitShareOne() throws {
        var fixture = MetricsFixture { $0.cardinalityLimit = 4 }
        for number in 0..<10 {
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: fixture.factory)
                .increment()
        }
        Counter(label: "other", dimensions: [("n", "0")], factory: fixture.factory).increment()
        let metrics = fixture.collect()
        let points = metrics.filter { $0.name == "c" }.flatMap(\.numbers)
        #expect(points.count == 4)
        let overflow = points.filter { $0.attributes == ["otel.metric.overflow": true] }
        #expect(overflow.map(\.value) == [.int(7)])
        #expect(metrics.values(of: "other") == [.int(1)], "each instrument has its own limit")
        #expect(fixture.registry.counts.overflows == 7)
        #expect(fixture.registry.takeNotices() == [.cardinalityLimitReached(label: "c")])
    }

    @Test(arguments: [2_000, 2_001])
    func defaultLimitIsTwoThousandWithTheOverflow(count: Int) {
        var fixture = MetricsFixture()
        for number in 0..<count {
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: fixture.factory)
                .increment()
        }
        #expect(fixture.collect().pointCount == 2_000)
        #expect(fixture.registry.counts.overflows == count - 1_999)
    }

    @Test func withoutALimitEverySeriesIsItsOwn() {
        var fixture = MetricsFixture { $0.cardinalityLimit = nil }
        for number in 0..<5_000 {
            let dimensions = [("seq", "\(number)"), ("run", "r")]
            Counter(label: "generate.items", dimensions: dimensions, factory: fixture.factory)
                .increment()
        }
        let points = fixture.collect().flatMap(\.numbers)
        #expect(Set(points.map(\.attributes)).count == 5_000)
        #expect(points.allSatisfy { $0.value == .int(1) })
    }

    @Test func tinyLimitLeavesTheOverflowOnly() {
        for limit in [-1, 0, 1] {
            var fixture = MetricsFixture { $0.cardinalityLimit = limit }
            Gauge(label: "g", dimensions: [("a", "1")], factory: fixture.factory).record(1)
            let points = fixture.collect().flatMap(\.numbers)
            #expect(points.map(\.attributes) == [["otel.metric.overflow": true]])
        }
    }

    @Test func instrumentsBeyondTheLimitAreCountedAndMeasureNothing() {
        var fixture = MetricsFixture { $0.instrumentLimit = 2 }
        for label in ["a", "b", "c", "d", "a"] {
            Counter(label: label, factory: fixture.factory).increment()
        }
        Timer(label: "t", factory: fixture.factory).recordSeconds(1)
        Recorder(label: "r", factory: fixture.factory).record(1)
        Meter(label: "m", factory: fixture.factory).increment()
        FloatingPointCounter(label: "f", factory: fixture.factory).increment()
        let metrics = fixture.collect()
        #expect(metrics.values(of: "a") == [.int(2)])
        #expect(metrics.map(\.name).sorted() == ["a", "b"])
        #expect(fixture.registry.counts.refused == 6)
        #expect(fixture.registry.takeNotices() == [.instrumentLimitReached])
    }

    @Test func destroyedSeriesIsReportedOnceMoreAndGoes() {
        var fixture = MetricsFixture()
        let counter = Counter(label: "c", dimensions: [("a", "1")], factory: fixture.factory)
        counter.increment(by: 3)
        counter.destroy()
        counter.destroy()
        #expect(fixture.collect().values(of: "c") == [.int(3)])
        #expect(fixture.registry.counts.series == 0)
        #expect(fixture.registry.counts.instruments == 0)
        #expect(fixture.collect().isEmpty)
    }

    @Test func recreatedSeriesContinues() throws {
        var fixture = MetricsFixture(temporality: .cumulative)
        let counter = Counter(label: "c", factory: fixture.factory)
        counter.increment(by: 3)
        counter.destroy()
        // Made again before it was reported: the same series.
        let again = Counter(label: "c", factory: fixture.factory)
        again.increment(by: 4)
        #expect(fixture.collect(at: 10).values(of: "c") == [.int(7)])
        again.increment()
        #expect(fixture.collect(at: 20).values(of: "c") == [.int(8)])
        again.destroy()
        // Once more, although nothing came.
        #expect(fixture.collect(at: 30).values(of: "c") == [.int(8)])
        // Made again after it went: a new one, which counts from then on.
        Counter(label: "c", factory: fixture.factory).increment(by: 5)
        let point = try #require(fixture.collect(at: 40).first?.numbers.first)
        #expect(point.value == .int(5))
        #expect(point.startTime == .seconds(30))
    }

    @Test func seriesStaysUntilItsLastInstrumentIsDestroyed() {
        var fixture = MetricsFixture()
        let first = Counter(label: "c", factory: fixture.factory)
        let second = Counter(label: "c", factory: fixture.factory)
        first.destroy()
        _ = fixture.collect()
        #expect(fixture.registry.counts.series == 1)
        second.increment()
        #expect(fixture.collect().values(of: "c") == [.int(1)])
        second.destroy()
        _ = fixture.collect()
        #expect(fixture.registry.counts.series == 0)
    }

    @Test func seriesOfInstrumentsThatNobodyHoldsGoesWhenOneIsDestroyed() {
        var fixture = MetricsFixture()
        for _ in 0..<100 {
            Counter(label: "c", factory: fixture.factory).increment()
        }
        #expect(fixture.collect().values(of: "c") == [.int(100)])
        #expect(fixture.registry.counts.series == 1)
        Counter(label: "c", factory: fixture.factory).destroy()
        Counter(label: "c", factory: fixture.factory).increment()
        #expect(fixture.collect().values(of: "c") == [.int(1)])
        #expect(fixture.registry.counts.series == 0)
    }

    @Test func seriesThatNobodyDestroysStays() {
        var fixture = MetricsFixture(temporality: .cumulative)
        for expected in 1...3 {
            Counter(label: "c", factory: fixture.factory).increment()
            #expect(fixture.collect().values(of: "c") == [.int(Int64(expected))])
        }
    }

    @Test func destroyingMakesRoomAndKeepsTheOthersApart() {
        var fixture = MetricsFixture { $0.cardinalityLimit = 11 }
        let counters = (0..<10).map {
            Counter(label: "c", dimensions: [("n", "\($0)")], factory: fixture.factory)
        }
        for counter in counters[0..<5] { counter.destroy() }
        #expect(fixture.collect().isEmpty)
        #expect(fixture.registry.counts.series == 5)
        // Those that stayed are still found, under their own dimensions.
        for (number, counter) in counters.enumerated().dropFirst(5) {
            counter.increment(by: number)
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: fixture.factory)
                .increment(by: number)
        }
        for number in 10..<15 {
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: fixture.factory)
                .increment(by: 2 * number)
        }
        let points = fixture.collect().flatMap(\.numbers)
        let found = Dictionary(uniqueKeysWithValues: points.map { ($0.attributes, $0.value) })
        let expected = (5..<15).map {
            (["n": .string("\($0)")] as Attributes, NumberPoint.Value.int(Int64(2 * $0)))
        }
        #expect(found == Dictionary(uniqueKeysWithValues: expected))
        #expect(fixture.registry.counts.overflows == 0)
    }

    @Test func destroyedHandleOfAnEarlierSeriesDoesNotTouchALaterOne() {
        var fixture = MetricsFixture()
        let early = Counter(label: "c", factory: fixture.factory)
        early.destroy()
        _ = fixture.collect()
        let late = Counter(label: "c", factory: fixture.factory)
        early.destroy()
        late.increment()
        #expect(fixture.collect().values(of: "c") == [.int(1)])
        #expect(fixture.registry.counts.series == 1)
    }

    @Test func foreignAndOverflowHandlersMayBeDestroyed() {
        var fixture = MetricsFixture { $0.cardinalityLimit = 1 }
        let counter = Counter(label: "c", factory: fixture.factory)
        counter.increment()
        counter.destroy()
        fixture.factory.destroyCounter(NOOPMetricsHandler.instance)
        fixture.factory.destroyTimer(NOOPMetricsHandler.instance)
        #expect(fixture.collect().pointCount == 1)
        counter.increment()
        #expect(fixture.collect().pointCount == 1)
    }

    @Test func everyKindCanBeDestroyed() {
        var fixture = MetricsFixture()
        let factory = fixture.factory
        let counter = Counter(label: "a", factory: factory)
        let double = FloatingPointCounter(label: "b", factory: factory)
        let meter = Meter(label: "c", factory: factory)
        let gauge = Gauge(label: "d", factory: factory)
        let recorder = Recorder(label: "e", factory: factory)
        let timer = Timer(label: "f", factory: factory)
        #expect(fixture.registry.counts.series == 6)
        counter.destroy()
        double.destroy()
        meter.destroy()
        gauge.destroy()
        recorder.destroy()
        timer.destroy()
        _ = fixture.collect()
        #expect(fixture.registry.counts.series == 0)
    }

    @Test(arguments: [100, 1_000, 10_000])
    func collectionLooksAtEachSeriesOnce(count: Int) {
        let fixture = MetricsFixture { $0.cardinalityLimit = nil }
        for number in 0..<count {
            let label = "c\(number % 7)"
            Counter(label: label, dimensions: [("n", "\(number)")], factory: fixture.factory)
                .increment()
        }
        let first = fixture.registry.collect(at: .epoch)
        #expect(first.visitedSeries == count)
        #expect(first.groups.reduce(0) { $0 + $1.integers.count } == count)
        let second = fixture.registry.collect(at: .epoch)
        #expect(second.visitedSeries == count)
        #expect(second.groups.isEmpty)
    }
}
