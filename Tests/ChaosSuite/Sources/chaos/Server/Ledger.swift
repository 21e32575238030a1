import Synchronization

/// What a server was sent and what it took: its own list, to compare with the books.
final class Ledger: Sendable {
    /// What makes a record different from all others.
    struct Key: Hashable, Sendable, Comparable {
        var run: String
        var signal: Signal
        var sequence: Int

        enum Signal: String, Sendable {
            case span
            case log
        }

        static func < (lhs: Key, rhs: Key) -> Bool {
            (lhs.run, lhs.signal.rawValue, lhs.sequence)
                < (rhs.run, rhs.signal.rawValue, rhs.sequence)
        }
    }

    /// How often a record was taken.
    struct Acceptance: Sendable {
        /// And the client was told.
        var said = 0
        /// And the client could not know.
        var unsaid = 0
        /// When, on the monotonic clock, it was first taken.
        var first: UInt64 = 0
    }

    /// A request that was read.
    struct Request: Sendable {
        /// On the monotonic clock.
        var time: UInt64
        var path: String
        var authorization: String?
        /// The records in it, `nil` for items that are none of the emitters' records.
        var keys: [Key?]
        var durations: [Double]
        /// What it was answered; 0 for no answer.
        var status = 0

        var records: [Key] { self.keys.compactMap(\.self) }
    }

    /// What a server does wrong, to see whether that is found out.
    enum Sabotage: String, Sendable {
        case loses
        case repeats
    }

    private struct State {
        var requests: [Request] = []
        var accepted: [Key: Acceptance] = [:]
        var unreadable = 0
        var elsewhere = 0
    }

    private let state = Mutex(State())
    private let sabotage: Sabotage?

    init(sabotage: Sabotage? = nil) { self.sabotage = sabotage }

    var requests: [Request] { self.state.withLock { $0.requests } }
    var accepted: [Key: Acceptance] { self.state.withLock { $0.accepted } }
    /// How many different records were taken.
    var acceptedCount: Int { self.state.withLock { $0.accepted.count } }
    /// Requests whose body was no list of items.
    var unreadable: Int { self.state.withLock { $0.unreadable } }
    /// Requests to other paths than that of ingestion.
    var elsewhere: Int { self.state.withLock { $0.elsewhere } }

    /// Enters a request; returns its number.
    func received(_ request: Request) -> Int {
        self.state.withLock { state in
            state.requests.append(request)
            return state.requests.count - 1
        }
    }

    func answered(_ number: Int, status: Int) {
        self.state.withLock { $0.requests[number].status = status }
    }

    func receivedUnreadable() { self.state.withLock { $0.unreadable += 1 } }

    func receivedElsewhere() { self.state.withLock { $0.elsewhere += 1 } }

    /// Takes records; nobody knows of it yet.
    func accept(_ keys: [Key]) {
        let now = MonotonicTime.now
        self.state.withLock { state in
            for key in keys {
                var times = 1
                if key.sequence == 7, let sabotage = self.sabotage {
                    times = sabotage == .loses ? 0 : 2
                }
                for _ in 0..<times {
                    state.accepted[key, default: Acceptance(first: now)].unsaid += 1
                }
            }
        }
    }

    /// The client is told that records were taken.
    func said(_ keys: [Key]) {
        self.state.withLock { state in
            for key in keys where (state.accepted[key]?.unsaid ?? 0) > 0 {
                state.accepted[key]?.said += 1
                state.accepted[key]?.unsaid -= 1
            }
        }
    }

    /// The client did not hear it after all.
    func unsaid(_ keys: [Key]) {
        self.state.withLock { state in
            for key in keys where (state.accepted[key]?.said ?? 0) > 0 {
                state.accepted[key]?.said -= 1
                state.accepted[key]?.unsaid += 1
            }
        }
    }
}
