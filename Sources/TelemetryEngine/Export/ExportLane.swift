import DequeModule
import TelemetryModel

/// What belongs to one destination.
struct ExportLane {
    let destination: Destination
    let storage: StorageActor?
    var exporters: [Signal: any TelemetryExporter] = [:]
    var machine: LaneMachine
    var breaker = CircuitBreaker()
    var books = DeliveryBooks()
    var waiting: Deque<ExportBatch> = []
    var idleWorkers: [CheckedContinuation<Void, Never>] = []
    let bell = Doorbell()
    /// Whether offline storage may hold something to deliver.
    var hasBacklog = false
    var isStorageFailing = false
    /// What offline storage held when it was closed; asking it later would open it again.
    var storedAtClose: Int?
    var lastFailure: String?

    init(destination: Destination, storage: StorageActor?, machine: LaneMachine) {
        self.destination = destination
        self.storage = storage
        self.machine = machine
    }

    /// What sends payloads of a signal; they are encoded, so any exporter of the destination can.
    func exporter(of signal: Signal) -> (any TelemetryExporter)? {
        self.exporters[signal] ?? self.exporters.values.first
    }
}
