/// Row 3: connections that fail.
struct ConnectionsRow: Row {
    let number = 3
    let title =
        "reset after the request, no answer, slow answers, wrong, expired and unknown certificate"
    let expected = "nothing lost; twice only what was taken and not said, exactly"

    /// Short, so that waiting for nothing does not take long; long enough for an answer on a busy
    /// machine.
    private static let impatience = [
        "OTEL_BSP_EXPORT_TIMEOUT": "8000", "OTEL_BLRP_EXPORT_TIMEOUT": "8000",
    ]

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        var cases: [@Sendable () async -> Void] = []
        func add(_ name: String, _ body: @escaping @Sendable (Stage) async throws -> Void) {
            cases.append { await Stage.run(name, context, checks, body: body) }
        }
        for isTaken in [false, true] {
            let suffix = isTaken ? ", taken" : ""
            add("reset after the request\(suffix)") {
                try await self.fails($0, .reset, isTaken: isTaken)
            }
            add("no answer\(suffix)") { try await self.fails($0, .silence, isTaken: isTaken) }
            add("reset under TLS\(suffix)") {
                try await self.fails($0, .reset, isTaken: isTaken, certificate: .good)
            }
        }
        add("the answer comes too late") { try await self.tooLate($0) }
        add("slow answers") { try await self.slow($0, .answer, delay: 1_000) }
        add("answers in drops") { try await self.slow($0, .drip(milliseconds: 1_000), delay: 0) }
        for kind in CertificateFixtures.Kind.allCases where kind != .good {
            add("certificate: \(kind)") { try await self.certificate($0, kind) }
        }
        await sideBySide(context.isQuick ? 12 : 6, cases)
        return "\(checks.cases) cases, \(checks.count) checks"
    }

    /// The first three requests fail, which opens the breaker.
    func fails(
        _ stage: Stage,
        _ course: ScriptedReply.Course,
        isTaken: Bool,
        certificate: CertificateFixtures.Kind? = nil
    ) async throws {
        let server = try await stage.server(certificate: certificate) { number, _ in
            number < 3
                ? ScriptedReply(acceptance: isTaken ? .all : .none, course: course) : .accepted
        }
        var options = stage.options(spans: 300, logs: 300)
        options.parts = 3
        options.linger = 90
        options.nudges = true
        let patience = course == .silence ? Self.impatience : [:]
        let report = try await stage.emit(options, to: server.url, patience)
        let unheard = server.ledger.accepted.values.reduce(0) { $0 + $1.unsaid }
        stage.audit([report], [server], duplicates: unheard)
        stage.checks.that(
            isTaken == (unheard > 0),
            "\(stage.name): \(unheard) records were taken without an answer"
        )
        await server.goDown()
    }

    /// Taken, but said when nobody listens any more.
    func tooLate(_ stage: Stage) async throws {
        let server = try await stage.server { number, _ in
            number == 0 ? ScriptedReply(delay: 12_000) : .accepted
        }
        var options = stage.options(spans: 100)
        options.linger = 90
        options.nudges = true
        let report = try await stage.emit(options, to: server.url, Self.impatience)
        let unheard = server.ledger.accepted.values.reduce(0) { $0 + $1.unsaid }
        stage.audit([report], [server], duplicates: unheard)
        stage.checks.equal("\(stage.name): records taken without an answer", unheard, 100)
        await server.goDown()
    }

    private func slow(
        _ stage: Stage,
        _ course: ScriptedReply.Course,
        delay: Int
    ) async throws {
        let server = try await stage.server { _, _ in ScriptedReply(course: course, delay: delay) }
        var options = stage.options(spans: 3_000, logs: 3_000)
        options.linger = 60
        let report = try await stage.emit(options, to: server.url)
        stage.audit([report], [server])
        await server.goDown()
    }

    /// Nothing is sent to whoever cannot prove who he is.
    private func certificate(_ stage: Stage, _ kind: CertificateFixtures.Kind) async throws {
        let server = try await stage.server(certificate: kind)
        var options = stage.options(spans: 200, logs: 100)
        options.parts = 3
        let first = try await stage.emit(options, to: server.url)
        stage.checks.equal("\(stage.name): requests", server.ledger.requests.count, 0)
        stage.checks.equal("\(stage.name): stored", first.stored, 300)
        await server.goDown()
        let mended = try await stage.replacement(for: server, certificate: .good)
        let second = try await stage.emit(stage.drainer(), to: mended.url)
        stage.audit([first, second], [server, mended])
        await mended.goDown()
    }
}
