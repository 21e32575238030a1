/// What a child process records, and how it ends; travels as JSON in its environment.
struct EmitterOptions: Codable, Sendable {
    /// How the pipeline is told to stop.
    enum Ending: String, Codable, Sendable, CaseIterable {
        /// The body of `Telemetry.run(while:)` returns.
        case body
        /// A service group gets SIGTERM.
        case group
        /// The task group that runs the pipeline is cancelled.
        case cancellation
        /// The body of `AzureMonitor.withTelemetry` returns.
        case withTelemetry
    }

    /// What tells this process's records from others.
    var run = "run"
    var spans = 0
    var logs = 0
    /// Records a second; 0 for as fast as there is room.
    var rate = 0.0
    /// How many parts the records come in; each is flushed before the next begins.
    var parts = 1
    /// The directory of offline storage; `nil` for none.
    var storage: String?
    /// How long what is stored is kept, in seconds; `nil` for the default.
    var retention: Int?
    /// Whether the pipeline gets a clock of its own, whose wall time is stepped an hour forth and
    /// back, twice, while it records.
    var stepsClock = false
    /// The bytes of text, different and random, that each record carries.
    var ballast = 0
    /// The span that is larger than the service takes.
    var oversize: Int?
    /// How long each span lasts, in milliseconds.
    var spanMilliseconds = 0
    /// How long it stays to deliver what waits, in seconds.
    var linger = 0.0
    /// How long its end may take, in seconds; `nil` for the default.
    var shutdownTimeout: Int?
    /// The destinations to which it delivers what waits before it leaves; `nil` for all.
    var awaited: [String]?
    /// Whether it records another span four times a second while it stays, so that there is traffic.
    var nudges = false
    /// How long it stays whatever happens, in seconds.
    var hold = 0.0
    /// Whether it says on standard output when each record ended.
    var saysProgress = false
    /// Whether quota answers make it store.
    var storesOverQuota = false
    /// How often the credential fails before it gives tokens; `nil` for no credential.
    var credentialFailures: Int?
    /// How long the credential fails before it gives tokens, in seconds; `nil` for no credential.
    var credentialOutage: Double?
    /// The memory that it wastes, in MiB, to see whether that is found out.
    var wastedMemory = 0
    var ending = Ending.body
}
