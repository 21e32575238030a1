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

@Suite("Storage actor", .timeLimit(.minutes(10)))
struct StorageActorTests {
    @Test("What is stored comes back as it was, oldest first")
    func roundTripInOrder() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        let payloads = (0..<5).map { Payload.sample("payload \($0)", records: $0 + 1) }
        for payload in payloads { #expect(await storage.store(payload).id != nil) }
        for payload in payloads {
            let stored = try #require(await storage.lease())
            #expect(stored.payload == payload)
            #expect(stored.attempts == 0)
            #expect(stored.isOwn)
            await storage.remove(stored.id)
        }
        #expect(await storage.lease() == nil)
        #expect(fixture.directory.files.isEmpty)
        await storage.close()
    }

    @Test("What one process stored, the next finds, and knows it is not its own")
    func restart() async throws {
        let fixture = try StorageFixture()
        let first = fixture.storage(run: 1)
        _ = await first.store(.sample("left behind", records: 3), attempts: 4, durably: true)
        await first.close()
        fixture.time.advance(bySeconds: 90)
        let second = fixture.storage(run: 2)
        let stored = try #require(await second.lease())
        #expect(stored.payload.text == "left behind")
        #expect(stored.payload.recordCount == 3)
        #expect(stored.attempts == 4)
        #expect(!stored.isOwn)
        #expect(stored.created == Timestamp(nanosecondsSinceEpoch: 1_700_000_000_000_000_000))
        await second.close()
    }

    @Test("Nothing is created before something is stored")
    func nothingCreated() async throws {
        var fixture = try StorageFixture()
        fixture.configuration.directory = "\(fixture.directory.path)/a/b"
        let storage = fixture.storage()
        #expect(await storage.lease() == nil)
        #expect(await storage.expire().isEmpty)
        #expect(await storage.summary == StorageSummary())
        await storage.sync()
        #expect(TemporaryDirectory.names(fixture.directory.path).isEmpty)
        #expect(await storage.store(.sample("x")).id != nil)
        #expect(TemporaryDirectory.names("\(fixture.directory.path)/a/b").count == 1)
        await storage.close()
    }

    @Test("What is created is open to nobody else, whatever the given directory is")
    func modes() async throws {
        let fixture = try StorageFixture()
        unsafe _ = chmod(fixture.directory.path, 0o777)
        let storage = fixture.storage()
        _ = await storage.store(.sample("x"))
        #expect(TestFile.permissions(fixture.directory.path) == 0o777)
        #expect(TestFile.permissions(fixture.directory.folder) == 0o700)
        let file = try #require(fixture.directory.files.first)
        #expect(TestFile.permissions("\(fixture.directory.folder)/\(file)") == 0o600)
        // A folder that somebody opened is closed again.
        await storage.close()
        unsafe _ = chmod(fixture.directory.folder, 0o777)
        _ = await storage.store(.sample("x"))
        #expect(TestFile.permissions(fixture.directory.folder) == 0o700)
        await storage.close()
    }

    // MARK: Leases

    @Test("Two processes on one folder never hold the same payload")
    func twoActors() async throws {
        let fixture = try StorageFixture()
        let first = fixture.storage(run: 1)
        let second = fixture.storage(run: 2)
        for index in 0..<60 { _ = await first.store(.sample("\(index)")) }
        let taken = await withTaskGroup(of: [String].self) { group in
            for storage in [first, second] {
                group.addTask {
                    var texts: [String] = []
                    while let stored = await storage.lease() {
                        texts.append(stored.payload.text)
                        if texts.count.isMultiple(of: 2) { await storage.remove(stored.id) }
                    }
                    return texts
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(taken.count == 60)
        #expect(Set(taken).count == 60)
        await first.close()
        await second.close()
    }

    @Test("A lease ends with its holder, at once")
    func holderDies() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        _ = await storage.store(.sample("x"))
        let path = "\(fixture.directory.folder)/\(try #require(fixture.directory.files.first))"
        // What another process does; the system closes its files when it is killed.
        let file = unsafe open(path, O_RDWR | O_CLOEXEC)
        #expect(flock(file, LOCK_EX | LOCK_NB) == 0)
        #expect(await storage.lease() == nil)
        #expect(await storage.summary.held == 1)
        // What the system does when it dies; closing would not do while a child is being started.
        flock(file, LOCK_UN)
        close(file)
        #expect(await storage.lease()?.payload.text == "x")
        await storage.close()
    }

    @Test("A payload can be held from the moment it is stored")
    func storedAndHeld() async throws {
        let fixture = try StorageFixture()
        let writer = fixture.storage(run: 1)
        let other = fixture.storage(run: 2)
        let id = try #require(await writer.store(.sample("x"), keepsLease: true).id)
        #expect(await writer.lease() == nil)
        #expect(await other.lease() == nil)
        #expect(await writer.release(id, countsAttempt: false).isEmpty)
        #expect(await other.lease()?.id == id)
        #expect(await writer.lease() == nil)
        await writer.close()
        await other.close()
    }

    @Test("Closing gives all leases back")
    func closeReleases() async throws {
        let fixture = try StorageFixture()
        let first = fixture.storage(run: 1)
        let second = fixture.storage(run: 2)
        _ = await first.store(.sample("x"))
        #expect(await first.lease() != nil)
        #expect(await second.lease() == nil)
        await first.close()
        #expect(await second.lease() != nil)
        await second.close()
    }

    @Test("Attempts are kept on disk, and the last one ends the payload")
    func attempts() async throws {
        var fixture = try StorageFixture()
        fixture.configuration.maximumAttempts = 3
        let writer = fixture.storage(run: 1)
        _ = await writer.store(.sample("poison", records: 5))
        for attempt in 0..<3 {
            let storage = fixture.storage(run: 2)
            let stored = try #require(await storage.lease())
            #expect(stored.attempts == attempt)
            // A try that does not count leaves the number alone.
            #expect(await storage.release(stored.id, countsAttempt: false).isEmpty)
            let again = try #require(await storage.lease())
            let lost = await storage.release(again.id, countsAttempt: true)
            let expected = LostPayload(records: 5, items: 5, reason: .expired, isOwn: false)
            #expect(lost == (attempt == 2 ? [expected] : []))
            await storage.close()
        }
        #expect(fixture.directory.files.isEmpty)
        await writer.close()
    }

    @Test("A refused payload lets the others go first")
    func refusedRests() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        for text in ["poison", "fine"] { _ = await storage.store(.sample(text)) }
        let poison = try #require(await storage.lease())
        #expect(await storage.release(poison.id, countsAttempt: true).isEmpty)
        #expect(await storage.lease()?.payload.text == "fine")
        #expect(await storage.lease() == nil)
        fixture.time.advance(bySeconds: 1)
        #expect(await storage.lease()?.payload.text == "poison")
        await storage.close()
    }

    @Test("What is left of a payload takes its place, with its age and attempts")
    func replace() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage(run: 1)
        let other = fixture.storage(run: 2)
        let created = try #require(
            await storage.store(.sample("all", records: 9), attempts: 2).id
        ).created
        fixture.time.advance(bySeconds: 30)
        let stored = try #require(await storage.lease())
        let result = await storage.replace(stored.id, with: .sample("rest", records: 4))
        #expect(result.id == stored.id)
        #expect(await other.lease() == nil)
        #expect(fixture.directory.files.count == 1)
        #expect(await storage.release(stored.id, countsAttempt: false).isEmpty)
        let rest = try #require(await other.lease())
        #expect(rest.payload.text == "rest")
        #expect(rest.payload.recordCount == 4)
        #expect(rest.attempts == 2)
        #expect(rest.id.created == created)
        await storage.close()
        await other.close()
    }

    @Test("Who does not hold a payload cannot touch it")
    func notHeld() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        let id = try #require(await storage.store(.sample("x")).id)
        #expect(await storage.replace(id, with: .sample("y")).code == .notHeld)
        #expect(await storage.release(id, countsAttempt: true).isEmpty)
        await storage.remove(id)
        #expect(await storage.lease()?.payload.text == "x")
        await storage.close()
    }

    // MARK: Limits

    @Test("A full folder gives up the oldest that nobody holds, and says what that was")
    func quota() async throws {
        var fixture = try StorageFixture()
        fixture.configuration.maximumSize = 10_000
        let storage = fixture.storage(run: 2)
        let other = fixture.storage(run: 1)
        _ = await other.store(.sample("0", records: 7, padding: 2_000))
        fixture.time.advance(bySeconds: 1)
        for index in 1..<4 {
            _ = await storage.store(.sample("\(index)", records: index, padding: 2_000))
        }
        // Payload 1 is held; the oldest, another process's, and payload 2 must go.
        let oldest = try #require(await storage.lease())
        let held = try #require(await storage.lease())
        #expect(await storage.release(oldest.id, countsAttempt: false).isEmpty)
        #expect(held.payload.recordCount == 1)
        let result = await storage.store(.sample("4", padding: 5_000))
        #expect(
            result.lost == [
                LostPayload(records: 7, items: 7, reason: .evicted, isOwn: false),
                LostPayload(records: 2, items: 2, reason: .evicted, isOwn: true),
            ]
        )
        #expect(result.id != nil)
        #expect(await storage.summary.bytes <= 10_000)
        await storage.close()
        await other.close()
    }

    @Test("What is larger than the quota costs nobody else")
    func tooLarge() async throws {
        var fixture = try StorageFixture()
        fixture.configuration.maximumSize = 10_000
        let storage = fixture.storage()
        _ = await storage.store(.sample("small"))
        let result = await storage.store(.sample("large", padding: 10_000))
        #expect(result.code == .tooLarge)
        #expect(result.lost.isEmpty)
        #expect(await storage.summary.payloads == 1)
        await storage.close()
    }

    @Test("When all that is stored is being sent, the newest is refused")
    func fullOfLeases() async throws {
        var fixture = try StorageFixture()
        fixture.configuration.maximumSize = 4_000
        let storage = fixture.storage()
        let id = await storage.store(.sample("a", padding: 3_000), keepsLease: true).id
        #expect(id != nil)
        #expect(await storage.store(.sample("b", padding: 3_000)).code == .full)
        #expect(await storage.summary.payloads == 1)
        await storage.close()
    }

    @Test("A full disk makes the oldest go; once, and without a stray file")
    func fullDisk() async throws {
        var fixture = try StorageFixture()
        let path = fixture.directory.path
        // A disk with room for four payloads.
        fixture.system.write = { (bytes, file) throws(SystemError) in
            let folder = "\(path)/\(TemporaryDirectory.names(path).first ?? "")"
            let used = TemporaryDirectory.names(folder).count { $0.hasSuffix(".azm") }
            if used >= 4 { throw .full }
            try FileSystem().write(bytes, file)
        }
        let storage = fixture.storage()
        for index in 0..<4 {
            _ = await storage.store(.sample("\(index)", records: index + 1, padding: 500))
        }
        let result = await storage.store(.sample("4", padding: 500))
        #expect(result.id != nil)
        #expect(
            result.lost == [LostPayload(records: 1, items: 1, reason: .evicted, isOwn: true)]
        )
        // All of it held: nothing can go.
        while await storage.lease() != nil {}
        let refused = await storage.store(.sample("5", padding: 500))
        #expect(refused.code == .full)
        #expect(refused.lost.isEmpty)
        #expect(fixture.directory.files.count == 4)
        #expect(fixture.directory.files.allSatisfy { $0.hasSuffix(".azm") })
        await storage.close()
    }

    @Test("A payload expires by the time that passed, not by a clock that was set")
    func retention() async throws {
        var fixture = try StorageFixture()
        fixture.configuration.retention = .seconds(3_600)
        let storage = fixture.storage()
        _ = await storage.store(.sample("x", records: 2))
        #expect(await storage.expire().isEmpty)
        for hours in [1, -1, 1, -1] {
            fixture.time.step(bySeconds: hours * 3_600)
            #expect(await storage.expire().isEmpty)
        }
        fixture.time.advance(bySeconds: 3_599)
        #expect(await storage.expire().isEmpty)
        fixture.time.advance(bySeconds: 1)
        #expect(
            await storage.expire()
                == [LostPayload(records: 2, items: 2, reason: .expired, isOwn: true)]
        )
        #expect(fixture.directory.files.isEmpty)
        await storage.close()
    }

    @Test("A restarted process learns a payload's age from its name")
    func retentionAcrossRestart() async throws {
        let fixture = try StorageFixture()
        let first = fixture.storage(run: 1)
        _ = await first.store(.sample("x"))
        await first.close()
        fixture.time.advance(bySeconds: 48 * 3_600)
        let second = fixture.storage(run: 2)
        #expect(await second.expire().map(\.reason) == [.expired])
        #expect(await second.lease() == nil)
        await second.close()
    }

    // MARK: What others leave in the folder

    @Test("Torn files are removed and counted, foreign ones left alone")
    func tornAndForeign() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage(run: 1)
        for index in 0..<4 { _ = await storage.store(.sample("payload \(index)")) }
        await storage.close()
        let folder = fixture.directory.folder
        let files = fixture.directory.files
        let whole = TestFile.read("\(folder)/\(files[0])")
        TestFile.write(Array(whole.dropLast(3)), to: "\(folder)/\(files[0])")
        TestFile.write([], to: "\(folder)/\(files[1])")
        var changed = TestFile.read("\(folder)/\(files[2])")
        changed[changed.count - 1] ^= 1
        TestFile.write(changed, to: "\(folder)/\(files[2])")
        var newer = whole
        newer[7] = UInt8(ascii: "9")
        let foreign = [
            "readme.txt": Array("hello".utf8), "x.azm": [], "x.tmp": [],
            "01700000000000000-00000000000000ff.azm": newer,
        ]
        for (name, bytes) in foreign { TestFile.write(bytes, to: "\(folder)/\(name)") }
        unsafe _ = symlink("/etc/passwd", "\(folder)/01700000000000000-00000000000000fe.azm")
        unsafe _ = mkdir("\(folder)/01700000000000000-00000000000000fd.azm", 0o700)

        let reader = fixture.storage(run: 2)
        #expect(await reader.lease()?.payload.text == "payload 3")
        #expect(await reader.lease() == nil)
        let summary = await reader.summary
        #expect(summary.unreadable == 3)
        #expect(summary.payloads == 1)
        let left = fixture.directory.files
        #expect(left.count == foreign.count + 3)
        #expect(left.filter { foreign[$0] != nil }.count == foreign.count)
        await reader.close()
    }

    @Test("A file of another destination is not sent and not removed")
    func otherDestination() async throws {
        var fixture = try StorageFixture()
        let mine = fixture.storage()
        _ = await mine.store(.sample("mine"))
        fixture.destination.identity = "https://other.invalid/"
        let other = fixture.storage()
        #expect(await other.lease() == nil)
        _ = await other.store(.sample("other"))
        let folders = TemporaryDirectory.names(fixture.directory.path)
        #expect(folders.count == 2)
        // Even when it lies in the wrong folder.
        for from in folders {
            for into in folders where from != into {
                for name in TemporaryDirectory.names("\(fixture.directory.path)/\(from)") {
                    unsafe _ = link(
                        "\(fixture.directory.path)/\(from)/\(name)",
                        "\(fixture.directory.path)/\(into)/\(name)"
                    )
                }
            }
        }
        #expect(await mine.lease()?.payload.text == "mine")
        #expect(await mine.lease() == nil)
        #expect(await other.lease()?.payload.text == "other")
        #expect(await other.lease() == nil)
        await mine.close()
        await other.close()
    }

    @Test("What a dead writer left is removed, what a living one writes is not")
    func abandoned() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        _ = await storage.store(.sample("x"))
        let dead = "\(fixture.directory.folder)/01700000000000000-00000000000000ff.tmp"
        let alive = "\(fixture.directory.folder)/01700000000000000-00000000000000fe.tmp"
        for path in [dead, alive] { TestFile.write([1, 2, 3], to: path) }
        let file = unsafe open(alive, O_RDWR | O_CLOEXEC)
        #expect(flock(file, LOCK_EX | LOCK_NB) == 0)
        _ = await storage.expire()
        #expect(fixture.directory.files.filter { $0.hasSuffix(".tmp") }.count == 1)
        flock(file, LOCK_UN)
        close(file)
        _ = await storage.expire()
        #expect(fixture.directory.files.count == 1)
        await storage.close()
    }

    // MARK: Directories that cannot be used

    @Test("Nothing is written through a link in the directory's place")
    func linkedDirectory() async throws {
        var fixture = try StorageFixture()
        let target = try TemporaryDirectory()
        let link = "\(fixture.directory.path)/link"
        unsafe _ = symlink(target.path, link)
        for path in [link, "\(link)/", "\(link)/."] {
            fixture.configuration.directory = path
            let storage = fixture.storage()
            #expect(await storage.store(.sample("x")).code == .refused)
            await storage.close()
        }
        #expect(TemporaryDirectory.names(target.path).isEmpty)
    }

    @Test("Nothing is written through a link that takes the folder's place while it is in use")
    func swappedFolder() async throws {
        let fixture = try StorageFixture()
        let target = try TemporaryDirectory()
        let storage = fixture.storage()
        _ = await storage.store(.sample("before"))
        let folder = fixture.directory.folder
        unsafe _ = rename(folder, "\(folder)-moved")
        unsafe _ = symlink(target.path, folder)
        #expect(await storage.store(.sample("after")).code == .refused)
        #expect(await storage.lease() == nil)
        #expect(TemporaryDirectory.names(target.path).isEmpty)
        unsafe _ = unlink(folder)
        #expect(await storage.store(.sample("again")).id != nil)
        await storage.close()
    }

    @Test("A folder that somebody removes is made again")
    func removedFolder() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        let id = try #require(await storage.store(.sample("x"), keepsLease: true).id)
        unsafe _ = unlink("\(fixture.directory.folder)/\(fixture.directory.files[0])")
        unsafe _ = rmdir(fixture.directory.folder)
        #expect(await storage.store(.sample("y")).id != nil)
        await storage.remove(id)
        #expect(await storage.lease()?.payload.text == "y")
        await storage.close()
    }

    @Test(
        "Where there can be no directory, the error says what to do",
        arguments: [
            "/dev/null/below", "/etc/passwd/below", "/proc/no-such", "nul\u{0}l",
        ]
    )
    func unusable(path: String) async throws {
        var fixture = try StorageFixture()
        fixture.configuration.directory = path
        let storage = fixture.storage()
        guard case .failed(let error, _) = await storage.store(.sample("x")) else {
            Issue.record("stored")
            return
        }
        #expect(error.code == .unusable || error.code == .refused)
        #expect(error.message.contains("choose another"))
        #expect(await storage.lease() == nil)
        #expect(await storage.summary == StorageSummary())
        await storage.close()
    }

    @Test("Payloads and destinations of any content are kept")
    func hostileContent() async throws {
        var fixture = try StorageFixture()
        let long = String(repeating: "x", count: 1 << 20)
        for identity in ["", "\u{0}\n\u{1b}[31m", "../../../etc/passwd", long] {
            fixture.destination = Destination(name: identity, identity: identity)
            let storage = fixture.storage()
            var payload = Payload.sample("")
            payload.mediaType = identity
            payload.layout = RecordLayout()
            #expect(await storage.store(payload).id != nil)
            #expect(await storage.lease()?.payload == payload)
            await storage.close()
        }
    }

    // MARK: File systems without locks

    @Test("Without locks, the name says who holds a payload and the time stamp that he lives")
    func withoutLocks() async throws {
        var fixture = try StorageFixture()
        fixture.removeLocks()
        let first = fixture.storage(run: 1)
        let second = fixture.storage(run: 2)
        let id = try #require(await first.store(.sample("x")).id)
        #expect(await first.lease()?.id == id)
        #expect(fixture.directory.files[0].contains(".0000000000000001.azm"))
        #expect(await second.lease() == nil)
        #expect(await first.replace(id, with: .sample("y")).id == id)
        #expect(fixture.directory.files.count == 1)
        #expect(await first.release(id, countsAttempt: true).isEmpty)
        let taken = try #require(await second.lease())
        #expect(taken.payload.text == "y")
        #expect(taken.attempts == 1)
        // It has rested; whether its holder lives remains to be seen.
        fixture.time.advance(bySeconds: 1)
        #expect(await first.lease() == nil)
        fixture.time.advance(bySeconds: 179)
        #expect(await first.lease() == nil)
        // The second dies; nobody renews.
        fixture.time.advance(bySeconds: 1)
        #expect(await first.lease()?.payload.text == "y")
        await first.remove(id)
        #expect(fixture.directory.files.isEmpty)
        await first.close()
        await second.close()
    }

    // MARK: The thread

    @Test("The actor runs on a thread of its own, with signals blocked, gone after closing")
    func thread() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        let caller = TestFile.currentThread()
        let facts = await storage.threadFacts()
        #expect(facts.isIsolated)
        #expect(facts.thread != caller)
        #expect(facts.blocksSignals)
        #expect(Self.threadNames.contains("azm-storage") || Self.threadNames.isEmpty)
        await storage.close()
        let path = "/proc/\(facts.thread)"
        #expect(unsafe access(path, F_OK) != 0)
        // It is usable afterwards, and closes again.
        #expect(await storage.store(.sample("x")).id != nil)
        await storage.close()
    }

    @Test("Nobody else passes for the actor's thread")
    func isolation() async throws {
        let thread = StorageThread(name: "azm-test")
        #expect(thread.isIsolatingCurrentContext() == false)
        await thread.end()
        await thread.end()
    }

    private static var threadNames: [String] {
        TemporaryDirectory.names("/proc/self/task").map { task in
            let name = TestFile.read("/proc/self/task/\(task)/comm")
            return String(decoding: name.dropLast(), as: UTF8.self)
        }
    }
}

extension StorageActor {
    fileprivate struct ThreadFacts {
        var thread: String
        var isIsolated: Bool
        var blocksSignals: Bool
    }

    fileprivate func threadFacts() -> ThreadFacts {
        self.assertIsolated()
        var mask = sigset_t()
        unsafe pthread_sigmask(SIG_SETMASK, nil, &mask)
        return ThreadFacts(
            thread: TestFile.currentThread(),
            isIsolated: self.assumeIsolated { _ in true },
            blocksSignals: unsafe sigismember(&mask, SIGTERM) == 1
                && sigismember(&mask, SIGPIPE) == 1
        )
    }
}
