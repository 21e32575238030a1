import Foundation

extension AnswersRow {
    /// How long the service asks to be left alone, in all forms.
    func addRetryAfter(_ add: Add) {
        // The breaker's own wait is one to two seconds for 429, half to one second for 503.
        // A nudge comes every quarter of a second and leaves within a second, but on a busy machine;
        // without one the next try would come after three quarters of a minute.
        let forms: [(name: String, header: String, value: String, least: Double, most: Double)] = [
            ("seconds", "Retry-After", "3", 3, 3.6),
            ("a second", "Retry-After", "1", 1, 2),
            ("zero", "Retry-After", "0", 1, 2),
            ("a fraction", "Retry-After", "2.5", 2.5, 3),
            ("blanks", "Retry-After", "  3  ", 3, 3.6),
            ("a negative number", "Retry-After", "-5", 0.5, 2),
            ("nothing", "Retry-After", "", 0.5, 2),
            ("nonsense", "Retry-After", "soon", 0.5, 2),
            ("a date in the past", "Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT", 1, 2),
            ("milliseconds", "retry-after-ms", "2500", 2.5, 3),
            ("milliseconds of the service", "x-ms-retry-after-ms", "2500", 2.5, 3),
        ]
        for status in [429, 503] {
            for form in forms {
                // Without a wait that it understands, a first 503 opens no breaker.
                let isUnderstood = form.least >= 1
                let least = status == 503 && !isUnderstood ? 0 : form.least
                add("\(status) with Retry-After: \(form.name)") { stage in
                    try await self.waits(stage, status, within: least...(form.most + 20)) {
                        (form.header, form.value)
                    }
                }
            }
            add("\(status) with Retry-After: a date to come") { stage in
                // Dates have whole seconds.
                try await self.waits(stage, status, within: 3...25) {
                    ("Retry-After", Self.date(in: 4))
                }
            }
            add("\(status) with Retry-After: 100000000000000") { stage in
                try await self.waitsLong(stage, status)
            }
        }
    }

    func waits(
        _ stage: Stage,
        _ status: Int,
        within range: ClosedRange<Double>,
        header: @escaping @Sendable () -> (name: String, value: String)
    ) async throws {
        let server = try await stage.server { number, _ in
            number == 0 ? .refused(status, headers: [header()]) : .accepted
        }
        var options = stage.options(spans: 20)
        options.linger = 60
        options.nudges = true
        let report = try await stage.emit(options, to: server.url)
        stage.audit([report], [server])
        let requests = server.ledger.requests
        if requests.count >= 2 {
            let gap = Double(requests[1].time - requests[0].time) / 1e9
            stage.checks.within("\(stage.name): seconds to the next try", gap, range)
        } else {
            stage.checks.fail("\(stage.name): there was no second try")
        }
        await server.goDown()
    }

    /// An hour at most is believed; the next process knows nothing of it.
    private func waitsLong(_ stage: Stage, _ status: Int) async throws {
        let server = try await stage.server { number, _ in
            number == 0
                ? .refused(status, headers: [("Retry-After", "100000000000000")]) : .accepted
        }
        var options = stage.options(spans: 20)
        options.linger = 6
        options.nudges = true
        let first = try await stage.emit(options, to: server.url)
        stage.checks.equal("\(stage.name): requests", server.ledger.requests.count, 1)
        stage.checks.equal("\(stage.name): stored", first.stored, first.accepted)
        let second = try await stage.emit(stage.drainer(), to: server.url)
        stage.audit([first, second], [server])
        await server.goDown()
    }

    private static func date(in seconds: Double) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date() + seconds)
    }
}
