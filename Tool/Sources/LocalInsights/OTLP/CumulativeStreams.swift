import TelemetryModel

/// Remembers what cumulative streams had counted, and says what came since.
///
/// A stream is a series (resource, scope, instrument, attributes) since one start. A series that is
/// reset, or that several processes write under one name, is thereby several streams, each with
/// deltas of its own.
///
/// | Point                                                       | What it adds                    |
/// | ----------------------------------------------------------- | ------------------------------- |
/// | the first of a stream, whenever it began                    | all of it                       |
/// | the first of a stream that may have been forgotten          | nothing: how much of it was counted before, nobody knows |
/// | a later one, with more                                      | the difference                  |
/// | a later one, with as much                                   | nothing, and no row             |
/// | a later one, with less                                      | all of it: the count began anew |
/// | one that is not newer than the last                         | nothing: the last contains it   |
/// | one that is not a number, or infinite                       | itself, and is not remembered   |
///
/// At most ``maximumStreams`` are remembered; those not heard of for longest are forgotten first.
/// A stream that comes back after that must not be counted twice, and looks like a new one. So
/// from then on the first point of a stream that began no later than a forgotten one adds nothing.
struct CumulativeStreams: Sendable {
    /// What tells streams apart.
    struct Key: Hashable, Sendable {
        /// A hash of everything that names the series, seeded at random in each process.
        ///
        /// 64 bits for 100,000 series: that any two meet has a chance of 1 in 3,700,000,000.
        var series: Int
        /// When the stream began; the epoch if it does not say.
        var start: Timestamp
    }

    /// What a stream has counted so far, or since.
    enum Amount: Hashable, Sendable {
        case sum(NumberPoint.Value)
        case distribution(Distribution)
    }

    /// The parts of a histogram that have a place in the tables.
    struct Distribution: Hashable, Sendable {
        var count: UInt64
        var sum: Double?
        var min: Double?
        var max: Double?
    }

    /// What is to be done with a point.
    enum Answer: Hashable, Sendable {
        /// It stands for this much, counted since then.
        case report(Amount, since: Timestamp)
        /// It adds nothing.
        case ignore
    }

    /// How many streams are remembered; one takes about 200 bytes.
    static let maximumStreams = 100_000

    private struct Stream {
        var start: Timestamp
        var time: Timestamp
        var amount: Amount
    }

    private var streams: RecentlyUsed<Key, Stream>
    /// The latest start of those that were forgotten.
    private var forgottenStart = Timestamp.epoch
    private var hasForgottenStartless = false

    /// Creates a memory without streams.
    init(maximumStreams: Int = Self.maximumStreams) {
        self.streams = RecentlyUsed(capacity: maximumStreams)
    }

    /// How many streams are remembered.
    var count: Int { self.streams.count }

    /// A point has arrived.
    mutating func arrived(_ amount: Amount, of key: Key, at time: Timestamp) -> Answer {
        guard amount.isFinite else { return .report(amount, since: key.start) }
        let answer = self.streams.use(key) { stream -> Answer in
            // A point without a time is as new as its arrival.
            guard time > stream.time || time == .epoch else { return .ignore }
            let since = stream.time
            let delta = amount.difference(since: stream.amount)
            stream.time = max(stream.time, time)
            stream.amount = amount
            return delta.map { .report($0, since: since) } ?? .ignore
        }
        if let answer { return answer }
        let isNew = self.isNew(key)
        let stream = Stream(start: key.start, time: time, amount: amount)
        if let forgotten = self.streams.insert(key, stream) {
            self.forgottenStart = max(self.forgottenStart, forgotten.start)
            if forgotten.start == .epoch { self.hasForgottenStartless = true }
        }
        return isNew && !amount.isZero ? .report(amount, since: key.start) : .ignore
    }

    /// Whether an unknown stream cannot be one that was forgotten.
    private func isNew(_ key: Key) -> Bool {
        key.start == .epoch ? !self.hasForgottenStartless : key.start > self.forgottenStart
    }
}

extension CumulativeStreams.Amount {
    /// Whether there is something to count with.
    fileprivate var isFinite: Bool {
        switch self {
        case .sum(.int): true
        case .sum(.double(let value)): value.isFinite
        case .distribution(let distribution): distribution.sum?.isFinite ?? true
        }
    }

    fileprivate var isZero: Bool {
        switch self {
        case .sum(let value): value.asDouble == 0
        case .distribution(let distribution): distribution.count == 0
        }
    }

    /// What came since `earlier`; `nil` if nothing did.
    fileprivate func difference(since earlier: Self) -> Self? {
        switch (self, earlier) {
        case (.sum(let now), .sum(let then)):
            now.difference(since: then).map { .sum($0) }
        case (.distribution(let now), .distribution(let then)):
            now.difference(since: then).map { .distribution($0) }
        case (.sum, .distribution), (.distribution, .sum):
            // The kind is part of the series' name, so this takes two names with one hash.
            nil
        }
    }
}

extension NumberPoint.Value {
    fileprivate func difference(since earlier: Self) -> Self? {
        if case .int(let now) = self, case .int(let then) = earlier {
            guard now != then else { return nil }
            guard now > then else { return self }
            let (difference, isOverflow) = now.subtractingReportingOverflow(then)
            return isOverflow ? .double(Double(now) - Double(then)) : .int(difference)
        }
        let (now, then) = (self.asDouble, earlier.asDouble)
        guard now != then else { return nil }
        return now > then ? .double(now - then) : self
    }
}

extension CumulativeStreams.Distribution {
    /// What came since; `nil` if nothing did.
    ///
    /// The smallest and largest value are those of the whole stream. They are known for a part of
    /// it only if they fell into it.
    fileprivate func difference(since earlier: Self) -> Self? {
        guard self.count != earlier.count else { return nil }
        guard self.count > earlier.count, earlier.count > 0 else { return self }
        var difference = Self(count: self.count - earlier.count)
        if let now = self.sum, let then = earlier.sum { difference.sum = now - then }
        if let now = self.min, let then = earlier.min, now < then { difference.min = now }
        if let now = self.max, let then = earlier.max, now > then { difference.max = now }
        return difference
    }
}
