import CoreMetrics
import TelemetryModel
import Testing

@testable import TelemetryEngine

/// A clock that stands still unless it is told otherwise.
private final class DrivenTime: Sendable {
    private struct State {
        var now: UInt64 = 0
        var sleeper: (until: UInt64, continuation: CheckedContinuation<Void, any Error>)?
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())

    var source: TimeSource {
        TimeSource(
            wallNow: { Timestamp(nanosecondsSinceEpoch: self.now) },
            monotonicNow: { self.now },
            sleep: { try await self.sleep($0) }
        )
    }

    var now: UInt64 { self.state.withLock { $0.now } }

    /// Goes on by whole seconds and wakes whoever sleeps no longer.
    func advance(seconds: UInt64) {
        let woken = self.state.withLock { state -> CheckedContinuation<Void, any Error>? in
            state.now += seconds * 1_000_000_000
            guard let sleeper = state.sleeper, sleeper.until <= state.now else { return nil }
            state.sleeper = nil
            return sleeper.continuation
        }
        woken?.resume()
    }

    /// Waits until somebody sleeps.
    func someoneSleeps() async {
        await withCheckedContinuation { continuation in
            let isSleeping = self.state.withLock { state in
                if state.sleeper == nil { state.watchers.append(continuation) }
                return state.sleeper != nil
            }
            if isSleeping { continuation.resume() }
        }
    }

    private func sleep(_ duration: Duration) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let watchers = self.state.withLock { state in
                    let nanoseconds = duration / .nanoseconds(1)
                    state.sleeper = (state.now + UInt64(nanoseconds), continuation)
                    let watchers = state.watchers
                    state.watchers = []
                    return watchers
                }
                if Task.isCancelled { self.cancel() }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            self.cancel()
        }
    }

    private func cancel() {
        let sleeper = self.state.withLock { state in
            let sleeper = state.sleeper
            state.sleeper = nil
            return sleeper?.continuation
        }
        sleeper?.resume(throwing: CancellationError())
    }
}

/// Keeps what it is given.
private final class Received: Sendable {
    private let batches = Locked<[(MetricPreference.TemporalityPreference, [Metric])]>([])

    func append(_ batch: [Metric], for preference: MetricPreference.TemporalityPreference) {
        self.batches.withLock { $0.append((preference, batch)) }
    }

    /// Everybody's batches.
    var all: [[Metric]] { self.batches.withLock { $0.map(\.1) } }

    /// The batches of those who have that preference.
    subscript(preference: MetricPreference.TemporalityPreference) -> [[Metric]] {
        self.batches.withLock { $0.filter { $0.0 == preference }.map(\.1) }
    }
}

/// Holds whoever comes until it is opened.
private actor Gate {
    private var isOpen = false
    private var held: [CheckedContinuation<Void, Never>] = []
    private var watchers: [CheckedContinuation<Void, Never>] = []

    func pass() async {
        guard !self.isOpen else { return }
        for watcher in self.watchers { watcher.resume() }
        self.watchers = []
        await withCheckedContinuation { self.held.append($0) }
    }

    func someoneWaits() async {
        guard self.held.isEmpty else { return }
        await withCheckedContinuation { self.watchers.append($0) }
    }

    func open() {
        self.isOpen = true
        for continuation in self.held { continuation.resume() }
        self.held = []
    }
}

@Suite(.timeLimit(.minutes(10))) struct MetricAggregatorActorTests {
    @Test func eachTickHandsOverWhatWasMeasured() async {
        let time = DrivenTime()
        let fixture = MetricsFixture()
        let aggregator = MetricAggregatorActor(registry: fixture.registry, time: time.source)
        let counter = Counter(label: "c", factory: fixture.factory)
        let received = Received()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let ticks = MetricTicks(every: .seconds(60), time: time.source)
                await aggregator.run(ticks: ticks) { received.append($0, for: $1) }
            }
            for round in 1...3 {
                await time.someoneSleeps()
                #expect(received.all.count == round - 1)
                counter.increment(by: round)
                time.advance(seconds: 59)
                #expect(received.all.count == round - 1)
                time.advance(seconds: 1)
            }
            await time.someoneSleeps()
            // Nothing was measured: nothing is handed over.
            time.advance(seconds: 60)
            await time.someoneSleeps()
            group.cancelAll()
        }
        #expect(received.all.map { $0.values(of: "c") } == [[.int(1)], [.int(2)], [.int(3)]])
        let points = received.all.flatMap { $0 }.flatMap(\.numbers)
        #expect(points.map(\.startTime) == [.seconds(0), .seconds(60), .seconds(120)])
        #expect(points.map(\.time) == [.seconds(60), .seconds(120), .seconds(180)])
        #expect(await aggregator.pointCount == 3)
    }

    @Test func ticksThatWereMissedAreLeftOutAndTheRestKeepTheirPlace() async {
        let time = DrivenTime()
        let moments = await withTaskGroup(of: [UInt64].self) { group in
            group.addTask {
                let sequence = MetricTicks(every: .seconds(10), time: time.source)
                var ticks = sequence.makeAsyncIterator()
                var moments: [UInt64] = []
                for _ in 0..<3 {
                    guard await ticks.next() != nil else { break }
                    moments.append(time.now / 1_000_000_000)
                    // The first export takes as long as two and a half ticks.
                    if moments.count == 1 { time.advance(seconds: 25) }
                }
                return moments
            }
            await time.someoneSleeps()
            time.advance(seconds: 10)
            await time.someoneSleeps()
            time.advance(seconds: 4)
            time.advance(seconds: 1)
            await time.someoneSleeps()
            time.advance(seconds: 10)
            return await group.next() ?? []
        }
        #expect(moments == [10, 40, 50])
    }

    @Test(arguments: [Duration.zero, .seconds(-5), .seconds(Int64.max)])
    func strangeIntervalsDoNoHarm(interval: Duration) async {
        let time = DrivenTime()
        let ended = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in MetricTicks(every: interval, time: time.source) {}
                return true
            }
            await time.someoneSleeps()
            group.cancelAll()
            return await group.next() ?? false
        }
        #expect(ended)
    }

    @Test func batchesAreBounded() async {
        let fixture = MetricsFixture { $0.cardinalityLimit = nil }
        let aggregator = MetricAggregatorActor(registry: fixture.registry, maximumBatchPoints: 300)
        for number in 0..<1_000 {
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: fixture.factory)
                .increment()
        }
        let received = Received()
        await aggregator.collectNow { received.append($0, for: $1) }
        #expect(received.all.map(\.pointCount) == [300, 300, 300, 100])
    }

    @Test func flushWaitsForTheTickThatIsBeingHandedOver() async {
        let fixture = MetricsFixture()
        let aggregator = MetricAggregatorActor(registry: fixture.registry)
        let counter = Counter(label: "c", factory: fixture.factory)
        let gate = Gate()
        let received = Received()
        counter.increment(by: 1)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await aggregator.collectNow {
                    await gate.pass()
                    received.append($0, for: $1)
                }
            }
            await gate.someoneWaits()
            counter.increment(by: 2)
            for _ in 0..<3 {
                group.addTask {
                    await aggregator.collectNow { received.append($0, for: $1) }
                    // All that was measured before has been handed over, by whomever.
                    let values = received.all.flatMap { $0.values(of: "c") }
                    #expect(values == [.int(1), .int(2)])
                }
            }
            #expect(received.all.isEmpty)
            await gate.open()
        }
        #expect(received.all.flatMap { $0.values(of: "c") } == [.int(1), .int(2)])
    }

    @Test func concurrentCollectionsLoseAndDuplicateNothing() async {
        let fixture = MetricsFixture()
        let aggregator = MetricAggregatorActor(registry: fixture.registry)
        let received = Received()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    let dimensions = [("n", "\(number % 2)")]
                    let factory = fixture.factory
                    let counter = Counter(label: "c", dimensions: dimensions, factory: factory)
                    for _ in 0..<5_000 { counter.increment() }
                }
                group.addTask {
                    for _ in 0..<50 {
                        await aggregator.collectNow {
                            received.append($0, for: $1)
                            await Task.yield()
                        }
                    }
                }
            }
        }
        await aggregator.collectNow { received.append($0, for: $1) }
        let sum = received.all.flatMap { $0.values(of: "c") }.map(\.asDouble).reduce(0, +)
        #expect(sum == 20_000)
    }
}
