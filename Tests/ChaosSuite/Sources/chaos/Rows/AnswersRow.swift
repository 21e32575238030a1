/// Row 1: every answer there is, with every kind of body.
struct AnswersRow: Row {
    let number = 1
    let title = "answers: every status with every body, partial success, redirects, Retry-After"
    let expected = "what the table of answers says, by exact counts; nothing twice"

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        var cases: [@Sendable () async -> Void] = []
        func add(
            _ name: String,
            _ body: @escaping @Sendable (Stage) async throws -> Void
        ) {
            cases.append { await Stage.run(name, context, checks, body: body) }
        }
        // What only waits comes first.
        self.addRetryAfter(add)
        self.addStatuses(isQuick: context.isQuick, add)
        self.addPartialSuccess(add)
        self.addSizes(add)
        self.addRedirects(add)
        self.addTokens(add)
        await sideBySide(context.isQuick ? 16 : 12, cases)
        return "\(checks.cases) cases, \(checks.count) checks"
    }

    typealias Add = (String, @escaping @Sendable (Stage) async throws -> Void) -> Void

    // MARK: Statuses

    private static let accepting = [200, 201, 202, 204, 226]
    private static let later =
        [401, 403, 408, 429, 500, 502, 503, 504, 507, 509] + Array(520...529) + [598, 599]
    /// Not from the service: somebody stands in between.
    private static let strange = [300, 302, 304]
    private static let quota = [402, 439]
    private static let refusing = [404, 405, 409, 410, 411, 415, 418, 422, 451, 501, 505]

    private func addStatuses(isQuick: Bool, _ add: Add) {
        // In short: each status with one body, in turn, and one status of each kind with all.
        let representatives: Set<Int> = [200, 503, 429, 402, 404]
        var turn = 0
        func bodies(_ status: Int) -> [ScriptedReply.Body] {
            let all = ScriptedReply.Body.allCases
            if status == 204 || status == 304 { return [.empty] }
            if !isQuick || representatives.contains(status) { return all }
            turn += 1
            return [all[turn % all.count]]
        }
        for status in Self.accepting {
            for body in bodies(status) {
                add("status \(status), \(body)") { try await self.accepted($0, status, body) }
            }
        }
        for status in Self.later + Self.strange {
            for body in bodies(status) {
                add("status \(status), \(body)") { try await self.stored($0, status, body) }
            }
        }
        for status in Self.quota {
            for body in bodies(status) {
                add("status \(status), \(body)") { try await self.overQuota($0, status, body) }
            }
        }
        for status in Self.refusing {
            for body in bodies(status) {
                add("status \(status), \(body)") { try await self.refused($0, status, body) }
            }
        }
        for body in ScriptedReply.Body.allCases {
            add("status 400 without details, \(body)") { try await self.halved($0, 400, body) }
            add("status 413, \(body)") { try await self.halved($0, 413, body) }
        }
        add("status 402, stored at the user's wish") { try await self.storedOverQuota($0) }
    }

    func accepted(
        _ stage: Stage,
        _ status: Int,
        _ body: ScriptedReply.Body
    ) async throws {
        let server = try await stage.server { _, _ in ScriptedReply(status: status, body: body) }
        let report = try await stage.emit(stage.patientOptions(spans: 20), to: server.url)
        stage.audit([report], [server])
        stage.checks.equal("\(stage.name): requests", server.ledger.requests.count, 1)
        await server.goDown()
    }

    func stored(_ stage: Stage, _ status: Int, _ body: ScriptedReply.Body) async throws {
        let server = try await stage.server { number, _ in
            number == 0 ? .refused(status, body: body) : .accepted
        }
        var options = stage.patientOptions(spans: 20)
        options.linger = 30
        options.nudges = true
        let report = try await stage.emit(options, to: server.url)
        stage.audit([report], [server])
        stage.checks.that(
            server.ledger.requests.count >= 2,
            "\(stage.name): nothing was sent again"
        )
        await server.goDown()
    }

    private func overQuota(_ stage: Stage, _ status: Int, _ body: ScriptedReply.Body) async throws {
        let server = try await stage.server { _, _ in .refused(status, body: body) }
        var options = stage.patientOptions(spans: 40)
        options.parts = 2
        let report = try await stage.emit(options, to: server.url)
        stage.audit([report], [server], dropped: ["quota": 40])
        // The second part comes while the breaker is open.
        stage.checks.equal("\(stage.name): requests", server.ledger.requests.count, 1)
        await server.goDown()
    }

    private func storedOverQuota(_ stage: Stage) async throws {
        let server = try await stage.server { _, _ in .refused(402) }
        var options = stage.patientOptions(spans: 40)
        options.parts = 2
        options.storesOverQuota = true
        let first = try await stage.emit(options, to: server.url)
        stage.checks.equal("\(stage.name): stored", first.stored, 40)
        try await server.follow { _, _ in .accepted }
        let second = try await stage.emit(stage.drainer(), to: server.url)
        stage.audit([first, second], [server])
        await server.goDown()
    }

    func refused(_ stage: Stage, _ status: Int, _ body: ScriptedReply.Body) async throws {
        let server = try await stage.server { number, _ in
            number == 0 ? .refused(status, body: body) : .accepted
        }
        var options = stage.patientOptions(spans: 40)
        options.parts = 2
        let report = try await stage.emit(options, to: server.url)
        // The first part is refused for good, the second goes on.
        stage.audit([report], [server], dropped: ["rejected": 20])
        stage.checks.equal("\(stage.name): requests", server.ledger.requests.count, 2)
        await server.goDown()
    }

    /// One record spoils every request that it is in: it alone may be lost.
    func halved(_ stage: Stage, _ status: Int, _ body: ScriptedReply.Body) async throws {
        let reply = ScriptedReply(
            status: status,
            body: body,
            text: "{\"itemsReceived\":0,\"itemsAccepted\":0}",
            acceptance: .none
        )
        let server = try await stage.server { _, request in
            request.records.contains { $0.sequence == 11 } ? reply : .accepted
        }
        let report = try await stage.emit(stage.patientOptions(spans: 20), to: server.url)
        let reason = status == 413 ? "tooLarge" : "rejected"
        stage.audit([report], [server], dropped: [reason: 1])
        await server.goDown()
    }

    // MARK: Sizes

    private func addSizes(_ add: Add) {
        add("413 for more than three records") { stage in
            let server = try await stage.server { _, request in
                request.records.count > 3 ? .refused(413) : .accepted
            }
            let report = try await stage.emit(stage.patientOptions(spans: 50), to: server.url)
            stage.audit([report], [server])
            await server.goDown()
        }
        add("413 for what an earlier process stored") { stage in
            let server = try await stage.server { _, _ in .refused(503) }
            let first = try await stage.emit(stage.patientOptions(spans: 20), to: server.url)
            stage.checks.equal("\(stage.name): stored", first.stored, 20)
            try await server.follow { _, request in
                request.records.count > 3 ? .refused(413) : .accepted
            }
            let second = try await stage.emit(stage.drainer(), to: server.url)
            stage.audit([first, second], [server])
            await server.goDown()
        }
        add("400 for one record that an earlier process stored") { stage in
            let server = try await stage.server { _, _ in .refused(503) }
            let first = try await stage.emit(stage.patientOptions(spans: 20), to: server.url)
            try await server.follow { _, request in
                request.records.contains { $0.sequence == 11 }
                    ? ScriptedReply(status: 400, body: .empty, acceptance: .none) : .accepted
            }
            let second = try await stage.emit(stage.drainer(), to: server.url)
            // A loss of an earlier process is in nobody's books.
            stage.audit([first, second], [server], left: 1)
            stage.checks.equal("\(stage.name): redelivered", second.redelivered, 19)
            await server.goDown()
        }
        add("an item above 65,536 bytes") { stage in
            let server = try await stage.server { _, request in
                request.records.contains { $0.sequence == 5 }
                    ? ScriptedReply(status: 400, body: .empty, acceptance: .none) : .accepted
            }
            var options = stage.patientOptions(spans: 20)
            options.oversize = 5
            let report = try await stage.emit(options, to: server.url)
            stage.audit([report], [server], dropped: ["tooLarge": 1])
            let withIt = server.ledger.requests.filter { $0.records.contains { $0.sequence == 5 } }
            stage.checks.equal("\(stage.name): requests with it", withIt.count, 1)
            stage.checks.equal(
                "\(stage.name): records beside it",
                withIt.map { $0.records.count - 1 }.reduce(0, +),
                0
            )
            await server.goDown()
        }
    }

    // MARK: Partial success

    private func addPartialSuccess(_ add: Add) {
        for body in ScriptedReply.Body.allCases {
            add("206, half refused, \(body)") { try await self.halfRefused($0, body) }
        }
        add("400 that names half of the items") { stage in
            let server = try await stage.server { number, request in
                guard number == 0 else { return .accepted }
                var reply = Self.halfOf(request, body: .reply)
                reply.status = 400
                // The service took nothing of it, unless it says so.
                reply.acceptance = .none
                return reply
            }
            var options = stage.patientOptions(spans: 20)
            options.linger = 30
            options.nudges = true
            let report = try await stage.emit(options, to: server.url)
            // Five may be tried again; what is not named is refused with the rest.
            stage.audit([report], [server], dropped: ["rejected": 15])
            await server.goDown()
        }
        add("206, hostile positions") { try await self.hostilePositions($0) }
        let verdicts: [(status: Int, reason: String)] = [
            (402, "quota"), (439, "quota"), (413, "tooLarge"), (400, "rejected"), (404, "rejected"),
        ]
        for (status, reason) in verdicts {
            add("206, an item has status \(status)") { stage in
                let server = try await stage.server { number, request in
                    guard number == 0, let place = Self.place(of: 3, in: request) else {
                        return .accepted
                    }
                    return .partial(
                        "{\"index\":\(place),\"statusCode\":\(status),\"message\":\"no\"}",
                        refused: [place]
                    )
                }
                let report = try await stage.emit(stage.patientOptions(spans: 20), to: server.url)
                stage.audit([report], [server], dropped: [reason: 1])
                await server.goDown()
            }
        }
        add("206, sampled out") { stage in
            let server = try await stage.server { number, request in
                guard let place = Self.place(of: 3, in: request) else { return .accepted }
                return ScriptedReply(
                    status: 206,
                    text: """
                        {"itemsReceived":20,"itemsAccepted":19,"errors":[\
                        {"index":\(place),"statusCode":206,"message":"Telemetry sampled out."}]}
                        """
                )
            }
            let report = try await stage.emit(stage.patientOptions(spans: 20), to: server.url)
            stage.audit([report], [server])
            stage.checks.equal("\(stage.name): requests", server.ledger.requests.count, 1)
            await server.goDown()
        }
    }

    private static func place(of sequence: Int, in request: Ledger.Request) -> Int? {
        request.keys.firstIndex { $0?.sequence == sequence }
    }

    /// Refuses every second record, and half of those for good.
    private static func halfOf(_ request: Ledger.Request, body: ScriptedReply.Body) -> ScriptedReply
    {
        var errors: [String] = []
        var refused: Set<Int> = []
        for (place, key) in request.keys.enumerated() {
            guard let key, key.sequence % 2 == 0 else { continue }
            let status = key.sequence % 4 == 0 ? 500 : 400
            errors.append("{\"index\":\(place),\"statusCode\":\(status),\"message\":\"half\"}")
            refused.insert(place)
        }
        return .partial(errors.joined(separator: ","), refused: refused, body: body)
    }

    private func halfRefused(_ stage: Stage, _ body: ScriptedReply.Body) async throws {
        let isReadable = body == .reply || body == .gzip
        let server = try await stage.server { number, request in
            guard number == 0 else { return .accepted }
            var reply = Self.halfOf(request, body: body)
            // Whoever cannot be understood names nobody.
            if !isReadable { reply.acceptance = .all }
            return reply
        }
        var options = stage.patientOptions(spans: 20)
        options.linger = 30
        options.nudges = true
        let report = try await stage.emit(options, to: server.url)
        stage.audit([report], [server], dropped: isReadable ? ["rejected": 5] : [:])
        if isReadable {
            let again = server.ledger.requests.dropFirst().flatMap(\.records)
                .filter { $0.sequence < 20 }.map(\.sequence).sorted()
            stage.checks.equal("\(stage.name): sent again", again, [0, 4, 8, 12, 16])
        }
        await server.goDown()
    }

    private func hostilePositions(_ stage: Stage) async throws {
        let server = try await stage.server { number, request in
            guard number == 0, let five = Self.place(of: 5, in: request),
                let six = Self.place(of: 6, in: request),
                let seven = Self.place(of: 8, in: request)
            else { return .accepted }
            let errors = [
                "{\"index\":null,\"statusCode\":500,\"message\":\"null\"}",
                "{\"statusCode\":500,\"message\":\"absent\"}",
                "{\"index\":-1,\"statusCode\":500,\"message\":\"negative\"}",
                "{\"index\":-9223372036854775808,\"statusCode\":400,\"message\":\"negative\"}",
                "{\"index\":\(request.keys.count),\"statusCode\":500,\"message\":\"one too many\"}",
                "{\"index\":99999999999999,\"statusCode\":500,\"message\":\"huge\"}",
                "{\"index\":18446744073709551616,\"statusCode\":400,\"message\":\"more than 64 bits\"}",
                "{\"index\":1e300,\"statusCode\":400,\"message\":\"large\"}",
                "{\"index\":2.5,\"statusCode\":400,\"message\":\"between\"}",
                "{\"index\":[1],\"statusCode\":400,\"message\":\"a list\"}",
                "null", "7", "\"text\"", "[]",
                "{\"index\":\(five),\"statusCode\":500,\"message\":\"good\"}",
                "{\"index\":\(five),\"statusCode\":500,\"message\":\"twice\"}",
                "{\"index\":\(six),\"statusCode\":429,\"message\":\"good\"}",
                "{\"index\":\(seven),\"statusCode\":400,\"message\":null}",
            ]
            return .partial(errors.joined(separator: ","), refused: [five, six, seven])
        }
        var options = stage.patientOptions(spans: 20)
        options.linger = 30
        options.nudges = true
        let report = try await stage.emit(options, to: server.url)
        stage.audit([report], [server], dropped: ["rejected": 1])
        let again = server.ledger.requests.dropFirst().flatMap(\.records)
            .filter { $0.sequence < 20 }.map(\.sequence).sorted()
        stage.checks.equal("\(stage.name): sent again", again, [5, 6])
        await server.goDown()
    }

    // MARK: Tokens

    private func addTokens(_ add: Add) {
        add("a credential that fails, then recovers") { stage in
            let server = try await stage.server { _, request in
                request.authorization == nil ? .refused(401) : .accepted
            }
            var options = stage.patientOptions(spans: 20)
            options.credentialFailures = 2
            options.linger = 40
            options.nudges = true
            let report = try await stage.emit(options, to: server.url)
            stage.audit([report], [server])
            stage.checks.that(
                server.ledger.requests.allSatisfy { $0.authorization != nil },
                "\(stage.name): something was sent without a token"
            )
            await server.goDown()
        }
        for status in [401, 403] {
            add("a token that is refused with \(status)") { stage in
                let server = try await stage.server { _, request in
                    request.authorization == "Bearer token-1"
                        ? .refused(status, body: .html) : .accepted
                }
                var options = stage.patientOptions(spans: 20)
                options.credentialFailures = 0
                let report = try await stage.emit(options, to: server.url)
                stage.audit([report], [server])
                // A fresh token, at once, and once.
                stage.checks.equal(
                    "\(stage.name): tokens",
                    server.ledger.requests.map { $0.authorization ?? "none" },
                    ["Bearer token-1", "Bearer token-2"]
                )
                await server.goDown()
            }
        }
    }
}
