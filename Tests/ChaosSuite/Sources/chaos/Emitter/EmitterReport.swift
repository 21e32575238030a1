import AzureMonitor

/// The last line of a child process: what it did, and what its books say.
struct EmitterReport: Codable, Sendable {
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
    /// From the wish to stop until all was done.
    var shutdownSeconds: Double
    var baselineBytes: Int
    var peakBytes: Int

    var droppedCount: UInt64 { self.dropped.values.reduce(0, +) }

    init(run: String, spans: Int, logs: Int, health: TelemetryHealth, shutdownSeconds: Double) {
        let books = health.total
        self.run = run
        self.spans = spans
        self.logs = logs
        self.accepted = books.accepted
        self.exported = books.exported
        self.stored = books.stored
        self.dropped = [:]
        for (reason, count) in books.dropped where count > 0 {
            self.dropped[reason.rawValue] = count
        }
        self.redelivered = books.redelivered
        self.items = books.items
        self.pending = books.pending
        self.lastFailure = health.destinations.values.compactMap(\.lastFailure).first
        self.shutdownSeconds = shutdownSeconds
        self.baselineBytes = 0
        self.peakBytes = 0
    }
}
