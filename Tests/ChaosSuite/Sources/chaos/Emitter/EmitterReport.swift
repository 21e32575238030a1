import AzureMonitor

/// The last line of a child process: what it did, and what its books say.
struct EmitterReport: Codable, Sendable {
    /// What became of everything at one destination.
    struct Books: Codable, Sendable {
        var accepted: UInt64
        var exported: UInt64
        var stored: UInt64
        var dropped: [String: UInt64]
        var pending: UInt64
    }

    var run: String
    /// How many it recorded.
    var spans: Int
    var logs: Int
    var accepted: UInt64
    var exported: UInt64
    var stored: UInt64
    var dropped: [String: UInt64]
    var redelivered: UInt64
    var items: UInt64
    var pending: UInt64
    var lastFailure: String?
    /// The books of each destination, by its name.
    var destinations: [String: Books]
    /// From the wish to stop until all was done.
    var shutdownSeconds: Double
    /// How long its threads stood in line for a processor meanwhile.
    var queuedSeconds: Double
    var baselineBytes: Int
    var peakBytes: Int

    var droppedCount: UInt64 { self.dropped.values.reduce(0, +) }

    /// How long the end took by its own doing, whatever else the machine had to do.
    var ownShutdownSeconds: Double { max(0, self.shutdownSeconds - self.queuedSeconds) }

    init(
        run: String,
        spans: Int,
        logs: Int,
        health: TelemetryHealth,
        shutdownSeconds: Double,
        queuedSeconds: Double
    ) {
        let books = health.total
        self.run = run
        self.spans = spans
        self.logs = logs
        self.accepted = books.accepted
        self.exported = books.exported
        self.stored = books.stored
        self.dropped = Self.byName(books.dropped)
        self.redelivered = books.redelivered
        self.items = books.items
        self.pending = books.pending
        self.destinations = health.destinations.mapValues { destination in
            Books(
                accepted: destination.books.accepted,
                exported: destination.books.exported,
                stored: destination.books.stored,
                dropped: Self.byName(destination.books.dropped),
                pending: destination.books.pending
            )
        }
        self.lastFailure = health.destinations.values.compactMap(\.lastFailure).first
        self.shutdownSeconds = shutdownSeconds
        self.queuedSeconds = queuedSeconds
        self.baselineBytes = 0
        self.peakBytes = 0
    }

    private static func byName(_ dropped: [DropReason: UInt64]) -> [String: UInt64] {
        var named: [String: UInt64] = [:]
        for (reason, count) in dropped where count > 0 { named[reason.rawValue] = count }
        return named
    }
}
