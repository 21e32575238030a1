import TelemetryModel
import TelemetryTesting
import Testing

@testable import TelemetryEngine

@Suite("Writing ahead", .timeLimit(.minutes(10)))
struct WriteAheadTests {
    private func fixture(_ outcomes: [DeliveryOutcome] = []) throws -> ExportFixture {
        try ExportFixture(InMemoryExporter(keepsUndelivered: true, outcomes: outcomes)) {
            $0.durability = .writeAhead
        }
    }

    @Test("a batch is on disk while it is sent, and no longer")
    func onDiskWhileSent() async throws {
        let fixture = try self.fixture()
        fixture.exporter.hold()
        await fixture.running {
            await fixture.coordinator.submit(.spans(3))
            await fixture.wait(movingTime: false) {
                await fixture.books.stored == 3
            }
            #expect(fixture.directory.files.count == 1)
            fixture.exporter.release()
            await fixture.wait(movingTime: false) { await fixture.books.exported == 3 }
        }
        #expect(await fixture.books.stored == 0)
        #expect(fixture.directory.files.isEmpty)
        #expect(fixture.exporter.sent.map(\.recordCount) == [3])
    }

    @Test("without it nothing is written before a try has failed")
    func onFailure() async throws {
        let fixture = try ExportFixture()
        fixture.exporter.hold()
        await fixture.running {
            await fixture.coordinator.submit(.spans(3))
            await fixture.wait(movingTime: false) { fixture.exporter.spans.count == 3 }
            #expect(TemporaryDirectory.names(fixture.directory.path).isEmpty)
            fixture.exporter.release()
        }
        #expect(await fixture.books.exported == 3)
    }

    @Test("while all requests are under way batches are written, and nobody waits")
    func destinationThatHangs() async throws {
        let fixture = try self.fixture()
        fixture.exporter.hold()
        await fixture.running {
            for _ in 0..<20 { await fixture.coordinator.submit(.spans(2)) }
            await fixture.wait(movingTime: false) { await fixture.books.stored == 40 }
            #expect(fixture.directory.files.count == 20)
            fixture.exporter.release()
            await fixture.wait(movingTime: false) { await fixture.books.exported == 40 }
        }
        #expect(fixture.directory.files.isEmpty)
        #expect(fixture.exporter.sent.count == 20)
        #expect(await fixture.books.accepted == 40)
    }

    @Test("what was only written has its try before the end")
    func end() async throws {
        let fixture = try self.fixture()
        fixture.exporter.hold()
        await fixture.running {
            for _ in 0..<20 { await fixture.coordinator.submit(.spans(2)) }
            await fixture.wait(movingTime: false) { await fixture.books.stored == 40 }
            fixture.exporter.release()
        }
        #expect(await fixture.books.exported == 40)
        #expect(await fixture.books.stored == 0)
        #expect(fixture.directory.files.isEmpty)
    }

    @Test("the end does not wait for a destination that takes nothing")
    func endWithoutDestination() async throws {
        let fixture = try self.fixture(Array(repeating: .failed(.down), count: 50))
        fixture.exporter.hold()
        await fixture.running {
            for _ in 0..<20 { await fixture.coordinator.submit(.spans(2)) }
            await fixture.wait(movingTime: false) { await fixture.books.stored == 40 }
            fixture.exporter.release()
        }
        #expect(await fixture.books.stored == 40)
        #expect(fixture.exporter.sent.count < 20)
    }

    @Test("a batch that fails stays where it is, and is sent from there")
    func failure() async throws {
        let fixture = try self.fixture([.failed(.down)])
        await fixture.running {
            await fixture.coordinator.submit(.spans(3))
            await fixture.wait { await fixture.books.exported == 3 }
        }
        #expect(fixture.exporter.sent.count == 2)
        #expect(fixture.directory.files.isEmpty)
        #expect(await fixture.books.stored == 0)
    }

    @Test("of a batch that is accepted in part the rest stays")
    func partialAcceptance() async throws {
        let fixture = try self.fixture([
            .partiallyAccepted([
                ItemRefusal(item: 0, verdict: .drop(.rejected)),
                ItemRefusal(item: 2, verdict: .retry),
            ])
        ])
        await fixture.running {
            await fixture.coordinator.submit(.spans(4))
            await fixture.wait { await fixture.books.exported == 3 }
        }
        #expect(fixture.exporter.sent.map(\.recordCount) == [4, 1])
        let books = await fixture.books
        #expect(books.dropped == [.rejected: 1])
        #expect(books.accepted == 4)
        #expect(books.pending == 0)
    }

    @Test("a batch that is too large for one request is divided on disk")
    func tooLarge() async throws {
        let fixture = try self.fixture([.payloadTooLarge, .payloadTooLarge])
        await fixture.running {
            await fixture.coordinator.submit(.spans(4))
            await fixture.wait { await fixture.books.exported == 4 }
        }
        #expect(fixture.exporter.sent.map(\.recordCount).sorted() == [1, 1, 2, 2, 4])
        #expect(fixture.directory.files.isEmpty)
    }

    @Test("what a quota costs leaves the disk, and later batches are not written")
    func quota() async throws {
        let fixture = try self.fixture([.failed(.quota)])
        await fixture.running {
            await fixture.coordinator.submit(.spans(3))
            await fixture.wait(movingTime: false) {
                await fixture.books.dropped == [.quota: 3]
            }
            #expect(fixture.directory.files.isEmpty)
            for _ in 0..<5 { await fixture.coordinator.submit(.spans(1)) }
            await fixture.coordinator.waitUntilSettled()
            #expect(await fixture.books.dropped == [.quota: 8])
        }
        #expect(fixture.exporter.sent.count == 1)
    }

    @Test("where nothing can be written batches are sent all the same")
    func unwritable() async throws {
        let directory = try TemporaryDirectory()
        TestFile.write([1], to: "\(directory.path)/file")
        let fixture = try ExportFixture(directory: directory, path: "\(directory.path)/file/x") {
            $0.durability = .writeAhead
        }
        await fixture.running {
            for _ in 0..<10 { await fixture.coordinator.submit(.spans(2)) }
            await fixture.wait { await fixture.books.exported == 20 }
        }
        #expect(await fixture.books.droppedCount == 0)
    }

    @Test("what is under way at the cut-off stays on disk")
    func cutOff() async throws {
        let fixture = try self.fixture()
        fixture.exporter.hold()
        let run = Task { await fixture.coordinator.run() }
        for _ in 0..<5 { await fixture.coordinator.submit(.spans(2)) }
        run.cancel()
        await fixture.coordinator.finish()
        await run.value
        await fixture.coordinator.close()
        let health = await fixture.health
        #expect(health.books.stored == 10)
        #expect(health.books.pending == 0)
        #expect(health.storedPayloads == 5)
    }
}
