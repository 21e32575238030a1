import AzureMonitor

/// Row 9: the engine does not hear itself.
struct QuietRow: Row {
    let number = 9
    let title = "offline for 60 s with one application log line"
    let expected = "exactly one log item stored, and delivered"

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        await sideBySide(
            3,
            [
                {
                    await Stage.run("nobody there", context, checks) { stage in
                        let server = try await stage.server()
                        await server.goDown()
                        try await self.waits(stage, server)
                    }
                },
                {
                    await Stage.run("503", context, checks) { stage in
                        try await self.waits(stage, stage.server { _, _ in .refused(503) })
                    }
                },
                {
                    await Stage.run("no answer", context, checks) { stage in
                        let server = try await stage.server { _, _ in
                            ScriptedReply(acceptance: .none, course: .silence)
                        }
                        try await self.waits(stage, server)
                    }
                },
            ]
        )
        return "\(checks.cases) cases, one item each"
    }

    private func waits(_ stage: Stage, _ server: ScriptedServer) async throws {
        var options = stage.options(logs: 1)
        options.hold = 60
        let child = try stage.start(
            options,
            to: server.url,
            ["APPLICATIONINSIGHTS_SELFDIAGNOSTICS_LEVEL": "debug"]
        )
        let first = try await stage.report(of: child)
        stage.checks.equal("\(stage.name): stored", first.stored, 1)
        let entries = try OfflineStorage.list(stage.storage)
        stage.checks.equal("\(stage.name): stored items", entries.map(\.items), [1])
        stage.checks.equal("\(stage.name): their signals", entries.map(\.signal), [.logs])
        let isDown = server.ledger.requests.isEmpty
        try await server.follow { _, _ in .accepted }
        if isDown { try? await server.goUp() }
        let second = try await stage.emit(stage.drainer(), to: server.url)
        stage.audit([first, second], [server])
        let taken = server.ledger.accepted
        stage.checks.equal("\(stage.name): records taken", taken.count, 1)
        await server.goDown()
    }
}
