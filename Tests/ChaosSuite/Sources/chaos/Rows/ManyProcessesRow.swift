import AzureMonitor

/// Row 5: one folder, many processes.
struct ManyProcessesRow: Row {
    let number = 5
    let title = "six processes deliver one folder of 60 payloads; also with a slow server"
    let expected = "60 requests, 300 records, none twice"

    private static let payloads = 60
    private static let recordsEach = 5
    private static let processes = 6

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        await sideBySide(
            2,
            [
                {
                    await Stage.run("quick server", context, checks) {
                        try await self.drain($0, 20)
                    }
                },
                {
                    await Stage.run("slow server", context, checks) {
                        try await self.drain($0, 700)
                    }
                },
            ]
        )
        return checks.facts.joined(separator: "; ")
    }

    private func drain(_ stage: Stage, _ delay: Int) async throws {
        let server = try await stage.server()
        await server.goDown()
        let records = Self.payloads * Self.recordsEach
        let first = try await stage.emit(
            stage.options(spans: records),
            to: server.url,
            ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": String(Self.recordsEach)]
        )
        stage.checks.equal("\(stage.name): stored", first.stored, UInt64(records))
        stage.checks.equal(
            "\(stage.name): payloads",
            try OfflineStorage.list(stage.storage).count,
            Self.payloads
        )
        try await server.follow { _, _ in ScriptedReply(delay: delay) }
        try await server.goUp()
        var children: [ChildProcess] = []
        for number in 0..<Self.processes {
            var options = stage.drainer(seconds: 60)
            options.run = "drainer \(number)"
            children.append(try stage.start(options, to: server.url))
        }
        var reports = [first]
        for child in children { reports.append(try await stage.report(of: child)) }
        stage.audit(reports, [server])
        stage.checks.equal(
            "\(stage.name): requests",
            server.ledger.requests.count,
            Self.payloads
        )
        stage.checks.equal(
            "\(stage.name): payloads left",
            try OfflineStorage.list(stage.storage).count,
            0
        )
        let shares = reports.dropFirst().map { String($0.redelivered) }
        stage.checks.note("\(stage.name): \(shares.joined(separator: " + ")) records")
        await server.goDown()
    }
}
