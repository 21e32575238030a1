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

#if os(Linux) || os(macOS)
    @Suite("Several processes on one folder", .timeLimit(.minutes(10)))
    struct StorageProcessTests {
        private static let destination = Destination(name: "azure", identity: "shared")

        private static func storage(
            _ directory: String,
            time: TimeSource = .system
        ) -> StorageActor {
            var configuration = StorageConfiguration()
            configuration.directory = "\(directory)/store"
            return StorageActor(
                configuration: configuration,
                destination: Self.destination,
                time: time
            )
        }

        private static func stored(in directory: String) -> [String] {
            let store = "\(directory)/store"
            guard let folder = TemporaryDirectory.names(store).first else { return [] }
            return TemporaryDirectory.names("\(store)/\(folder)")
        }

        @Test("Six processes drain sixty payloads: each is sent once, from a slow server too")
        func sixProcesses() async throws {
            let directory = try TemporaryDirectory()
            let writer = Self.storage(directory.path)
            for index in 0..<60 {
                #expect(await writer.store(.sample("payload \(index)")).id != nil)
            }
            await writer.close()
            unsafe _ = mkfifo("\(directory.path)/gate", 0o600)
            await withTaskGroup { group in
                for _ in 0..<6 {
                    group.addTask {
                        await #expect(processExitsWith: .success) {
                            [path = directory.path as String] in
                            try await Self.drain(path)
                        }
                    }
                }
            }
            let log = String(decoding: TestFile.read("\(directory.path)/log"), as: UTF8.self)
            let lines = log.split(separator: "\n")
            let sent = lines.compactMap { $0.split(separator: ":").last.map(String.init) }
            #expect(sent.sorted() == (0..<60).map { "payload \($0)" }.sorted())
            // They did get into each other's way.
            #expect(Set(lines.compactMap { $0.split(separator: ":").first }).count == 6)
            #expect(Self.stored(in: directory.path).isEmpty)
        }

        /// What each of six processes does.
        private static func drain(_ directory: String) async throws {
            // Should one of them not come, the others must not wait for ever.
            alarm(500)
            let storage = Self.storage(directory)
            let gate = unsafe open("\(directory)/gate", O_RDWR | O_CLOEXEC)
            // Each takes one before any takes two, so that none comes too late.
            var next = await storage.lease()
            if TestFile.append([1], to: "\(directory)/arrivals") == 6 {
                unsafe _ = write(gate, [1, 2, 3, 4, 5, 6] as [UInt8], 6)
            }
            var ticket: UInt8 = 0
            unsafe _ = read(gate, &ticket, 1)
            while let stored = next {
                // The server takes its time.
                try await Task.sleep(for: .milliseconds(Int.random(in: 5...20)))
                let line = "\(getpid()):\(stored.payload.text)\n"
                TestFile.append(Array(line.utf8), to: "\(directory)/log")
                await storage.remove(stored.id)
                next = await storage.lease()
            }
            await storage.close()
        }

        @Test("A payload whose holder is killed is free at once")
        func killedHolder() async throws {
            let directory = try TemporaryDirectory()
            let storage = Self.storage(directory.path)
            let id = try #require(await storage.store(.sample("x", records: 3)).id)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = directory.path as String] in
                let storage = Self.storage(path)
                guard await storage.lease() != nil else { exit(1) }
                kill(getpid(), SIGKILL)
            }
            let freed = try #require(await storage.lease())
            #expect(freed.id == id)
            #expect(freed.payload.recordCount == 3)
            await storage.close()
        }

        @Test("A process that is killed while it writes leaves nothing to be sent, or to stay")
        func killedWriter() async throws {
            let directory = try TemporaryDirectory()
            // By a clock that stands still the folder is read in no time, and so read again at once.
            let storage = Self.storage(directory.path, time: SteppedTime().source)
            _ = await storage.store(.sample("whole"))
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = directory.path as String] in
                var configuration = StorageConfiguration()
                configuration.directory = "\(path)/store"
                var system = FileSystem()
                system.write = { (bytes, file) throws(SystemError) in
                    try FileSystem().write(Array(bytes.prefix(bytes.count / 2)), file)
                    kill(getpid(), SIGKILL)
                }
                let storage = StorageActor(
                    configuration: configuration,
                    destination: Self.destination,
                    time: .system,
                    system: system,
                    surroundings: .process,
                    run: 7
                )
                _ = await storage.store(.sample("half"))
            }
            #expect(Self.stored(in: directory.path).count == 2)
            #expect(await storage.lease()?.payload.text == "whole")
            #expect(await storage.lease() == nil)
            #expect(await storage.expire().isEmpty)
            #expect(Self.stored(in: directory.path).count == 1)
            #expect(await storage.summary.unreadable == 0)
            await storage.close()
        }
    }
#endif
