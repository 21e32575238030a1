import AzureMonitor
import Foundation

/// Row 8: a wall clock that is stepped.
struct ClockRow: Row {
    let number = 8
    let title = "wall clock stepped an hour forth and back, twice; an hour forth under `faketime`"
    let expected = "no negative or inflated duration, nothing expires early, nothing stays held"

    private static let spanMilliseconds = 200

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        await sideBySide(
            3,
            [
                {
                    await Stage.run("forth and back", context, checks) { stage in
                        var options = self.options(stage)
                        options.stepsClock = true
                        try await self.steps(stage) { try stage.start(options, to: $0.url) }
                    }
                },
                {
                    await Stage.run("forth, end to end", context, checks) { stage in
                        try await self.underFaketime(stage)
                    }
                },
            ]
        )
        return checks.facts.joined(separator: "; ")
    }

    /// Spans that are open while the clock is stepped, and storage that would expire by an hour.
    private func options(_ stage: Stage) -> EmitterOptions {
        var options = stage.options(spans: 4_000, logs: 4_000)
        options.rate = 1_000
        options.spanMilliseconds = Self.spanMilliseconds
        options.retention = 1_800
        options.linger = 60
        options.nudges = true
        return options
    }

    private func underFaketime(_ stage: Stage) async throws {
        guard let library = Self.library else {
            throw ChaosError("libfaketimeMT is not installed; see dev/setup faketime")
        }
        let timestamp = "\(stage.folder)/faketimerc"
        func set(_ offset: String) throws {
            // In one piece: it is read again and again.
            try "\(offset)\n".write(toFile: timestamp, atomically: true, encoding: .utf8)
        }
        try set("+0")
        try await self.steps(stage) { server in
            let child = try stage.start(
                self.options(stage),
                to: server.url,
                [
                    "LD_PRELOAD": library,
                    "FAKETIME_TIMESTAMP_FILE": timestamp,
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "FAKETIME_NO_CACHE": "1",
                ]
            )
            try await stage.waitForRequest(at: server, of: child)
            try await Task.sleep(for: .seconds(1))
            try set("+3600")
            return child
        }
    }

    private func steps(
        _ stage: Stage,
        start: (ScriptedServer) async throws -> ChildProcess
    ) async throws {
        // In trouble until the last step is over: what is stored lives through all of them.
        let server = try await stage.server(inTroubleFor: 7)
        let child = try await start(server)
        let report = try await stage.report(of: child)
        stage.audit([report], [server])
        let durations = server.ledger.requests.flatMap(\.durations)
        let shortest = durations.min() ?? -1
        let longest = durations.max() ?? -1
        stage.checks.that(durations.allSatisfy { !$0.isNaN }, "\(stage.name): unreadable durations")
        // A busy machine may make spans longer, by seconds; not by an hour.
        stage.checks.within(
            "\(stage.name): shortest span in seconds",
            shortest,
            // The simulated clock moves some milliseconds at once.
            Double(Self.spanMilliseconds) / 1_000 - 0.02...10
        )
        stage.checks.within("\(stage.name): longest span in seconds", longest, 0.19...10)
        stage.checks.equal(
            "\(stage.name): held payloads",
            try OfflineStorage.list(stage.storage).filter(\.isHeld).count,
            0
        )
        let early = server.ledger.requests.filter { $0.status == 503 }.count
        stage.checks.that(early > 0, "\(stage.name): nothing was stored during the steps")
        stage.checks.note(
            "\(stage.name): \(durations.count) spans of \(shortest.rounded(3)) to "
                + "\(longest.rounded(3)) s"
        )
        await server.goDown()
    }

    /// The library that `faketime` puts before a program.
    private static var library: String? {
        let folders = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map { "/usr/lib/\($0)/faketime" }
        return (folders + ["/usr/lib/faketime"]).map { "\($0)/libfaketimeMT.so.1" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }
}
