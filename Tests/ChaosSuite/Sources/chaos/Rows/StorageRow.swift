import AzureMonitor
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Row 7: folders that cannot be written, or are not what they seem.
struct StorageRow: Row {
    let number = 7
    let title =
        "storage on 1 MB; not writable in three ways; swapped for a link; torn and foreign files"
    let expected =
        "oldest evicted and counted; else memory and one warning; nothing written through links"

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        var cases: [@Sendable () async -> Void] = []
        func add(_ name: String, _ body: @escaping @Sendable (Stage) async throws -> Void) {
            cases.append { await Stage.run(name, context, checks, body: body) }
        }
        add("tmpfs of 1 MB") { try await self.fullDisk($0) }
        for isBack in [true, false] {
            let suffix = isBack ? "" : ", for the whole run"
            add("another user's folder\(suffix)") { stage in
                try self.makeFolder(stage.storage, mode: geteuid() == 0 ? 0o755 : 0o555)
                try await self.unwritable(stage, stage.storage, isBack, Namespace.anotherUser)
            }
            add("read-only mount\(suffix)") { stage in
                try self.makeFolder(stage.storage, mode: 0o755)
                let script = """
                    mount -t tmpfs tmpfs "$0" && mount -o remount,ro "$0" && exec "$@"
                    """
                let wrapper =
                    try await Namespace.mounts(stage) + ["/bin/sh", "-c", script, stage.storage]
                try await self.unwritable(stage, stage.storage, isBack, wrapper)
            }
            add("a path below a file\(suffix)") { stage in
                try Data("a file".utf8).write(to: URL(fileURLWithPath: stage.storage))
                try await self.unwritable(stage, "\(stage.storage)/below", isBack, [])
            }
        }
        add("swapped for a link while it runs") { try await self.swapped($0) }
        add("a link from the start") { try await self.linked($0) }
        add("torn and foreign files") { try await self.foreignFiles($0) }
        await sideBySide(4, cases)
        return "\(checks.cases) cases; " + checks.facts.joined(separator: "; ")
    }

    private func makeFolder(_ path: String, mode: Int) throws {
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: mode]
        )
    }

    // MARK: No room

    func fullDisk(_ stage: Stage) async throws {
        // Nobody there: no batch is stored late because somebody took his time to refuse it.
        let server = try await stage.server()
        await server.goDown()
        try self.makeFolder(stage.storage, mode: 0o755)
        var options = stage.options(spans: 6_000)
        options.ballast = 400
        let first = try stage.text(options)
        let second = try stage.text(stage.drainer())
        // Mounts are gone with the process, so both run in one, and the files are listed there.
        let script = """
            mount -t tmpfs -o size=1m tmpfs "$0" || exit 90
            CHAOS_EMIT="$2" "$1" || exit 91
            find "$0" -type f | sed 's/^/file /'
            touch "\(stage.folder)/stored"
            for _ in $(seq 3000); do [ -e "\(stage.folder)/go" ] && break; sleep 0.1; done
            CHAOS_EMIT="$3" "$1" || exit 92
            find "$0" -type f | sed 's/^/left /'
            """
        let child = try stage.start(
            try await Namespace.mounts(stage) + [
                "/bin/sh", "-c", script, stage.storage, stage.context.program, first, second,
            ],
            stage.environment(for: server.url)
        )
        for _ in 0..<3_000 where child.end == nil {
            if FileManager.default.fileExists(atPath: "\(stage.folder)/stored") { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        try await server.goUp()
        try Data().write(to: URL(fileURLWithPath: "\(stage.folder)/go"))
        let end = await child.wait(atMost: .seconds(300))
        guard end == .exit(0) else {
            throw ChaosError("the script ended with \(end): \(child.errors.suffix(500))")
        }
        let reports = try Stage.reports(in: child)
        guard reports.count == 2 else { throw ChaosError("\(reports.count) reports") }
        let evicted = reports[0].accepted - reports[0].stored
        stage.audit(reports, [server], dropped: ["evicted": evicted])
        stage.checks.that(evicted > 0, "\(stage.name): all found room")
        stage.checks.that(reports[0].stored > 1_000, "\(stage.name): too little found room")
        let strays = child.lines.filter { $0.hasPrefix("file ") && !$0.hasSuffix(".azm") }
        stage.checks.equal("\(stage.name): stray files", strays, [])
        let left = child.lines.filter { $0.hasPrefix("left ") }
        stage.checks.equal("\(stage.name): files left", left, [])
        // The oldest went. Up to four batches are on their way at once and may overtake each other.
        let kept = server.ledger.accepted.keys.map(\.sequence)
        let gone = Set(0..<reports[0].spans).subtracting(kept)
        if let youngestGone = gone.max(), let oldestKept = kept.min() {
            stage.checks.that(
                youngestGone < oldestKept + 4 * 512,
                "\(stage.name): \(youngestGone) was evicted while \(oldestKept) was kept"
            )
        }
        stage.checks.note("1 MB: \(reports[0].stored) kept, \(evicted) evicted")
        await server.goDown()
    }

    // MARK: No right

    private func unwritable(
        _ stage: Stage,
        _ folder: String,
        _ comesBack: Bool,
        _ wrapper: [String]
    ) async throws {
        let server = try await stage.server(inTroubleFor: comesBack ? 4 : 3_600)
        var options = stage.options(spans: 1_000, logs: 1_000)
        options.rate = 1_000
        options.storage = folder
        options.linger = comesBack ? 30 : 0
        let child = try stage.start(options, to: server.url, through: wrapper)
        let report = try await stage.report(of: child)
        stage.audit([report], [server], dropped: comesBack ? [:] : ["storageFailed": 2_000])
        let warnings = child.errors.split(separator: "\n")
            .filter { $0.contains("offline storage cannot be written") }
        stage.checks.equal("\(stage.name): warnings", warnings.count, 1)
        await server.goDown()
    }

    // MARK: Links

    /// The folder of the one destination below a directory.
    private func destinationFolder(_ stage: Stage) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: stage.storage)
        guard names.count == 1 else { throw ChaosError("what is there: \(names)") }
        return "\(stage.storage)/\(names[0])"
    }

    private func swapped(_ stage: Stage) async throws {
        let server = try await stage.server(inTroubleFor: 5)
        let target = "\(stage.folder)/target"
        try self.makeFolder(target, mode: 0o777)
        var options = stage.options(spans: 2_000, logs: 2_000)
        options.rate = 1_000
        options.linger = 8
        let child = try stage.start(options, to: server.url)
        try await stage.waitForStored(of: child)
        let folder = try self.destinationFolder(stage)
        try FileManager.default.moveItem(atPath: folder, toPath: "\(stage.folder)/aside")
        try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: target)
        let first = try await stage.report(of: child)
        stage.checks.equal(
            "\(stage.name): written through the link",
            try FileManager.default.contentsOfDirectory(atPath: target),
            []
        )
        // What was stored before is where its folder went. Brought back, it is delivered.
        try FileManager.default.removeItem(atPath: folder)
        try FileManager.default.moveItem(atPath: "\(stage.folder)/aside", toPath: folder)
        let second = try await stage.emit(stage.drainer(), to: server.url)
        stage.audit([first, second], [server])
        stage.checks.that(second.redelivered > 0, "\(stage.name): nothing was stored before")
        await server.goDown()
    }

    private func linked(_ stage: Stage) async throws {
        let server = try await stage.server { _, _ in .refused(503) }
        _ = try await stage.emit(stage.options(spans: 10), to: server.url)
        let folder = try self.destinationFolder(stage)
        // What that process stored is not of interest here.
        try FileManager.default.removeItem(atPath: folder)
        let target = "\(stage.folder)/target"
        try self.makeFolder(target, mode: 0o777)
        try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: target)
        var options = stage.options(spans: 100)
        options.run = "second"
        let report = try await stage.emit(options, to: server.url)
        stage.audit([report], [server], dropped: ["storageFailed": 100])
        stage.checks.equal(
            "\(stage.name): written through the link",
            try FileManager.default.contentsOfDirectory(atPath: target),
            []
        )
        await server.goDown()
    }

    // MARK: Files

    private func foreignFiles(_ stage: Stage) async throws {
        let server = try await stage.server { _, _ in .refused(503) }
        let small = ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "5"]
        let first = try await stage.emit(stage.options(spans: 100), to: server.url, small)
        let folder = try self.destinationFolder(stage)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        stage.checks.equal("\(stage.name): payloads", names.count, 20)
        guard let last = names.last else { return }

        // One payload is torn in the middle, one is cut off in its head.
        func cut(_ name: String, to length: (Int) -> Int) throws {
            let path = "\(folder)/\(name)"
            let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
            guard unsafe truncate(path, off_t(length(size))) == 0 else {
                throw ChaosError("truncate")
            }
        }
        try cut(names[3]) { $0 / 2 }
        try cut(names[4]) { _ in 10 }

        let now = Date().timeIntervalSince1970
        // Files of others, and what only looks like a payload.
        func name(_ number: Int, _ suffix: String) -> String {
            let digits = String(format: "%017d", Int(now * 1_000_000) + number)
            return "\(digits)-00000000000000a\(number).\(suffix)"
        }
        var foreign: [String: Data] = [:]
        foreign["notes.txt"] = Data("mine".utf8)
        foreign[".hidden"] = Data()
        foreign["\(last).bak"] = Data("a copy".utf8)
        for (file, content) in foreign {
            try content.write(to: URL(fileURLWithPath: "\(folder)/\(file)"))
        }
        try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name(1, "azm"))"))
        try Data(repeating: 65, count: 5_000)
            .write(to: URL(fileURLWithPath: "\(folder)/\(name(2, "azm"))"))
        try Data("being written".utf8)
            .write(to: URL(fileURLWithPath: "\(folder)/\(name(3, "tmp"))"))
        try self.makeFolder("\(folder)/\(name(4, "azm"))", mode: 0o700)
        guard unsafe mkfifo("\(folder)/\(name(5, "azm"))", 0o600) == 0 else {
            throw ChaosError("mkfifo")
        }
        let outside = "\(stage.folder)/outside"
        try FileManager.default.copyItem(atPath: "\(folder)/\(last)", toPath: outside)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/\(name(6, "azm"))",
            withDestinationPath: outside
        )

        try await server.follow { _, _ in .accepted }
        var options = stage.options()
        options.run = "drainer"
        // What only looks like a payload may stay listed, and keep it from leaving early.
        options.linger = 20
        let second = try await stage.emit(options, to: server.url)
        // What the two torn payloads held is lost, and nothing else.
        stage.audit([first, second], [server], left: 10)
        let arrived = Set(server.ledger.accepted.keys.map(\.sequence))
        let batches = Set((0..<100).filter { !arrived.contains($0) }.map { $0 / 5 })
        stage.checks.equal("\(stage.name): batches lost", batches.count, 2)
        for (file, content) in foreign {
            let now = try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))
            stage.checks.that(now == content, "\(stage.name): \(file) is not what it was")
        }
        var isDirectory: ObjCBool = false
        _ = unsafe FileManager.default.fileExists(
            atPath: "\(folder)/\(name(4, "azm"))",
            isDirectory: &isDirectory
        )
        stage.checks.that(isDirectory.boolValue, "\(stage.name): a foreign folder is gone")
        stage.checks.that(
            FileManager.default.fileExists(atPath: outside),
            "\(stage.name): a file outside is gone"
        )
        let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { names.contains($0) && $0 != names[3] && $0 != names[4] }
        stage.checks.equal("\(stage.name): payloads left", left, [])
        await server.goDown()
    }
}
