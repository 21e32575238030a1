import TelemetryModel
import Testing

@testable import TelemetryEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("What storage does to stay in order", .timeLimit(.minutes(10)))
struct StorageMaintenanceTests {
    /// What a replaced `fsync` sees, and how long it takes.
    private final class Disk: Sendable {
        struct State {
            var calls = 0
            var fails = false
        }
        let state = Locked(State())

        func install(
            in fixture: inout StorageFixture,
            seconds: Int = 0
        ) {
            let time = fixture.time
            fixture.system.flush = { (_) throws(SystemError) in
                time.advance(bySeconds: seconds)
                let fails = self.state.withLock { state in
                    state.calls += 1
                    return state.fails
                }
                if fails { throw SystemError(number: EIO) }
            }
        }

        var calls: Int { self.state.withLock { $0.calls } }
    }

    @Test("Nothing expires because the clock went on while the folder was read")
    func noHastyExpiry() async throws {
        let fixture = try StorageFixture()
        let writer = fixture.storage()
        for index in 0..<3 { _ = await writer.store(.sample("\(index)")) }
        await writer.close()

        // Each look at the clock takes a millisecond, as the rest of the work does.
        let now = Locked(fixture.time.source.monotonicNow())
        let wall = fixture.time.source.wallNow
        let time = TimeSource(
            wallNow: wall,
            monotonicNow: {
                now.withLock { now in
                    now += 1_000_000
                    return now
                }
            },
            sleep: { _ in try Task.checkCancellation() }
        )
        let reader = fixture.storage(run: 2, time: time)
        #expect(await reader.expire().isEmpty)
        #expect(await reader.summary.payloads == 3)
        await reader.close()
    }

    @Test("What could not be brought to the disk by the deadline is told")
    func deadline() async throws {
        var fixture = try StorageFixture()
        let disk = Disk()
        disk.install(in: &fixture, seconds: 1)
        let storage = fixture.storage()
        for index in 0..<10 { _ = await storage.store(.sample("\(index)", records: 5)) }
        let first = await storage.sync(until: fixture.time.source.monotonicNow() + 4_000_000_000)
        #expect(first == StorageSynchronisation(synchronised: 4, left: 6, recordsLeft: 30))
        // Four payloads and the folder.
        #expect(disk.calls == 5)
        #expect(await storage.sync(until: 0) == StorageSynchronisation(left: 6, recordsLeft: 30))
        #expect(disk.calls == 5)
        #expect(await storage.sync() == StorageSynchronisation(synchronised: 6))
        #expect(await storage.sync() == StorageSynchronisation())
        await storage.close()
    }

    @Test("What other processes took needs no disk")
    func takenByOthers() async throws {
        var fixture = try StorageFixture()
        let disk = Disk()
        disk.install(in: &fixture)
        let storage = fixture.storage(run: 1)
        let other = fixture.storage(run: 2)
        for index in 0..<10 { _ = await storage.store(.sample("\(index)")) }
        for _ in 0..<7 {
            let stored = try #require(await other.lease())
            await other.remove(stored.id)
        }
        #expect(await storage.sync(until: 0) == StorageSynchronisation(left: 3, recordsLeft: 3))
        #expect(await storage.sync() == StorageSynchronisation(synchronised: 3))
        #expect(disk.calls == 4)
        await storage.close()
        await other.close()
    }

    @Test("A disk that fails leaves everything unsynchronised, and says why")
    func failingDisk() async throws {
        var fixture = try StorageFixture()
        let disk = Disk()
        disk.install(in: &fixture)
        let storage = fixture.storage()
        for index in 0..<3 { _ = await storage.store(.sample("\(index)")) }
        disk.state.withLock { $0.fails = true }
        let failed = await storage.sync()
        #expect(failed.synchronised == 0)
        #expect(failed.left == 3)
        #expect(failed.failure?.code == .unusable)
        disk.state.withLock { $0.fails = false }
        #expect(await storage.sync().synchronised == 3)
        await storage.close()
    }

    @Test("What a disk does not give at the moment is not lost", arguments: [1, 2, 3, 4])
    func failingReads(failingRead: Int) async throws {
        var fixture = try StorageFixture()
        let reads = Locked(0)
        let works = fixture.system.read
        fixture.system.read = { (descriptor, count, offset) throws(SystemError) in
            let number = reads.withLock { reads in
                reads += 1
                return reads
            }
            // Prologue, fields, and again fields with the body; then they are looked at once more.
            if number % 4 == failingRead % 4 { throw SystemError(number: EIO) }
            return try works(descriptor, count, offset)
        }
        let storage = fixture.storage(run: 1)
        _ = await storage.store(.sample("a"))
        while reads.withLock({ $0 }) < failingRead { #expect(await storage.lease() == nil) }
        fixture.time.advance(bySeconds: 1)
        fixture.system.read = works
        let other = fixture.storage(run: 2)
        #expect(await other.lease()?.payload.text == "a")
        #expect(await storage.summary.unreadable == 0)
        await storage.close()
        await other.close()
    }

    @Test("The summary is known without looking, and looks again after five seconds")
    func summaryAge() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage(run: 1)
        let other = fixture.storage(run: 2)
        _ = await storage.store(.sample("a", padding: 100))
        let alone = await storage.summary
        #expect(alone.payloads == 1)
        #expect(alone.bytes > 100)
        _ = await other.store(.sample("b"))
        #expect(await storage.summary == alone)
        // What happens here is known at once.
        _ = await storage.store(.sample("c"), keepsLease: true)
        #expect(await storage.summary.payloads == 2)
        #expect(await storage.summary.held == 1)
        fixture.time.advance(bySeconds: 5)
        #expect(await storage.summary.payloads == 3)
        while let stored = await other.lease() { await other.remove(stored.id) }
        #expect(await storage.summary.payloads == 3)
        fixture.time.advance(bySeconds: 5)
        #expect(await storage.summary.payloads == 1)
        await storage.close()
        await other.close()
    }

    @Test("Nothing is evicted to make room that others have made already")
    func noHastyEviction() async throws {
        var fixture = try StorageFixture()
        fixture.configuration.maximumSize = 10_000
        let storage = fixture.storage(run: 1)
        let other = fixture.storage(run: 2)
        for index in 0..<4 { _ = await storage.store(.sample("\(index)", padding: 2_000)) }
        let oldest = try #require(await other.lease())
        await other.remove(oldest.id)
        let result = await storage.store(.sample("4", padding: 2_000))
        #expect(result.id != nil)
        #expect(result.lost.isEmpty)
        #expect(await storage.summary.payloads == 4)
        await storage.close()
        await other.close()
    }

    @Test("A folder of ten thousand payloads is taken up quickly, whatever the order of its files")
    func startupCost() async throws {
        let fixture = try StorageFixture()
        let writer = fixture.storage(run: 1)
        _ = await writer.store(.sample("first", records: 2))
        await writer.close()
        let folder = fixture.directory.folder
        let file = TestFile.read("\(folder)/\(fixture.directory.files[0])")
        for index in 1..<10_000 {
            let id = StoredPayloadID(
                created: 1_700_000_000_000_000 + UInt64(index),
                random: UInt64(index)
            )
            let name = StoredFileName(id, .payload(holder: nil)).text
            TestFile.write(file, to: "\(folder)/\(name)")
        }

        let storage = fixture.storage(run: 2)
        let first = try #require(await storage.lease())
        #expect(first.id.created == 1_700_000_000_000_000)
        let start = await storage.threadTime()
        #expect(await storage.expire().isEmpty)
        let scan = await storage.threadTime()
        #expect(await storage.summary.payloads == 10_000)
        await storage.remove(first.id)
        for _ in 1..<100 {
            let stored = try #require(await storage.lease())
            await storage.remove(stored.id)
        }
        let drain = await storage.threadTime()
        // Processor time, so that a busy machine does no harm; without optimisation all of it
        // stays below a tenth of these.
        print(
            "10,000 payloads: first lease \(start / 1_000) µs, expire \((scan - start) / 1_000) µs,"
                + " 100 payloads \((drain - scan) / 1_000) µs"
        )
        #expect(start < 5_000_000_000)
        #expect(scan - start < 5_000_000_000)
        #expect(drain - scan < 1_000_000_000)
        #expect(await storage.summary.payloads == 9_900)
        await storage.close()
    }
}

extension StorageActor {
    /// The processor time that the actor's thread has used, in nanoseconds.
    fileprivate func threadTime() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
