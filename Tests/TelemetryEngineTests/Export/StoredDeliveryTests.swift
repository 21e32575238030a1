import TelemetryModel
import TelemetryTesting
import Testing

@testable import TelemetryEngine

@Suite("Delivery from offline storage", .timeLimit(.minutes(10)))
struct StoredDeliveryTests {
    /// Stores batches as a process does that reaches nobody.
    private func storing(_ counts: [Int]) async throws -> TemporaryDirectory {
        let failures = Array(repeating: DeliveryOutcome.failed(.down), count: 100)
        let fixture = try ExportFixture(
            InMemoryExporter(keepsUndelivered: true, outcomes: failures)
        )
        await fixture.running {
            for count in counts {
                await fixture.coordinator.submit(.spans(count))
                await fixture.coordinator.waitUntilSettled()
            }
        }
        #expect(await fixture.books.stored == UInt64(counts.reduce(0, +)))
        return fixture.directory
    }

    private func next(
        _ directory: TemporaryDirectory,
        _ outcomes: [DeliveryOutcome]
    ) throws -> ExportFixture {
        try ExportFixture(
            InMemoryExporter(keepsUndelivered: true, outcomes: outcomes),
            directory: directory
        )
    }

    @Test("both halves of another process's payload stay that process's")
    func halvesOfOthers() async throws {
        let directory = try await self.storing([4])
        let fixture = try self.next(directory, [.payloadTooLarge])
        await fixture.running {
            await fixture.wait { await fixture.books.redelivered == 4 }
        }
        #expect(fixture.exporter.sent.map(\.recordCount) == [4, 2, 2])
        var books = DeliveryBooks()
        books.redelivered = 4
        #expect(await fixture.books == books)
        #expect(fixture.directory.files.isEmpty)
    }

    @Test("a payload that alone is refused by a failing server does not hold up the others")
    func headOfLine() async throws {
        let directory = try await self.storing([3, 2])
        let fixture = try self.next(directory, [.failed(.trouble)])
        await fixture.running {
            await fixture.wait { await fixture.books.redelivered == 5 }
        }
        #expect(fixture.exporter.sent.map(\.recordCount) == [3, 2, 3])
    }

    @Test(
        "what could not be delivered is tried again within seconds, though nothing else comes",
        arguments: [Durability.onFailure, .writeAhead],
        [1, 2, 3]
    )
    func nothingElseComes(durability: Durability, failures: Int) async throws {
        let outcomes = Array(repeating: DeliveryOutcome.failed(.trouble), count: failures)
        let fixture = try ExportFixture(
            InMemoryExporter(keepsUndelivered: true, outcomes: outcomes)
        ) { $0.durability = durability }
        await fixture.running {
            // The redelivery has found nothing, and sleeps as those do who renew leases.
            await fixture.wait(movingTime: false) { fixture.time.sleeperCount == 2 }
            for _ in 0..<failures {
                await fixture.coordinator.submit(.spans(1))
                await fixture.coordinator.waitUntilSettled()
            }
            #expect(fixture.exporter.sent.count == failures)
            let end = fixture.time.monotonic
            await fixture.wait { await fixture.books.exported == UInt64(failures) }
            #expect(fixture.time.monotonic - end <= 5_000_000_000)
        }
    }

    @Test("an outage counts against no payload")
    func outage() async throws {
        let directory = try await self.storing([1])
        let failures = Array(repeating: DeliveryOutcome.failed(.trouble), count: 100)
        let fixture = try self.next(directory, failures)
        await fixture.running {
            await fixture.wait { fixture.exporter.sent.count == 100 }
            await fixture.wait { await fixture.books.redelivered == 1 }
        }
        #expect(await fixture.books.droppedCount == 0)
    }

    @Test("what the disk had no time for is said", arguments: [(0, 1), (UInt64.max, 0)])
    func unsynchronised(deadline: UInt64, expected: Int) async throws {
        let lines = Locked<[String]>([])
        let time = ManualTime()
        let fixture = try ExportFixture(
            InMemoryExporter(keepsUndelivered: true, outcomes: [.failed(.down)])
        ) {
            $0.diagnostics = Diagnostics(
                level: .warning,
                time: time.source,
                output: DiagnosticOutput { line in lines.withLock { $0.append(line) } }
            )
        }
        async let run: Void = fixture.coordinator.run()
        await fixture.waitForRest()
        await fixture.coordinator.submit(.spans(3))
        await fixture.coordinator.waitUntilSettled()
        await fixture.coordinator.finish()
        await run
        await fixture.coordinator.close(until: deadline)
        let said = lines.withLock { $0 }
        #expect(said.count { $0.contains("storage.unsynchronised: memory: 3 records") } == expected)
        #expect(await fixture.books.stored == 3)
    }

    @Test("what the destination throttles is stored without a try")
    func throttled() async throws {
        let throttled = DeliveryFailure(
            kind: .throttled,
            retryAfter: .seconds(60),
            explanation: "status 429"
        )
        let fixture = try ExportFixture(
            InMemoryExporter(keepsUndelivered: true, outcomes: [.failed(throttled)])
        )
        await fixture.running {
            for _ in 0..<10 {
                await fixture.coordinator.submit(.spans(1))
                await fixture.coordinator.waitUntilSettled()
            }
            #expect(fixture.exporter.sent.count == 1)
            #expect(await fixture.books.stored == 10)
            #expect(await fixture.health.isHeldBack)
            await fixture.wait { await fixture.books.exported == 10 }
        }
        #expect(fixture.exporter.sent.count == 11)
    }

    @Test("over quota records are stored if that is wanted")
    func quotaIsStored() async throws {
        let fixture = try ExportFixture(
            InMemoryExporter(keepsUndelivered: true, outcomes: [.failed(.quota)])
        ) { $0.storesOverQuota = true }
        await fixture.running {
            for _ in 0..<3 {
                await fixture.coordinator.submit(.spans(2))
                await fixture.coordinator.waitUntilSettled()
            }
            #expect(fixture.exporter.sent.count == 1)
            #expect(await fixture.books.stored == 6)
            await fixture.wait { await fixture.books.exported == 6 }
        }
        #expect(await fixture.books.droppedCount == 0)
    }

    @Test("a quota is not evaded by ending the pipeline")
    func quotaAtTheEnd() async throws {
        let fixture = try ExportFixture(
            InMemoryExporter(keepsUndelivered: true, outcomes: [.failed(.quota)])
        )
        let run = Task { await fixture.coordinator.run() }
        await fixture.coordinator.submit(.spans(2))
        await fixture.coordinator.waitUntilSettled()
        run.cancel()
        await fixture.coordinator.submit(.spans(3))
        await fixture.coordinator.finish()
        await run.value
        #expect(await fixture.books.dropped == [.quota: 5])
    }
}

@Suite("Attempt ledger")
struct AttemptLedgerTests {
    private let one = StoredPayloadID(created: 1, random: 1)
    private let other = StoredPayloadID(created: 2, random: 2)

    @Test("a failure counts only if another payload was accepted since the last one")
    func counting() {
        var ledger = AttemptLedger()
        #expect(ledger.fails(self.one) == false)
        #expect(ledger.fails(self.one) == false)
        ledger.accepted()
        #expect(ledger.fails(self.one) == true)
        #expect(ledger.fails(self.one) == false)
        #expect(ledger.fails(self.other) == false)
        ledger.accepted()
        #expect(ledger.fails(self.other) == true)
        #expect(ledger.fails(self.one) == true)
    }

    @Test("what is no answer to the payload counts never")
    func otherKinds() {
        var ledger = AttemptLedger()
        for kind in [DeliveryFailure.Kind.network, .authentication, .quota] {
            for _ in 0..<3 {
                ledger.accepted()
                let failure = DeliveryFailure(kind: kind, explanation: "")
                #expect(ledger.failed(self.one, failure) == false)
            }
        }
        #expect(ledger.lastRefused == nil)
    }

    @Test("what has left the disk is forgotten")
    func forgetting() {
        var ledger = AttemptLedger()
        _ = ledger.fails(self.one)
        #expect(ledger.lastRefused == self.one)
        ledger.removed(self.one)
        #expect(ledger.lastRefused == nil)
        ledger.accepted()
        #expect(ledger.fails(self.one) == false)
    }
}

extension AttemptLedger {
    fileprivate mutating func fails(_ id: StoredPayloadID) -> Bool {
        self.failed(id, .trouble)
    }
}
