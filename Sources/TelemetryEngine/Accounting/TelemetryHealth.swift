/// How a pipeline is doing, at one moment.
public struct TelemetryHealth: Sendable, Hashable {
    /// The state of one destination.
    public struct DestinationHealth: Sendable, Hashable {
        /// The account.
        public var books = DeliveryBooks()

        /// Whether the destination is being left alone after failures.
        public var isHeldBack = false

        /// What went wrong last, for people; `nil` if nothing did, or all is well again.
        public var lastFailure: String?

        /// What waits in offline storage for the destination, that of other processes included.
        public var storedPayloads = 0

        /// The records that the destination has no use for, so that its exporter leaves them out
        /// by design.
        ///
        /// They are in no account.
        public var omitted: UInt64 = 0

        /// How many texts were cut, and attributes left out, for the destination's limits.
        ///
        /// The records they belong to are exported all the same.
        public var cutTexts: UInt64 = 0

        /// Creates the health of a destination that nothing was sent to.
        package init() {}
    }

    /// The destinations, by name.
    ///
    /// Of several destinations with the same name the second is `name-2`, and so on, in the order
    /// of the exporters.
    public var destinations: [String: DestinationHealth] = [:]

    /// The records that wait in memory for their turn, whatever their destinations.
    public var waitingRecords: UInt64 = 0

    /// What those cost, in bytes; partly an estimate.
    public var waitingBytes: UInt64 = 0

    /// The records that a processor turned away.
    ///
    /// They are in no account.
    public var filtered: UInt64 = 0

    /// The spans that the sampler kept for measuring only.
    ///
    /// They are in no account.
    public var recordedOnly: UInt64 = 0

    /// The log records that were left out because their trace was not sampled, as
    /// ``TelemetryConfiguration/Logs/followsTraceSampling`` wants it.
    ///
    /// They are in no account.
    public var notSampled: UInt64 = 0

    /// The measurements that were no finite numbers.
    ///
    /// They are in no account.
    public var invalidMeasurements: UInt64 = 0

    /// How often `end` was called on a span that had ended.
    public var endedTwice: UInt64 = 0

    /// Creates the health of a pipeline that saw nothing.
    package init() {}

    /// The sums over all destinations.
    public var total: DeliveryBooks {
        self.destinations.values.reduce(DeliveryBooks()) { $0 + $1.books }
    }
}
