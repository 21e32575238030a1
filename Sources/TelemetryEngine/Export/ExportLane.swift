import DequeModule
import TelemetryModel

/// What belongs to one destination.
struct ExportLane {
    let destination: Destination
    /// What the destination is called in accounts and diagnostics; no other lane is called so.
    let name: String
    let storage: StorageActor?
    var exporters: [Signal: any TelemetryExporter] = [:]
    /// Since when the sums of metrics are to count; `nil` if nobody takes any.
    var temporality: MetricPreference.TemporalityPreference?
    var machine: LaneMachine
    var breaker = CircuitBreaker()
    var books = DeliveryBooks()
    var waiting: Deque<ExportBatch> = []
    var idleWorkers: [CheckedContinuation<Void, Never>] = []
    let bell = Doorbell()
    /// Whether offline storage may hold something to deliver.
    var hasBacklog = false {
        didSet { if self.hasBacklog { self.backlogAdditions += 1 } }
    }
    /// How often there was something to deliver in offline storage, so that whoever found nothing
    /// there knows whether anything came meanwhile.
    private(set) var backlogAdditions: UInt64 = 0
    var isStorageFailing = false
    /// What offline storage held when it was closed; asking it later would open it again.
    var storedAtClose: Int?
    var lastFailure: String?
    /// How many texts the exporter cut.
    var cutTexts: UInt64 = 0
    /// How many records the exporter left out by design.
    var omitted: UInt64 = 0
    /// Tells whether a stored payload fails alone.
    var attempts = AttemptLedger()

    init(destination: Destination, name: String, storage: StorageActor?, machine: LaneMachine) {
        self.destination = destination
        self.name = name
        self.storage = storage
        self.machine = machine
    }

    /// What sends payloads of a signal; they are encoded, so any exporter of the destination can.
    func exporter(of signal: Signal) -> (any TelemetryExporter)? {
        self.exporters[signal] ?? self.exporters.values.first
    }

    /// Whether payloads of a signal may go to disk.
    func keepsUndelivered(_ signal: Signal) -> Bool {
        self.storage != nil && self.exporters[signal]?.keepsUndelivered == true
    }
}
