import Synchronization

/// What all connections together have seen.
final class Tally: Sendable {
    struct Totals: Sendable {
        var requests = 0
        /// All bytes of requests, header fields included.
        var bytes = 0
        var items = 0
    }

    private let state = Mutex(Totals())

    var totals: Totals { self.state.withLock { $0 } }

    func add(bytes: Int, items: Int) {
        self.state.withLock { totals in
            totals.requests += 1
            totals.bytes += bytes
            totals.items += items
        }
    }
}
