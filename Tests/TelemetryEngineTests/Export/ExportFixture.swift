import TelemetryModel
import TelemetryTesting
import Testing

@testable import TelemetryEngine

/// A coordinator with one lane that has offline storage, and time that stands still.
struct ExportFixture {
    let directory: TemporaryDirectory
    let time = ManualTime()
    let exporter: InMemoryExporter
    let storage: StorageActor
    let coordinator: ExportCoordinator

    /// - Parameter directory: another fixture's, to be the next process.
    init(
        _ exporter: InMemoryExporter = InMemoryExporter(keepsUndelivered: true),
        directory: TemporaryDirectory? = nil,
        path: String? = nil,
        _ change: (inout ExportConfiguration) -> Void = { _ in }
    ) throws {
        self.directory = try directory ?? TemporaryDirectory()
        self.exporter = exporter
        var storage = StorageConfiguration()
        storage.directory = path ?? self.directory.path
        self.storage = StorageActor(
            configuration: storage,
            destination: exporter.destination,
            time: self.time.source
        )
        var configuration = ExportConfiguration()
        configuration.maximumRequests = 1
        configuration.redeliveryStartSpread = 0
        change(&configuration)
        self.coordinator = ExportCoordinator(
            exporters: [exporter],
            storage: [exporter.destination: self.storage],
            configuration: configuration,
            time: self.time.source
        )
    }

    /// Waits until those who look after what is stored have nothing to do.
    ///
    /// One who only begins when there is something would be one more who sends it.
    func waitForRest() async {
        await self.time.waitForSleepers(Self.caretakers)
    }

    /// Who redelivers, and who renews leases.
    private static let caretakers = 2

    /// Runs the coordinator while the body does, lets it finish, and closes it.
    func running(_ body: () async -> Void) async {
        async let run: Void = self.coordinator.run()
        await body()
        await self.coordinator.finish()
        await run
        await self.coordinator.close()
    }

    var health: TelemetryHealth.DestinationHealth {
        get async { await self.coordinator.health()["memory"] ?? .init() }
    }

    var books: DeliveryBooks { get async { await self.health.books } }

    /// Lets others go on until a condition holds, and moves the time for who sleeps meanwhile.
    func wait(
        movingTime: Bool = true,
        until condition: () async -> Bool
    ) async {
        while await !condition() {
            // While somebody works, however slowly, no time passes.
            if movingTime, self.time.sleeperCount >= Self.caretakers {
                self.time.advance(by: .seconds(1))
            }
            await Task.yield()
        }
    }
}

extension ExportBatch {
    /// A batch of equal spans.
    static func spans(_ count: Int) -> ExportBatch {
        let span = EndedSpan(
            context: SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(rawValue: 1)),
            name: "work"
        )
        return ExportBatch(
            resource: Resource(),
            records: .spans(Array(repeating: span, count: count))
        )
    }
}

extension DeliveryFailure {
    static let down = DeliveryFailure(kind: .network, explanation: "refused")
    static let trouble = DeliveryFailure(kind: .server, explanation: "status 500")
    static let quota = DeliveryFailure(kind: .quota, explanation: "used up")
}
