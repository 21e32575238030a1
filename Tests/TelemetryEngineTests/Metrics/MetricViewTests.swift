import CoreMetrics
import TelemetryModel
import Testing

@testable import TelemetryEngine

@Suite struct MetricViewTests {
    @Test(arguments: [
        ("a", "a", true), ("a", "b", false), ("a", "aa", false), ("*", "", true),
        ("*", "anything", true), ("a*", "a", true), ("a*", "abc", true), ("*c", "abc", true),
        ("*c", "abcd", false), ("a*c*e", "abcde", true), ("a*c*e", "abcd", false),
        ("a?c", "abc", true), ("a?c", "ac", false), ("?", "", false), ("?", "é", true),
        ("**", "x", true), ("*a*b", "aab", true), ("http.*.duration", "http.server.duration", true),
        ("", "", true), ("", "a", false), ("a.c", "abc", false), ("A", "a", false),
    ])
    func patternMatches(pattern: String, label: String, isMatch: Bool) {
        #expect(MetricView(instrumentName: pattern).matches(label) == isMatch)
    }

    @Test func patternOfManyStarsIsQuick() {
        let pattern = String(repeating: "*a", count: 50) + "b"
        let label = String(repeating: "a", count: 5_000)
        #expect(!MetricView(instrumentName: pattern).matches(label))
    }

    @Test func droppedInstrumentsMakeNoSeries() {
        var fixture = MetricsFixture {
            $0.views = [MetricView(instrumentName: "noisy.*", aggregation: .drop)]
        }
        Counter(label: "noisy.c", factory: fixture.factory).increment()
        Timer(label: "noisy.t", factory: fixture.factory).recordSeconds(1)
        Counter(label: "kept", factory: fixture.factory).increment()
        #expect(fixture.collect().map(\.name) == ["kept"])
        #expect(fixture.registry.counts.series == 1)
    }

    @Test func firstMatchingViewApplies() {
        var fixture = MetricsFixture {
            $0.views = [
                MetricView(instrumentName: "a", name: "renamed"),
                MetricView(instrumentName: "*", aggregation: .drop),
            ]
        }
        Counter(label: "a", factory: fixture.factory).increment()
        Counter(label: "b", factory: fixture.factory).increment()
        #expect(fixture.collect().map(\.name) == ["renamed"])
    }

    @Test func boundsAreSortedAndCleaned() throws {
        var fixture = MetricsFixture {
            let bounds = [10, .nan, 1, .infinity, 10, 5]
            $0.views = [MetricView(instrumentName: "r", aggregation: .explicitBuckets(bounds))]
        }
        let recorder = Recorder(label: "r", factory: fixture.factory)
        for value in [1, 2, 10, 11] { recorder.record(value) }
        let point = try #require(fixture.collect().first?.histograms.first)
        #expect(point.bounds == [1, 5, 10])
        #expect(point.bucketCounts == [1, 1, 1, 1])
    }

    @Test func histogramMayHaveNoBounds() throws {
        var fixture = MetricsFixture {
            $0.views = [MetricView(instrumentName: "r", aggregation: .explicitBuckets([]))]
        }
        Recorder(label: "r", factory: fixture.factory).record(3)
        let point = try #require(fixture.collect().first?.histograms.first)
        #expect(point.bounds.isEmpty)
        #expect(point.bucketCounts == [1])
    }

    @Test func timersAndRecordersBecomeExponentialButCountersDoNot() throws {
        var fixture = MetricsFixture {
            $0.views = [MetricView(instrumentName: "*", aggregation: .exponentialHistogram())]
        }
        Timer(label: "t", factory: fixture.factory).recordSeconds(2)
        Recorder(label: "r", factory: fixture.factory).record(-4)
        Counter(label: "c", factory: fixture.factory).increment()
        let metrics = fixture.collect()
        let timer = try #require(metrics.first { $0.name == "t" }?.exponentialHistograms.first)
        #expect(timer.scale == 20)
        #expect(timer.positive == .init(offset: (1 << 20) - 1, counts: [1]))
        #expect(timer.sum == 2)
        let recorder = try #require(metrics.first { $0.name == "r" }?.exponentialHistograms.first)
        #expect(recorder.negative == .init(offset: (2 << 20) - 1, counts: [1]))
        #expect(metrics.values(of: "c") == [.int(1)])
    }

    @Test(arguments: [
        (MetricView.AttributeSelection.only(["route"]), 2),
        (.except(["user"]), 2),
        (.except(["user", "route"]), 1),
        (.only([]), 1),
    ])
    func removedAttributesMakeNoSeries(selection: MetricView.AttributeSelection, series: Int) {
        var fixture = MetricsFixture {
            $0.cardinalityLimit = 10
            $0.views = [MetricView(instrumentName: "c", attributes: selection)]
        }
        for user in 0..<100 {
            let dimensions = [("route", "/\(user % 2)"), ("user", "\(user)")]
            Counter(label: "c", dimensions: dimensions, factory: fixture.factory).increment()
        }
        #expect(fixture.registry.counts.series == series)
        #expect(fixture.registry.counts.overflows == 0)
        let points = fixture.collect().flatMap(\.numbers)
        #expect(points.map(\.value.asDouble).reduce(0, +) == 100)
        #expect(points.allSatisfy { $0.attributes["user"] == nil })
    }

    @Test func seriesOfAViewCanBeDestroyed() {
        var fixture = MetricsFixture {
            $0.views = [MetricView(instrumentName: "c", attributes: .only(["a"]))]
        }
        let dimensions = [("a", "1"), ("b", "2")]
        let counter = Counter(label: "c", dimensions: dimensions, factory: fixture.factory)
        counter.increment()
        counter.destroy()
        #expect(fixture.collect().pointCount == 1)
        #expect(fixture.registry.counts.series == 0)
    }
}
