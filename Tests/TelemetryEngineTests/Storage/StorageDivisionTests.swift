import TelemetryModel
import Testing

@testable import TelemetryEngine

@Suite("Dividing a stored payload")
struct StorageDivisionTests {
    private let parts = [Payload.sample("one"), Payload.sample("two"), Payload.sample("three")]

    @Test("the parts are as old as the whole, were tried as often, and belong to whom it did")
    func inheritance() async throws {
        let fixture = try StorageFixture()
        let former = fixture.storage(run: 1)
        _ = await former.store(.sample("whole", records: 3), attempts: 7)
        await former.close()
        fixture.time.advance(bySeconds: 60)

        let storage = fixture.storage(run: 2)
        let whole = try #require(await storage.lease())
        let result = await storage.divide(whole.id, into: self.parts)
        #expect(result.id == whole.id)
        var found: [StoredPayload] = []
        while let part = await storage.lease() { found.append(part) }
        #expect(Set(found.map(\.payload.text)) == ["one", "two", "three"])
        for part in found {
            #expect(part.created == whole.created)
            #expect(part.attempts == 7)
            #expect(!part.isOwn)
        }
        // Nor does any of them live longer for it.
        for part in found { _ = await storage.release(part.id, countsAttempt: false) }
        fixture.time.advance(bySeconds: 48 * 3_600 - 59)
        #expect(await storage.expire().count == 3)
        await storage.close()
    }

    @Test("the whole is replaced last, so that nothing is missing at any moment")
    func order() async throws {
        var fixture = try StorageFixture()
        let directory = fixture.directory
        let files = Locked<[Int]?>(nil)
        let write = fixture.system.write
        fixture.system.write = { (bytes, descriptor) throws(SystemError) in
            let count = directory.files.count
            files.withLock { $0?.append(count) }
            try write(bytes, descriptor)
        }
        let storage = fixture.storage()
        _ = await storage.store(.sample("whole", records: 3))
        let whole = try #require(await storage.lease())
        files.withLock { $0 = [] }
        _ = await storage.divide(whole.id, into: self.parts)
        // The file being written is one of them.
        #expect(Set(files.withLock { $0 } ?? []) == [2, 3, 4])
        #expect(files.withLock { $0 } == files.withLock { $0?.sorted() })
        #expect(directory.files.count == 3)
        await storage.close()
    }

    @Test("if there is no room for the parts, all stays as it is")
    func failure() async throws {
        var fixture = try StorageFixture()
        let isFull = Locked(false)
        let write = fixture.system.write
        let written = Locked(0)
        fixture.system.write = { (bytes, descriptor) throws(SystemError) in
            if isFull.withLock({ $0 }) {
                let count = written.withLock { count in
                    count += 1
                    return count
                }
                if count > 3 { throw .full }
            }
            try write(bytes, descriptor)
        }
        let storage = fixture.storage()
        _ = await storage.store(.sample("whole", records: 3))
        let whole = try #require(await storage.lease())
        isFull.withLock { $0 = true }
        let result = await storage.divide(whole.id, into: self.parts)
        #expect(result.id == nil)
        #expect(fixture.directory.files.count == 1)
        _ = await storage.release(whole.id, countsAttempt: false)
        #expect(await storage.lease()?.payload.text == "whole")
        #expect(await storage.lease() == nil)
        await storage.close()
    }
}
