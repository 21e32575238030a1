/// Row 2: nobody there.
struct OutagesRow: Row {
    let number = 2
    let title =
        "endpoint down for 30 s under 2,000 items/s; down for the whole run, then a restart, busy "
        + "or idle; a credential that fails for 20 s"
    let expected = "nothing lost, nothing twice"

    private static let rate = 2_000.0

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        let down = context.isQuick ? 12 : 30
        await sideBySide(
            4,
            [
                {
                    await Stage.run("down for \(down) s", context, checks) { stage in
                        try await self.comesBack(stage, down: down)
                    }
                },
                {
                    await Stage.run("credential that fails", context, checks) { stage in
                        try await self.hasNoToken(stage, outage: context.isQuick ? 8 : 20)
                    }
                },
                {
                    await Stage.run("restart of an idle process", context, checks) { stage in
                        try await self.restartsIdle(stage)
                    }
                },
                {
                    await Stage.run("down for the whole run", context, checks) { stage in
                        try await self.isDownAllTheTime(stage, seconds: context.isQuick ? 6 : 15)
                    }
                },
            ]
        )
        return checks.facts.joined(separator: "; ")
    }

    func comesBack(_ stage: Stage, down: Int) async throws {
        let server = try await stage.server()
        let records = Int(Self.rate) * (down + 10)
        var options = stage.options(spans: records / 2, logs: records / 2)
        options.rate = Self.rate
        options.linger = 90
        options.nudges = true
        let child = try stage.start(options, to: server.url)
        try await stage.waitForRequest(at: server, of: child)
        try await Task.sleep(for: .seconds(2))
        await server.goDown()
        let before = server.ledger.accepted.count
        try await Task.sleep(for: .seconds(down))
        stage.checks.equal(
            "\(stage.name): records taken meanwhile",
            server.ledger.accepted.count - before,
            0
        )
        try await server.goUp()
        let report = try await stage.report(of: child, atMost: Double(down) + 150)
        stage.audit([report], [server])
        stage.checks.that(before > 0, "\(stage.name): nothing arrived before the outage")
        stage.checks.note(
            "\(report.exported) of \(report.accepted) records over an outage of \(down) s"
        )
        await server.goDown()
    }

    private func hasNoToken(_ stage: Stage, outage: Int) async throws {
        let server = try await stage.server()
        let records = Int(Self.rate) * (outage + 5)
        var options = stage.options(spans: records / 2, logs: records / 2)
        options.rate = Self.rate
        options.linger = 90
        options.credentialOutage = Double(outage)
        let child = try stage.start(options, to: server.url)
        try await Task.sleep(for: .seconds(outage - 2))
        stage.checks.equal(
            "\(stage.name): records taken without a token",
            server.ledger.accepted.count,
            0
        )
        let report = try await stage.report(of: child, atMost: 150)
        stage.audit([report], [server])
        stage.checks.equal("\(stage.name): exported", report.exported, UInt64(records))
        stage.checks.note(
            "\(report.exported) of \(report.accepted) records without a token for \(outage) s"
        )
        await server.goDown()
    }

    func isDownAllTheTime(_ stage: Stage, seconds: Int) async throws {
        let server = try await stage.server()
        await server.goDown()
        let records = Int(Self.rate) * seconds
        var options = stage.options(spans: records / 2, logs: records / 2)
        options.rate = Self.rate
        let first = try await stage.emit(options, to: server.url)
        stage.checks.equal("\(stage.name): stored", first.stored, UInt64(records))
        try await server.goUp()
        let second = try await stage.emit(stage.drainer(seconds: 60), to: server.url)
        stage.audit([first, second], [server])
        stage.checks.note("\(second.redelivered) of \(records) after a restart")
        await server.goDown()
    }

    /// Nothing is recorded, asked or flushed: what earlier processes left must leave by itself.
    func restartsIdle(_ stage: Stage) async throws {
        let server = try await stage.server()
        await server.goDown()
        let first = try await stage.emit(stage.options(spans: 2_000), to: server.url)
        stage.checks.equal("\(stage.name): stored", first.stored, 2_000)
        try await server.goUp()
        var options = stage.options()
        options.run = "idle"
        // Redelivery begins by itself, and a busy machine takes longer over it.
        options.hold = 15
        let second = try await stage.emit(options, to: server.url)
        stage.audit([first, second], [server])
        await server.goDown()
    }
}
