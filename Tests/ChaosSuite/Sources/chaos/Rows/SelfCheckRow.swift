/// A case that must pass, and must not when something is wrong on purpose.
struct SelfCheckRow: Row {
    let number = 0
    let title = "nothing goes wrong"
    let expected = "every record once"

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        await Stage.run("self-check", context, checks) { stage in
            let server = try await stage.server()
            let options = stage.patientOptions(spans: 200, logs: 100)
            let report = try await stage.emit(options, to: server.url)
            stage.audit([report], [server])
            await server.goDown()
        }
        return "\(checks.count) checks"
    }
}
