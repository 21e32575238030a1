#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Row 6: processes that are killed.
struct KillsRow: Row {
    let number = 6
    let title = "`kill -9` at random moments, 50 times, write-ahead on"
    let expected =
        "lost is only what ended within the second before the kill (batches wait for half of it)"

    /// What may be lost: what ended so long before the kill, in seconds.
    ///
    /// A batch waits half of it for company; the rest is for writing it on a busy machine.
    private static let tail = 1.0
    private static let kills = 50

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        var cases: [@Sendable () async -> Void] = []
        for number in 0..<Self.kills {
            cases.append {
                await Stage.run("kill \(number + 1)", context, checks) { stage in
                    // Every second server is slow, so that kills also meet requests under way.
                    try await self.kill(stage, delay: number % 2 == 0 ? 0 : 400)
                }
            }
        }
        await sideBySide(6, cases)
        let facts = checks.facts.map { $0.split(separator: " ").compactMap { Double($0) } }
        let lost = Int(facts.map { $0[0] }.reduce(0, +))
        let oldest = (facts.map { $0[1] }.max() ?? 0).rounded(2)
        return "\(checks.cases) kills; \(lost) records lost, the oldest \(oldest) s before"
    }

    func kill(_ stage: Stage, delay: Int) async throws {
        let server = try await stage.server { _, _ in ScriptedReply(delay: delay) }
        var options = stage.options(spans: 4_000, logs: 4_000)
        options.rate = 1_000
        options.saysProgress = true
        let writeAhead = ["AZURE_MONITOR_DURABILITY": "writeAhead"]
        let child = try stage.start(options, to: server.url, writeAhead)
        try await Task.sleep(for: .milliseconds(Int.random(in: 300...4_000)))
        let memory = ProcessMemory(of: String(child.identifier))
        let moment = MonotonicTime.now
        child.signal(SIGKILL)
        let end = await child.wait(atMost: .seconds(120))
        stage.checks.equal("\(stage.name): end", end, .signal(SIGKILL))
        let baseline = child.lines.first.flatMap { $0.split(separator: " ").last }.flatMap {
            Int($0)
        }
        if let memory, let baseline {
            stage.checks.grew(stage.name, from: baseline, to: memory.peak)
        }

        let second = try await stage.emit(stage.drainer(), to: server.url, writeAhead)
        stage.checks.equal("\(stage.name): dropped", second.droppedCount, 0)
        stage.checks.grew(stage.name, from: second.baselineBytes, to: second.peakBytes)
        let left = try OfflineStorageListing(stage.storage)
        stage.checks.equal("\(stage.name): payloads left", left.payloads, 0)
        stage.checks.equal("\(stage.name): stray files", left.strays, [])

        let taken = server.ledger.accepted
        var lost = 0
        var oldest = 0.0
        for line in child.lines {
            let words = line.split(separator: " ")
            guard words.count == 3, let sequence = Int(words[1]), let ended = UInt64(words[2])
            else {
                continue
            }
            let key = Ledger.Key(
                run: options.run,
                signal: words[0] == "s" ? .span : .log,
                sequence: sequence
            )
            if taken[key] == nil {
                lost += 1
                if moment > ended { oldest = max(oldest, Double(moment - ended) / 1e9) }
            }
        }
        stage.checks.that(
            oldest <= Self.tail,
            "\(stage.name): a record is lost that ended \(oldest.rounded(3)) s before the kill"
        )
        stage.checks.note("\(lost) \(oldest)")
        // Twice may be sent only what was on its way, or just answered, when the process was killed.
        let unexplained = taken.filter { key, acceptance in
            let isTwice = acceptance.said + acceptance.unsaid > 1
            let wasUnderWay = acceptance.first + 1_000_000_000 > moment
            return acceptance.said + acceptance.unsaid > 2 || (isTwice && !wasUnderWay)
        }
        stage.checks.equal("\(stage.name): unexplained duplicates", unexplained.count, 0)
        await server.goDown()
    }
}
