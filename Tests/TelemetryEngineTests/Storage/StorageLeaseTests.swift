import TelemetryModel
import TelemetryTesting
import Testing

@testable import TelemetryEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Leases of stored payloads", .timeLimit(.minutes(10)))
struct StorageLeaseTests {
    @Test("Where there are no locks, a lease is renewed for as long as its payload is being sent")
    func renewal() async throws {
        var fixture = try StorageFixture()
        let time = ManualTime()
        fixture.removeLocks(time.source)
        let sender = fixture.storage(run: 1, time: time.source)
        let other = fixture.storage(run: 2, time: time.source)
        let id = try #require(await sender.store(.sample("slow"), keepsLease: true).id)
        // The request takes ten minutes; the other looks all the time.
        for _ in 0..<10 {
            #expect(await other.lease() == nil)
            time.advance(by: StorageActor.renewalInterval)
            await sender.renewLeases()
            let file = "\(fixture.directory.folder)/\(fixture.directory.files[0])"
            let wall = time.wall.nanosecondsSinceEpoch / 1_000_000_000
            #expect(TestFile.modified(file) == Int(wall))
        }
        // From here on, nobody renews.
        #expect(await other.lease() == nil)
        time.advance(by: .nanoseconds(Int64(HolderWatch.silence) - 1))
        #expect(await other.lease() == nil)
        time.advance(by: .nanoseconds(1))
        #expect(await other.lease()?.id == id)
        await sender.close()
        await other.close()
    }

    @Test("Nothing is leased for more than an hour, renewed or not", arguments: [true, false])
    func longestLease(hasLocks: Bool) async throws {
        var fixture = try StorageFixture()
        let time = ManualTime()
        if !hasLocks { fixture.removeLocks(time.source) }
        let forgetful = fixture.storage(run: 1, time: time.source)
        let other = fixture.storage(run: 2, time: time.source)
        let id = try #require(await forgetful.store(.sample("x"), keepsLease: true).id)
        for _ in 0..<59 {
            time.advance(by: .seconds(60))
            await forgetful.renewLeases()
            #expect(await other.lease() == nil)
        }
        time.advance(by: .seconds(59))
        await forgetful.renewLeases()
        #expect(await other.lease() == nil)
        time.advance(by: .seconds(1))
        await forgetful.renewLeases()
        let taken = try #require(await other.lease())
        #expect(taken.id == id)
        // The first comes back: the payload is another's now.
        #expect(await forgetful.replace(id, with: .sample("y")).code == .notHeld)
        #expect(await forgetful.release(id, countsAttempt: true).isEmpty)
        await forgetful.remove(id)
        #expect(fixture.directory.files.count == 1)
        await other.remove(id)
        #expect(fixture.directory.files.isEmpty)
        await forgetful.close()
        await other.close()
    }

    @Test("Who delivers a payload after all removes it, if nobody else has it by then")
    func lateDelivery() async throws {
        let fixture = try StorageFixture()
        let time = ManualTime()
        let storage = fixture.storage(run: 1, time: time.source)
        let id = try #require(await storage.store(.sample("x"), keepsLease: true).id)
        time.advance(by: .seconds(3_600))
        await storage.renewLeases()
        await storage.remove(id)
        #expect(fixture.directory.files.isEmpty)
        #expect(await storage.lease() == nil)
        await storage.close()
    }

    @Test(
        "A wall clock stepped by an hour neither ends a lease nor lengthens one",
        arguments: [true, false],
        [3_600, -3_600]
    )
    func steppedWallClock(hasLocks: Bool, seconds: Int) async throws {
        var fixture = try StorageFixture()
        if !hasLocks { fixture.removeLocks() }
        let holder = fixture.storage(run: 1)
        let other = fixture.storage(run: 2)
        let id = try #require(await holder.store(.sample("held", records: 2)).id)
        #expect(await holder.lease()?.id == id)
        #expect(await other.lease() == nil)
        for direction in [1, -1, 1, -1] {
            fixture.time.step(bySeconds: direction * seconds)
            #expect(await other.lease() == nil)
            #expect(await other.expire().isEmpty)
            fixture.time.advance(bySeconds: 30)
            await holder.renewLeases()
        }
        fixture.time.step(bySeconds: seconds)
        if hasLocks {
            // As the system does when it kills the holder.
            await holder.close()
        } else {
            // The holder is heard of no more.
            #expect(await other.lease() == nil)
            fixture.time.advance(bySeconds: 180)
        }
        #expect(await other.lease()?.id == id)
        #expect(await other.release(id, countsAttempt: false).isEmpty)
        // Nothing expires early: the age is what has passed since it was stored.
        let passed = hasLocks ? 120 : 300
        fixture.time.advance(bySeconds: 48 * 3_600 - passed - 1)
        #expect(await other.expire().isEmpty)
        fixture.time.advance(bySeconds: 1)
        #expect(await other.expire().map(\.records) == [2])
        await holder.close()
        await other.close()
    }

    @Test("What is settled but cannot be removed is not sent again, by nobody")
    func stuckFile() async throws {
        var fixture = try StorageFixture()
        fixture.system.unlink = { (_, _) throws(SystemError) in throw SystemError(number: EACCES) }
        let storage = fixture.storage(run: 1)
        for text in ["delivered", "waiting"] { _ = await storage.store(.sample(text)) }
        let stored = try #require(await storage.lease())
        #expect(stored.payload.text == "delivered")
        await storage.remove(stored.id)
        #expect(fixture.directory.files.count == 2)
        #expect(await storage.lease()?.payload.text == "waiting")
        #expect(await storage.lease() == nil)
        await storage.close()

        fixture.system = FileSystem()
        let next = fixture.storage(run: 2)
        #expect(await next.lease()?.payload.text == "waiting")
        #expect(await next.lease() == nil)
        #expect(await next.summary.unreadable == 0)
        #expect(fixture.directory.files.count == 1)
        await next.close()
    }

    @Test("A payload that can be neither sent nor removed is not lost twice")
    func stuckEviction() async throws {
        var fixture = try StorageFixture()
        fixture.configuration.retention = .seconds(60)
        fixture.system.unlink = { (_, _) throws(SystemError) in throw SystemError(number: EACCES) }
        let storage = fixture.storage(run: 1)
        _ = await storage.store(.sample("x"))
        fixture.time.advance(bySeconds: 60)
        #expect(await storage.expire().isEmpty)
        #expect(await storage.expire().isEmpty)
        #expect(await storage.summary.payloads == 1)
        await storage.close()
        fixture.system = FileSystem()
        let next = fixture.storage(run: 2)
        #expect(await next.expire().map(\.reason) == [.expired])
        #expect(await next.expire().isEmpty)
        await next.close()
    }

    @Test("What expires is lost once, however many processes look", arguments: [true, false])
    func lostOnce(hasLocks: Bool) async throws {
        var fixture = try StorageFixture()
        if !hasLocks { fixture.removeLocks() }
        let writer = fixture.storage(run: 1)
        for index in 0..<60 { _ = await writer.store(.sample("\(index)", records: 3)) }
        await writer.close()
        fixture.time.advance(bySeconds: 48 * 3_600 + 1)
        let lost = await withTaskGroup(of: [LostPayload].self) { group in
            for run in 2...5 {
                let storage = fixture.storage(run: UInt64(run))
                group.addTask {
                    let lost = await storage.expire()
                    await storage.close()
                    return lost
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(lost.count == 60)
        #expect(lost.reduce(0) { $0 + $1.records } == 180)
        #expect(fixture.directory.files.isEmpty)
    }

    @Test("A rest without an attempt lets others go first and counts nothing")
    func rest() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        for text in ["tired", "fresh"] { _ = await storage.store(.sample(text)) }
        let tired = try #require(await storage.lease())
        #expect(await storage.release(tired.id, countsAttempt: false, rests: true).isEmpty)
        #expect(await storage.lease()?.payload.text == "fresh")
        #expect(await storage.lease() == nil)
        fixture.time.advance(bySeconds: 1)
        let again = try #require(await storage.lease())
        #expect(again.id == tired.id)
        #expect(again.attempts == 0)
        await storage.close()
    }
}
