import TelemetryModel
import Testing

@testable import TelemetryEngine

@Suite("Offline storage, from outside", .timeLimit(.minutes(10)))
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

    @Test("A check says where a pipeline would store, and leaves everything as it was")
    func check() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        let path = fixture.directory.path
        let deep = "\(path)/a/b"
        for directory in [path, deep] {
            let place = try OfflineStorage.check(directory, for: fixture.destination)
            #expect(place.directory == directory)
            #expect(place.folder.hasPrefix("\(directory)/opentelemetry-swift-azure-"))
            #expect(place.freeBytes > 0)
            let missing = #expect(throws: SystemError.self) {
                try FileSystem().status(ofPath: place.folder)
            }
            #expect(missing?.isMissing == true)
        }
        let missing = #expect(throws: SystemError.self) {
            try FileSystem().status(ofPath: "\(path)/a")
        }
        #expect(missing?.isMissing == true)

        _ = await storage.store(.sample("a"))
        let files = fixture.directory.files
        let place = try OfflineStorage.check(path, for: fixture.destination)
        #expect(place.folder == fixture.directory.folder)
        #expect(fixture.directory.files == files)
        await storage.close()
    }

    @Test("A check fails for what a pipeline would fail for", arguments: ["file", "file/below"])
    func checkFails(name: String) throws {
        let directory = try TemporaryDirectory()
        TestFile.write([1], to: "\(directory.path)/file")
        let error = #expect(throws: StorageError.self) {
            try OfflineStorage.check(
                "\(directory.path)/\(name)",
                for: Destination(name: "azure", identity: "")
            )
        }
        #expect(error?.code == .refused)
        #expect(TestFile.read("\(directory.path)/file") == [1])
    }
}
