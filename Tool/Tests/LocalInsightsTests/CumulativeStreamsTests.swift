import TelemetryModel
import Testing

@testable import LocalInsights

/// What came since, told from what was counted so far.
@Suite struct CumulativeStreamsTests {
    /// A point, and what it is to stand for; `nil` if it adds nothing.
    struct Step: Sendable {
        var start: UInt64
        var time: UInt64
        var amount: CumulativeStreams.Amount
        var delta: CumulativeStreams.Amount?
        var since: UInt64 = 0
    }

    struct Scenario: Sendable, CustomTestStringConvertible {
        var name: String
        var steps: [Step]
        var testDescription: String { self.name }
    }

    private static func number(
        _ start: UInt64,
        _ time: UInt64,
        _ value: NumberPoint.Value,
        adds delta: NumberPoint.Value?,
        since: UInt64 = 0
    ) -> Step {
        Step(
            start: start,
            time: time,
            amount: .sum(value),
            delta: delta.map { .sum($0) },
            since: since
        )
    }

    private static func histogram(
        _ start: UInt64,
        _ time: UInt64,
        _ values: (count: UInt64, sum: Double?, min: Double?, max: Double?),
        adds delta: (count: UInt64, sum: Double?, min: Double?, max: Double?)?,
        since: UInt64 = 0
    ) -> Step {
        Step(
            start: start,
            time: time,
            amount: .distribution(
                .init(count: values.count, sum: values.sum, min: values.min, max: values.max)
            ),
            delta: delta.map { delta in
                .distribution(
                    .init(count: delta.count, sum: delta.sum, min: delta.min, max: delta.max)
                )
            },
            since: since
        )
    }

    static let scenarios: [Scenario] = [
        Scenario(
            name: "a stream counts from zero",
            steps: [
                Self.number(1000, 1010, .int(5), adds: .int(5), since: 1000),
                Self.number(1000, 1020, .int(7), adds: .int(2), since: 1010),
                Self.number(1000, 1030, .int(17), adds: .int(10), since: 1020),
            ]
        ),
        Scenario(
            name: "a stream without a start counts from zero",
            steps: [
                Self.number(0, 1010, .double(0.5), adds: .double(0.5)),
                Self.number(0, 1020, .double(2), adds: .double(1.5), since: 1010),
            ]
        ),
        Scenario(
            name: "nothing new is no row",
            steps: [
                Self.number(1000, 1010, .int(0), adds: nil),
                Self.number(1000, 1020, .int(3), adds: .int(3), since: 1010),
                Self.number(1000, 1030, .int(3), adds: nil),
                Self.number(1000, 1040, .int(4), adds: .int(1), since: 1030),
            ]
        ),
        Scenario(
            name: "what is not newer is contained in the last",
            steps: [
                Self.number(1000, 1010, .int(5), adds: .int(5), since: 1000),
                Self.number(1000, 1010, .int(5), adds: nil),
                Self.number(1000, 1030, .int(9), adds: .int(4), since: 1010),
                Self.number(1000, 1020, .int(7), adds: nil),
                Self.number(1000, 1040, .int(10), adds: .int(1), since: 1030),
            ]
        ),
        Scenario(
            name: "a count that falls began anew",
            steps: [
                Self.number(0, 1010, .int(5), adds: .int(5)),
                Self.number(0, 1020, .int(2), adds: .int(2), since: 1010),
                Self.number(0, 1030, .int(6), adds: .int(4), since: 1020),
                Self.number(0, 1040, .double(1.5), adds: .double(1.5), since: 1030),
            ]
        ),
        Scenario(
            name: "a start that moves is another stream",
            steps: [
                Self.number(1000, 1010, .int(5), adds: .int(5), since: 1000),
                Self.number(1015, 1020, .int(7), adds: .int(7), since: 1015),
                Self.number(1015, 1030, .int(8), adds: .int(1), since: 1020),
            ]
        ),
        Scenario(
            name: "two processes under one name do not disturb each other",
            steps: [
                Self.number(1000, 1010, .int(5), adds: .int(5), since: 1000),
                Self.number(1001, 1011, .int(50), adds: .int(50), since: 1001),
                Self.number(1000, 1020, .int(6), adds: .int(1), since: 1010),
                Self.number(1001, 1021, .int(52), adds: .int(2), since: 1011),
            ]
        ),
        Scenario(
            name: "points without a time are as new as their arrival",
            steps: [
                Self.number(1000, 0, .int(5), adds: .int(5), since: 1000),
                Self.number(1000, 0, .int(6), adds: .int(1)),
            ]
        ),
        Scenario(
            name: "integers and doubles may follow each other",
            steps: [
                Self.number(1000, 1010, .int(5), adds: .int(5), since: 1000),
                Self.number(1000, 1020, .double(5.5), adds: .double(0.5), since: 1010),
                Self.number(1000, 1030, .int(6), adds: .double(0.5), since: 1020),
            ]
        ),
        Scenario(
            name: "the whole range of integers is counted",
            steps: [
                Self.number(1000, 1010, .int(.min), adds: .int(.min), since: 1000),
                Self.number(1000, 1020, .int(.max), adds: .double(0x1p64), since: 1010),
            ]
        ),
        Scenario(
            name: "what is no number passes and is not remembered",
            steps: [
                Self.number(1000, 1010, .int(5), adds: .int(5), since: 1000),
                Self.number(
                    1000,
                    1020,
                    .double(.infinity),
                    adds: .double(.infinity),
                    since: 1000
                ),
                Self.number(1000, 1030, .int(7), adds: .int(2), since: 1010),
            ]
        ),
        Scenario(
            name: "histograms count from zero, too",
            steps: [
                Self.histogram(1000, 1010, (2, 3, 1, 2), adds: (2, 3, 1, 2), since: 1000),
                Self.histogram(1000, 1020, (3, 4.5, 1, 2), adds: (1, 1.5, nil, nil), since: 1010),
                Self.histogram(1000, 1030, (5, 5, 0.25, 2), adds: (2, 0.5, 0.25, nil), since: 1020),
                Self.histogram(1000, 1040, (6, 14, 0.25, 9), adds: (1, 9, nil, 9), since: 1030),
                Self.histogram(1000, 1050, (6, 14, 0.25, 9), adds: nil),
            ]
        ),
        Scenario(
            name: "a histogram that was empty gives all it has",
            steps: [
                Self.histogram(1000, 1010, (0, 0, nil, nil), adds: nil),
                Self.histogram(1000, 1020, (2, 3, 1, 2), adds: (2, 3, 1, 2), since: 1010),
            ]
        ),
        Scenario(
            name: "a histogram that counts less began anew, one whose sum falls did not",
            steps: [
                Self.histogram(0, 1010, (5, 10, 1, 4), adds: (5, 10, 1, 4)),
                Self.histogram(0, 1020, (6, 2, -8, 4), adds: (1, -8, -8, nil), since: 1010),
                Self.histogram(0, 1030, (2, 3, 1, 2), adds: (2, 3, 1, 2), since: 1020),
            ]
        ),
        Scenario(
            name: "a histogram without a sum has none in its deltas",
            steps: [
                Self.histogram(1000, 1010, (1, nil, 1, 1), adds: (1, nil, 1, 1), since: 1000),
                Self.histogram(1000, 1020, (2, nil, 1, 1), adds: (1, nil, nil, nil), since: 1010),
            ]
        ),
    ]

    @Test(arguments: Self.scenarios)
    func `each point adds what came since the last`(scenario: Scenario) {
        var streams = CumulativeStreams()
        for (index, step) in scenario.steps.enumerated() {
            let answer = streams.arrived(
                step.amount,
                of: .init(series: 1, start: Timestamp(nanosecondsSinceEpoch: step.start)),
                at: Timestamp(nanosecondsSinceEpoch: step.time)
            )
            let expected: CumulativeStreams.Answer =
                step.delta.map {
                    .report($0, since: Timestamp(nanosecondsSinceEpoch: step.since))
                } ?? .ignore
            #expect(answer == expected, "step \(index)")
        }
    }

    @Test func `what is not a number is not remembered`() {
        var streams = CumulativeStreams()
        let key = CumulativeStreams.Key(series: 1, start: .epoch)
        let time = Timestamp(nanosecondsSinceEpoch: 5)
        guard
            case .report(.sum(.double(let value)), _) = streams.arrived(
                .sum(.double(.nan)),
                of: key,
                at: time
            )
        else {
            Issue.record("the point did not pass")
            return
        }
        #expect(value.isNaN)
        #expect(streams.count == 0)
        #expect(
            streams.arrived(.sum(.int(4)), of: key, at: time)
                == .report(.sum(.int(4)), since: .epoch)
        )
    }

    private static func arrive(
        _ series: Int,
        start: UInt64,
        time: UInt64,
        _ value: Int64,
        in streams: inout CumulativeStreams
    ) -> Int64? {
        let answer = streams.arrived(
            .sum(.int(value)),
            of: .init(series: series, start: Timestamp(nanosecondsSinceEpoch: start)),
            at: Timestamp(nanosecondsSinceEpoch: time)
        )
        guard case .report(.sum(.int(let delta)), _) = answer else { return nil }
        return delta
    }

    @Test func `the stream that was not heard of for longest is forgotten, and not counted twice`()
    {
        var streams = CumulativeStreams(maximumStreams: 3)
        for series in 1...3 {
            #expect(Self.arrive(series, start: 1000, time: 1010, 10, in: &streams) == 10)
        }
        #expect(Self.arrive(1, start: 1000, time: 1020, 11, in: &streams) == 1)
        // The second makes room.
        #expect(Self.arrive(4, start: 1005, time: 1020, 7, in: &streams) == 7)
        #expect(streams.count == 3)
        #expect(Self.arrive(1, start: 1000, time: 1030, 13, in: &streams) == 2)
        // It comes back: how much of it was new nobody knows. The third makes room.
        #expect(Self.arrive(2, start: 1000, time: 1030, 12, in: &streams) == nil)
        #expect(Self.arrive(2, start: 1000, time: 1040, 13, in: &streams) == 1)
        // What began later than all that were forgotten was never here.
        #expect(Self.arrive(5, start: 1001, time: 1040, 6, in: &streams) == 6)
        #expect(streams.count == 3)
    }

    @Test func `once a stream without a start is forgotten, none counts from zero`() {
        var streams = CumulativeStreams(maximumStreams: 1)
        #expect(Self.arrive(1, start: 0, time: 10, 5, in: &streams) == 5)
        #expect(Self.arrive(2, start: 7, time: 10, 5, in: &streams) == 5)
        #expect(Self.arrive(1, start: 0, time: 20, 9, in: &streams) == nil)
        #expect(Self.arrive(1, start: 0, time: 30, 10, in: &streams) == 1)
        #expect(Self.arrive(2, start: 7, time: 20, 9, in: &streams) == nil)
        #expect(Self.arrive(3, start: 8, time: 20, 9, in: &streams) == 9)
    }

    @Test func `the deltas of any stream add up to its total`() {
        var random = SplitMix(state: 7)
        var streams = CumulativeStreams(maximumStreams: 1_000)
        var totals = [Int64](repeating: 0, count: 500)
        var sums = totals
        for step in 0..<20_000 {
            let series = Int(random.next() % 500)
            totals[series] += Int64(random.next() % 3)
            sums[series] +=
                Self.arrive(
                    series,
                    start: 1,
                    time: UInt64(step) + 2,
                    totals[series],
                    in: &streams
                ) ?? 0
        }
        #expect(sums == totals)
        #expect(totals.allSatisfy { $0 > 0 })
    }

    @Test func `a dictionary of those used of late holds what a list would`() {
        var random = SplitMix(state: 11)
        var used = RecentlyUsed<Int, Int>(capacity: 20)
        var list: [(key: Int, value: Int)] = []
        for step in 0..<20_000 {
            let key = Int(random.next() % 40)
            let found = used.use(key) { value -> Int in
                value += 1
                return value
            }
            if let place = list.firstIndex(where: { $0.key == key }) {
                var element = list.remove(at: place)
                element.value += 1
                #expect(found == element.value)
                list.append(element)
            } else {
                #expect(found == nil)
                let removed = list.count == 20 ? list.removeFirst().value : nil
                #expect(used.insert(key, step) == removed)
                list.append((key, step))
            }
            #expect(used.count == list.count)
        }
    }
}

/// Numbers that look random and are always the same.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
