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

@Suite("Storage among enemies", .timeLimit(.minutes(10)))
struct StorageHostilityTests {
    @Test(
        "The given directory may have any mode and lie behind links",
        arguments: [0o700, 0o711, 0o755, 0o777, 0o1777, 0o2770] as [mode_t]
    )
    func givenDirectory(mode: mode_t) async throws {
        var fixture = try StorageFixture()
        let given = "\(fixture.directory.path)/given"
        unsafe _ = mkdir(given, 0o700)
        unsafe _ = chmod(given, mode)
        let link = "\(fixture.directory.path)/parent"
        unsafe _ = symlink(fixture.directory.path, link)
        fixture.configuration.directory = "\(link)/given"
        let storage = fixture.storage()
        #expect(await storage.store(.sample("x")).id != nil)
        #expect(TestFile.permissions(given) == UInt32(mode & 0o777))
        let folder = "\(given)/\(try #require(TemporaryDirectory.names(given).first))"
        #expect(TestFile.permissions(folder) == 0o700)
        let file = try #require(TemporaryDirectory.names(folder).first)
        #expect(TestFile.permissions("\(folder)/\(file)") == 0o600)
        await storage.close()
    }

    @Test("Nothing is written through a link that takes the given directory's place during a run")
    func swappedDirectory() async throws {
        var fixture = try StorageFixture()
        let target = try TemporaryDirectory()
        let given = "\(fixture.directory.path)/given"
        unsafe _ = mkdir(given, 0o700)
        fixture.configuration.directory = given
        let storage = fixture.storage()
        let id = try #require(await storage.store(.sample("before"), keepsLease: true).id)
        unsafe _ = rename(given, "\(given)-moved")
        unsafe _ = symlink(target.path, given)
        #expect(await storage.store(.sample("after")).code == .refused)
        #expect(await storage.replace(id, with: .sample("other")).code == .refused)
        #expect(await storage.lease() == nil)
        #expect(await storage.expire().isEmpty)
        #expect(await storage.sync().left > 0)
        #expect(TemporaryDirectory.names(target.path).isEmpty)
        // What is held is removed where it was.
        await storage.remove(id)
        let moved = "\(given)-moved/\(TemporaryDirectory.names("\(given)-moved").first ?? "")"
        #expect(TemporaryDirectory.names(moved).isEmpty)
        await storage.close()
    }

    @Test(
        "A folder that belongs to somebody else is refused",
        .enabled(if: geteuid() == 0, "only the superuser can give a folder away")
    )
    func foreignFolder() async throws {
        let fixture = try StorageFixture()
        let storage = fixture.storage()
        _ = await storage.store(.sample("x"))
        await storage.close()
        try #require(unsafe chown(fixture.directory.folder, 65_534, 65_534) == 0)
        let refused = await storage.store(.sample("y"))
        #expect(refused.code == .refused)
        #expect(await storage.lease() == nil)
        #expect(fixture.directory.files.count == 1)
        await storage.close()
    }

    #if os(Linux)
        @Test("On a disk of 1 MB the oldest goes, is counted, and leaves nothing behind")
        func smallDisk() async throws {
            let fixture = try StorageFixture()
            let path = fixture.directory.path
            let storage = fixture.storage()
            try Self.require(
                await storage.onThread { HostileThread.mountDisk(path, size: 1 << 20) }
            )
            var lost: [LostPayload] = []
            for index in 0..<40 {
                let result = await storage.store(
                    .sample("\(index)", records: 10, padding: 100_000)
                )
                #expect(result.id != nil)
                lost += result.lost
            }
            let kept = await storage.summary.payloads
            #expect((5...10).contains(kept))
            #expect(lost.count == 40 - kept)
            #expect(lost.allSatisfy { $0.reason == .evicted && $0.records == 10 && $0.isOwn })
            let names = await storage.onThread { fixture.directory.files }
            #expect(names.count == kept)
            #expect(names.allSatisfy { $0.hasSuffix(".azm") })
            // What is left is the youngest, whole.
            #expect(await storage.lease()?.payload.text.hasPrefix("\(40 - kept) ") == true)
            await storage.close()
            // Nobody else has seen any of it.
            #expect(TemporaryDirectory.names(path).isEmpty)
        }

        @Test("On a full disk telemetry stays in memory, with one warning, and no file is left")
        func fullDisk() async throws {
            var fixture = try StorageFixture()
            let directory = fixture.directory
            let path = directory.path
            let time = ManualTime()
            let failure = DeliveryFailure(kind: .network, explanation: "refused")
            let exporter = InMemoryExporter(
                keepsUndelivered: true,
                outcomes: [.failed(failure), .failed(failure), .failed(failure)]
            )
            fixture.destination = exporter.destination
            let storage = fixture.storage(time: time.source)
            try Self.require(
                await storage.onThread { HostileThread.mountDisk(path, size: 1 << 20) }
            )
            // The folder is there; everything else is somebody's.
            let id = try #require(await storage.store(.sample("x"), keepsLease: true).id)
            await storage.remove(id)
            let filler = "\(path)/filler"
            await storage.onThread {
                TestFile.write([UInt8](repeating: 1, count: 2 << 20), to: filler)
            }

            let lines = Locked([String]())
            var configuration = ExportConfiguration()
            configuration.maximumRequests = 1
            configuration.diagnostics = Diagnostics(
                level: .debug,
                time: time.source,
                output: DiagnosticOutput { line in lines.withLock { $0.append(line) } }
            )
            let coordinator = ExportCoordinator(
                exporters: [exporter],
                storage: [exporter.destination: storage],
                configuration: configuration,
                time: time.source
            )
            async let run: Void = coordinator.run()
            await coordinator.submit(Self.spans(3))
            await coordinator.submit(Self.spans(2))
            var books = DeliveryBooks()
            while books.exported < 5, books.droppedCount == 0 {
                // One who delivers waits, and two who look after what is stored. While one of them
                // works, however slowly, no time passes that would make a batch too old.
                if time.sleeperCount >= 3 { time.advance(by: .seconds(1)) }
                await Task.yield()
                books = await coordinator.health()["memory"]?.books ?? books
            }
            #expect(books.exported == 5)
            #expect(books.dropped.isEmpty)
            #expect(books.stored == 0)
            let warnings = lines.withLock { $0.filter { $0.contains("storage cannot be") } }
            #expect(warnings.count == 1)
            #expect(warnings.first?.contains("full") == true)
            #expect(await storage.onThread { directory.files }.isEmpty)
            await coordinator.finish()
            await run
            await coordinator.close()
        }

        @Test("A disk that is read-only keeps what it has, and the error says so")
        func readOnlyDisk() async throws {
            let fixture = try StorageFixture()
            let path = fixture.directory.path
            let writer = fixture.storage(run: 1)
            _ = await writer.store(.sample("x"))
            await writer.close()
            let storage = fixture.storage(run: 2)
            try Self.require(await storage.onThread { HostileThread.makeReadOnly(path) })
            guard case .failed(let error, let lost) = await storage.store(.sample("y")) else {
                Issue.record("stored")
                return
            }
            #expect(error.code == .unusable)
            #expect(error.message.contains("Read-only"))
            #expect(lost.isEmpty)
            // It could be sent, but not be removed: it would be sent for ever.
            #expect(await storage.lease() == nil)
            #expect(await storage.summary.payloads == 1)
            fixture.time.advance(bySeconds: 48 * 3_600)
            #expect(await storage.expire().isEmpty)
            await storage.close()
            #expect(fixture.directory.files.count == 1)
        }

        @Test("A directory in which another user may not write is left as it is")
        func unwritableDirectory() async throws {
            let fixture = try StorageFixture()
            let path = fixture.directory.path
            unsafe _ = chmod(path, geteuid() == 0 ? 0o755 : 0o500)
            let storage = fixture.storage()
            try Self.require(await storage.onThread { HostileThread.becomeNobody() })
            guard case .failed(let error, _) = await storage.store(.sample("x")) else {
                Issue.record("stored")
                return
            }
            #expect(error.code == .unusable)
            #expect(error.message.contains("Permission denied"))
            #expect(await storage.lease() == nil)
            #expect(await storage.summary == StorageSummary())
            await storage.close()
            #expect(TemporaryDirectory.names(path).isEmpty)
        }

        /// Fails with the reason if the surroundings of a test could not be made.
        private static func require(_ problem: String?) throws {
            if let problem { Issue.record("\(problem)") }
            try #require(problem == nil)
        }
    #endif

    private static func spans(_ count: Int) -> ExportBatch {
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
