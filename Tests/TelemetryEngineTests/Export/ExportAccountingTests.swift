import TelemetryModel
import TelemetryTesting
import Testing

@testable import TelemetryEngine

/// An exporter that is another one but for what a test changes.
private struct Variant: TelemetryExporter {
    var inner = InMemoryExporter()
    var destination: Destination
    var signals: Set<Signal> { self.inner.signals }
    var keepsUndelivered: Bool { false }
    var encoding: @Sendable (EncodedBatch) async -> EncodedBatch = { $0 }

    init(
        name: String = "memory",
        identity: String = "",
        encoding: @escaping @Sendable (EncodedBatch) async -> EncodedBatch = { $0 }
    ) {
        self.destination = Destination(name: name, identity: identity)
        self.encoding = encoding
    }

    @concurrent func encode(_ batch: ExportBatch) async -> EncodedBatch {
        await self.encoding(await self.inner.encode(batch))
    }

    func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
        await self.inner.send(payload, within: timeLimit)
    }

    @concurrent func payload(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) async -> Payload? {
        await self.inner.payload(of: payload, keeping: items, layout: layout)
    }

    func shutdown() async {}
}

@Suite("Export accounting", .timeLimit(.minutes(10)))
struct ExportAccountingTests {
    private let time = ManualTime()

    private func coordinator(
        _ exporters: [any TelemetryExporter],
        _ lines: Lines = Lines(),
        durability: Durability = .onFailure
    ) -> ExportCoordinator {
        var configuration = ExportConfiguration()
        configuration.durability = durability
        configuration.maximumRequests = 1
        configuration.diagnostics = Diagnostics(
            level: .warning,
            time: self.time.source,
            output: lines.output
        )
        return ExportCoordinator(
            exporters: exporters,
            storage: [:],
            configuration: configuration,
            time: self.time.source
        )
    }

    private final class Lines: Sendable {
        private let state = Locked([String]())
        var all: [String] { self.state.withLock { $0 } }
        var output: DiagnosticOutput {
            DiagnosticOutput { line in self.state.withLock { $0.append(line) } }
        }
    }

    private func run(_ coordinator: ExportCoordinator, _ body: () async -> Void) async {
        async let run: Void = coordinator.run()
        await body()
        await coordinator.finish()
        await run
    }

    @Test("destinations of one name have an account each")
    func names() async {
        let exporters = ["a", "b", "c"].map { Variant(name: "azure", identity: $0) }
        let coordinator = self.coordinator(exporters + [Variant(name: "azure-2", identity: "d")])
        await self.run(coordinator) { await coordinator.submit(.spans(2)) }
        let health = await coordinator.health()
        #expect(health.keys.sorted() == ["azure", "azure-2", "azure-2-2", "azure-3"])
        #expect(health.values.allSatisfy { $0.books.exported == 2 })
        #expect(await coordinator.destinationSignals.count == 4)
    }

    @Test("of two exporters for one destination and signal the last gets all, and that is said")
    func superseded() async {
        let lines = Lines()
        let exporters = [Variant(identity: "same"), Variant(identity: "same")]
        let coordinator = self.coordinator(exporters, lines)
        #expect(lines.all.count == 1)
        #expect(lines.all.first?.contains("memory: several exporters") == true)
        await self.run(coordinator) { await coordinator.submit(.spans(2)) }
        #expect(exporters.map(\.inner.spans.count) == [0, 2])
        #expect(await coordinator.health()["memory"]?.books.exported == 2)
    }

    @Test(
        "that nothing can be written ahead is said",
        arguments: [Durability.onFailure, .writeAhead]
    )
    func writeAheadWithoutStorage(durability: Durability) {
        let lines = Lines()
        _ = self.coordinator([Variant()], lines, durability: durability)
        #expect(lines.all.count == (durability == .writeAhead ? 1 : 0))
    }

    @Test("records that an exporter loses without a word are invalid ones")
    func silentLoss() async {
        let lines = Lines()
        let exporter = Variant { encoded in
            var encoded = encoded
            for index in encoded.payloads.indices {
                let records = encoded.payloads[index].recordCount
                encoded.payloads[index].layout = RecordLayout(records: records - 2)
            }
            return encoded
        }
        let coordinator = self.coordinator([exporter], lines)
        await self.run(coordinator) { await coordinator.submit(.spans(5)) }
        let books = await coordinator.health()["memory"]?.books
        #expect(books?.dropped == [.invalid: 2])
        #expect(books?.exported == 3)
        #expect(books?.pending == 0)
        #expect(lines.all.contains { $0.contains("export.miscounted") })
    }

    @Test("what is left out by design is no loss, and what was cut is counted")
    func omissions() async {
        let exporter = Variant { encoded in
            var encoded = encoded
            encoded.payloads[0].layout = RecordLayout(records: encoded.payloads[0].recordCount - 3)
            encoded.omitted = 3
            encoded.cutTexts = 7
            return encoded
        }
        let coordinator = self.coordinator([exporter])
        await self.run(coordinator) {
            await coordinator.submit(.spans(5))
            await coordinator.submit(.spans(4))
        }
        let health = await coordinator.health()["memory"]
        #expect(health?.omitted == 6)
        #expect(health?.cutTexts == 14)
        #expect(health?.books.accepted == 3)
        #expect(health?.books.exported == 3)
        #expect(health?.books.droppedCount == 0)
    }

    @Test("several feeders do not fill a lane beyond its bound while one of them spills")
    func feeders() async {
        let gate = Gate()
        let slow = Variant(name: "slow") { encoded in
            await gate.wait()
            return encoded
        }
        slow.inner.hold()
        let coordinator = self.coordinator([slow, Variant(name: "fast")])
        await self.run(coordinator) {
            // One under way, and two that wait.
            await coordinator.submit(.spans(1))
            while slow.inner.spans.isEmpty { await Task.yield() }
            for _ in 0..<2 { await coordinator.submit(.spans(1)) }
            async let one: Void = coordinator.submit(.spans(1))
            async let two: Void = coordinator.submit(.spans(1))
            async let three: Void = coordinator.submit(.spans(1))
            while slow.inner.spans.count < 3 { await Task.yield() }
            gate.open()
            _ = await (one, two, three)
            #expect(await coordinator.lanes[0].waiting.count <= 2)
            slow.inner.release()
        }
        let health = await coordinator.health()
        #expect(health["slow"]?.books.accepted == 6)
        #expect(health["slow"]?.books.pending == 0)
        #expect(health["fast"]?.books.exported == 6)
    }

    /// What a batch does when the end comes.
    enum Situation: CaseIterable {
        case sending, sleeping, waiting
    }

    @Test(
        "without storage the end costs the same whatever a batch was doing",
        arguments: Situation.allCases
    )
    func reasonAtTheEnd(situation: Situation) async {
        let exporter = InMemoryExporter()
        if situation == .sleeping {
            exporter.answer(with: Array(repeating: .failed(.down), count: 3))
        } else {
            exporter.hold()
        }
        let coordinator = self.coordinator([exporter])
        let run = Task { await coordinator.run() }
        await coordinator.submit(.spans(2))
        switch situation {
        case .sending: while exporter.spans.isEmpty { await Task.yield() }
        case .sleeping: await self.time.waitForSleepers()
        case .waiting: await coordinator.submit(.spans(3))
        }
        run.cancel()
        await coordinator.finish()
        await run.value
        let books = await coordinator.health()["memory"]?.books
        #expect(books?.dropped == [.shutdown: situation == .waiting ? 5 : 2])
        #expect(books?.pending == 0)
    }

    @Test("trouble is one line when it begins and one when it ends, for each destination")
    func diagnostics() async {
        let lines = Lines()
        let exporters = [Variant(name: "a"), Variant(name: "b")]
        for exporter in exporters {
            exporter.inner.answer(with: Array(repeating: .failed(.down), count: 5))
        }
        let coordinator = self.coordinator(exporters, lines)
        await self.run(coordinator) {
            await coordinator.submit(.spans(1))
            var waiting = exporters.count
            while waiting > 0 {
                // Not while one of them works: its batch would become too old.
                if self.time.sleeperCount >= waiting { self.time.advance(by: .milliseconds(500)) }
                await Task.yield()
                waiting = await coordinator.health().values.count { $0.books.exported == 0 }
            }
        }
        for name in ["a", "b"] {
            #expect(lines.all.count { $0.contains("export.\(name).held-back: refused") } == 1)
            #expect(lines.all.count { $0.contains("export.\(name).delivering") } == 1)
        }
    }
}
