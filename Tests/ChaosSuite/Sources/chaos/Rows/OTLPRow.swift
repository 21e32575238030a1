/// Row 10: the other protocol, which has its own table of answers and shares all the rest.
struct OTLPRow: Row {
    let number = 10
    let title =
        "OTLP: answers, partial success, Retry-After, outage and restart, connections, shutdown, "
        + "`kill -9`, storage on 1 MB"
    let expected = "OTLP's own answers, and else what the rows above expect of Azure"

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        var context = context
        context.wire = .otlp
        let isQuick = context.isQuick
        var cases: [@Sendable () async -> Void] = []
        func add(
            _ name: String,
            _ body: @escaping @Sendable (Stage) async throws -> Void
        ) {
            let context = context
            cases.append { await Stage.run("OTLP, \(name)", context, checks, body: body) }
        }
        // What only waits comes first.
        self.addOutages(isQuick: isQuick, add)
        self.addShutdowns(add)
        self.addConnections(isQuick: isQuick, add)
        self.addAnswers(isQuick: isQuick, add)
        add("tmpfs of 1 MB") { try await StorageRow().fullDisk($0) }
        for number in 0..<(isQuick ? 4 : 12) {
            add("kill \(number + 1)") { stage in
                try await KillsRow().kill(stage, delay: number % 2 == 0 ? 0 : 400)
            }
        }
        await sideBySide(isQuick ? 12 : 8, cases)
        return "\(checks.cases) cases, \(checks.count) checks"
    }

    private func addOutages(isQuick: Bool, _ add: AnswersRow.Add) {
        let row = OutagesRow()
        let down = isQuick ? 6 : 20
        add("down for \(down) s") { try await row.comesBack($0, down: down) }
        add("down for the whole run") { stage in
            try await row.isDownAllTheTime(stage, seconds: isQuick ? 3 : 10)
        }
        add("restart of an idle process") { try await row.restartsIdle($0) }
    }

    private func addShutdowns(_ add: AnswersRow.Add) {
        let row = ShutdownRow()
        for ending in [EmitterOptions.Ending.body, .group] {
            add("throttled, \(ending)") { stage in
                try await row.ends(stage, ending) { _, _ in
                    .refused(429, headers: [("Retry-After", "60")])
                }
            }
            add("no answer, \(ending)") { stage in
                try await row.ends(stage, ending) { _, _ in
                    ScriptedReply(acceptance: .none, course: .silence)
                }
            }
        }
    }

    private func addConnections(isQuick: Bool, _ add: AnswersRow.Add) {
        let row = ConnectionsRow()
        for isTaken in [false, true] {
            let suffix = isTaken ? ", taken" : ""
            add("reset after the request\(suffix)") {
                try await row.fails($0, .reset, isTaken: isTaken)
            }
            add("no answer\(suffix)") { try await row.fails($0, .silence, isTaken: isTaken) }
        }
    }

    // MARK: Answers

    private static let accepting = [200, 202, 204]
    private static let later = [429, 502, 503, 504]
    /// The protocol forbids another try.
    private static let refusing = [400, 401, 403, 404, 405, 408, 415, 500, 501, 505]

    private func addAnswers(isQuick: Bool, _ add: AnswersRow.Add) {
        let row = AnswersRow()
        var turn = 0
        func bodies(_ status: Int) -> [ScriptedReply.Body] {
            let all = ScriptedReply.Body.allCases
            if status == 204 { return [.empty] }
            if !isQuick || [200, 503].contains(status) { return all }
            turn += 1
            return [all[turn % all.count]]
        }
        for status in Self.accepting {
            for body in bodies(status) {
                add("status \(status), \(body)") { try await row.accepted($0, status, body) }
            }
        }
        for status in Self.later {
            for body in bodies(status) {
                add("status \(status), \(body)") { try await row.stored($0, status, body) }
            }
        }
        for status in Self.refusing {
            for body in bodies(status) {
                add("status \(status), \(body)") { try await row.refused($0, status, body) }
            }
        }
        for status in [429, 503] {
            add("\(status) with Retry-After") { stage in
                try await row.waits(stage, status, within: 3...24) { ("Retry-After", "3") }
            }
        }
        add("status 413 for one record") { try await row.halved($0, 413, .reply) }
        for body in [ScriptedReply.Body.reply, .gzip] {
            add("partial success, \(body)") { try await self.partial($0, body) }
        }
    }

    /// The server says how many it rejected: they are lost and counted, and nothing is sent again.
    private func partial(_ stage: Stage, _ body: ScriptedReply.Body) async throws {
        let server = try await stage.server { number, _ in
            guard number == 0 else { return .accepted }
            return ScriptedReply(body: body, acceptance: .allBut([2, 3, 11]))
        }
        var options = stage.options(spans: 20)
        options.linger = 10
        let report = try await stage.emit(options, to: server.url)
        stage.audit([report], [server], dropped: ["rejected": 3])
        stage.checks.equal("\(stage.name): requests", server.ledger.requests.count, 1)
        await server.goDown()
    }
}
