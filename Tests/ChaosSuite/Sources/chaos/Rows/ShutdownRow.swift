#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Row 4: the end of a process that nobody listens to.
struct ShutdownRow: Row {
    let number = 4
    let title = "throttled with Retry-After: 60, or no answer at all: shutdown in four ways"
    let expected = "at most 5 s, everything on disk, delivered by the next process"

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        var cases: [@Sendable () async -> Void] = []
        for ending in EmitterOptions.Ending.allCases {
            cases.append {
                await Stage.run("throttled, \(ending)", context, checks) { stage in
                    try await self.ends(stage, ending) { _, _ in
                        .refused(429, headers: [("Retry-After", "60")])
                    }
                }
            }
            cases.append {
                await Stage.run("no answer, \(ending)", context, checks) { stage in
                    try await self.ends(stage, ending) { _, _ in
                        ScriptedReply(acceptance: .none, course: .silence)
                    }
                }
            }
        }
        await sideBySide(4, cases)
        let longest = checks.facts.compactMap { Double($0) }.max() ?? 0
        return "\(checks.cases) cases, the longest \(longest) s"
    }

    func ends(
        _ stage: Stage,
        _ ending: EmitterOptions.Ending,
        script: @escaping ScriptedServer.Script
    ) async throws {
        let server = try await stage.server(script: script)
        var options = stage.options(spans: 3_000, logs: 3_000)
        options.ending = ending
        let child = try stage.start(options, to: server.url)
        guard await child.said("emitted", atMost: .seconds(300)) else {
            child.signal(SIGKILL)
            throw ChaosError("nothing was recorded: \(child.errors.suffix(500))")
        }
        let start = MonotonicTime.now
        if ending == .group { child.signal(SIGTERM) }
        let first = try await stage.report(of: child, atMost: 300)
        let seconds = Double(MonotonicTime.now - start) / 1e9
        stage.checks.within("\(stage.name): seconds to shut down", first.ownShutdownSeconds, 0...5)
        // The rest is the end of the process itself.
        stage.checks.within(
            "\(stage.name): seconds to the end",
            max(0, seconds - first.queuedSeconds),
            0...7
        )
        stage.checks.equal("\(stage.name): stored", first.stored, 6_000)
        stage.checks.note("\(first.shutdownSeconds.rounded(1))")
        try await server.follow { _, _ in .accepted }
        let second = try await stage.emit(stage.drainer(), to: server.url)
        stage.audit([first, second], [server])
        await server.goDown()
    }
}
