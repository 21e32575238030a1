import TelemetryModel
import Testing

@testable import TelemetryEngine

@Suite("Offline storage, from outside", .timeLimit(.minutes(1)))
struct OfflineStorageTests {
    @Test("All destinations' payloads are listed, oldest first, with what is to be known of them")
    func list() async throws {
        var fixture = try StorageFixture()
        let key = "12345678-9abc-def0-1234-56789abcdef0"
        fixture.destination.identity = "https://example.invalid/;\(key)"
        let azure = fixture.storage()
        _ = await azure.store(.sample("a", records: 3), attempts: 2)
        fixture.time.advance(bySeconds: 1)
        fixture.destination = Destination(name: "otlp", identity: "http://localhost:4318")
        let otlp = fixture.storage()
        _ = await otlp.store(.sample("b"), keepsLease: true)
        let entries = try OfflineStorage.list(fixture.directory.path)
        #expect(entries.map(\.destination.name) == ["azure", "otlp"])
        #expect(entries.map(\.items) == [3, 1])
        #expect(entries.map(\.attempts) == [2, 0])
        #expect(entries.map(\.isHeld) == [false, true])
        #expect(entries.map(\.signal) == [.logs, .logs])
        #expect(
            entries.map(\.endpoint)
                == [
                    "https://example.invalid/;12345678-****-****-****-************",
                    "http://localhost:4318",
                ]
        )
        #expect(entries[0].created.nanosecondsSinceEpoch == 1_700_000_000_000_000_000)
        #expect(entries[0].destination.identity.hasSuffix(key))
        for entry in entries {
            let file = TestFile.read("\(fixture.directory.path)/\(entry.file)")
            #expect(file.count == entry.bytes)
        }
        // Looking takes no lease away and leaves none behind.
        #expect(await azure.lease() != nil)
        #expect(await otlp.lease() == nil)
        await azure.close()
        await otlp.close()
    }

    @Test("Everything but what is held is removed, and nothing that is not ours")
    func purge() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        for index in 1...3 { _ = await storage.store(.sample("\(index)", records: index)) }
        _ = await storage.lease()
        TestFile.write([1], to: "\(fixture.directory.folder)/readme.txt")
        let purge = try OfflineStorage.purge(fixture.directory.path)
        #expect(purge.removed == 2)
        #expect(purge.items == 5)
        #expect(purge.held == 1)
        #expect(fixture.directory.files.count == 2)
        // The process that uses the folder looks again after a while.
        fixture.time.advance(bySeconds: 5)
        #expect(await storage.summary.payloads == 1)
        await storage.close()
    }

    @Test("Where nothing is, nothing waits")
    func missing() throws {
        let directory = try TemporaryDirectory()
        #expect(try OfflineStorage.list("\(directory.path)/missing").isEmpty)
        #expect(try OfflineStorage.list(directory.path).isEmpty)
        #expect(try OfflineStorage.purge(directory.path) == OfflineStorage.Purge())
        #expect(throws: StorageError.self) { try OfflineStorage.list("/dev/null") }
        #expect(OfflineStorage.defaultDirectories().allSatisfy { $0.hasPrefix("/") })
    }
}
