import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Row 11: two destinations, of which one is sick: the other must not notice.
struct IsolationRow: Row {
    let number = 11
    let title =
        "Azure and OTLP at once, as fast as it goes: one refuses everything, or does not answer"
    let expected =
        "the healthy one gets every record, at 90 % or more of its rate with both healthy"

    /// What is wrong, and where.
    private struct Sickness: Hashable, Sendable {
        let sick: Wire
        let hangs: Bool

        static let all = [Wire.azure, .otlp].flatMap { wire in
            [false, true].map { Sickness(sick: wire, hangs: $0) }
        }

        var healthy: Wire { self.sick == .azure ? .otlp : .azure }

        var name: String { "\(self.sick) \(self.hangs ? "hangs" : "refuses")" }

        var script: ScriptedServer.Script {
            let hangs = self.hangs
            return { _, _ in
                hangs ? ScriptedReply(acceptance: .none, course: .silence) : .refused(503)
            }
        }
    }

    /// The least share of its rate that a healthy destination must keep.
    private static let leastShare = 0.9

    private static let rounds = 3
    private static let mostRounds = 7

    func run(_ context: RowContext, _ checks: Checks) async throws -> String {
        var shares: [Sickness: [Double]] = [:]
        var baselines: [Wire: [Double]] = [:]
        var round = 0
        // What is measured on a machine that does other things, too, is measured again.
        while round < Self.rounds || (round < Self.mostRounds && Self.isClose(shares)) {
            let seen = try await self.round(round, context, checks)
            for (sickness, share) in seen.shares { shares[sickness, default: []].append(share) }
            for (wire, rate) in seen.baseline { baselines[wire, default: []].append(rate) }
            round += 1
        }
        var facts: [String] = []
        for sickness in Sickness.all {
            guard let share = Self.median(shares[sickness]) else {
                checks.fail("\(sickness.name): nothing was measured")
                continue
            }
            checks.that(
                share >= Self.leastShare,
                "\(sickness.name): the other one has \(Int(share * 100)) % of its rate"
            )
            facts.append("\(sickness.name): \(Int((share * 100).rounded())) %")
        }
        for wire in [Wire.azure, .otlp] {
            facts.append("\(wire) with both healthy: \(Int(Self.median(baselines[wire]) ?? 0))/s")
        }
        return "medians of \(round) rounds: " + facts.joined(separator: "; ")
    }

    /// Everything once, beginning at another place each time: first and last, nothing is the same.
    private func round(
        _ round: Int,
        _ context: RowContext,
        _ checks: Checks
    ) async throws -> (shares: [Sickness: Double], baseline: [Wire: Double]) {
        let order: [Sickness?] = [nil] + Sickness.all
        var baseline: [Wire: Double] = [:]
        var rates: [Sickness: Double] = [:]
        for place in order.indices {
            let sickness = order[(place + round * 2) % order.count]
            let name = "round \(round + 1), \(sickness?.name ?? "both healthy")"
            await Stage.run(name, context, checks) { stage in
                // The books are looked at once: the end of a process that hangs takes its time.
                let seen = try await self.measure(stage, sickness, untilTheEnd: round == 0)
                if let sickness {
                    rates[sickness] = seen[sickness.healthy]
                } else {
                    baseline = seen
                }
            }
        }
        var shares: [Sickness: Double] = [:]
        for (sickness, rate) in rates {
            if let whole = baseline[sickness.healthy], whole > 0 { shares[sickness] = rate / whole }
        }
        return (shares, baseline)
    }

    /// Records a second that arrived at each healthy server.
    private func measure(
        _ stage: Stage,
        _ sickness: Sickness?,
        untilTheEnd: Bool
    ) async throws -> [Wire: Double] {
        var servers: [Wire: ScriptedServer] = [:]
        for wire in [Wire.azure, .otlp] {
            if let sickness, sickness.sick == wire {
                servers[wire] = try await stage.server(script: sickness.script)
            } else {
                servers[wire] = try await stage.server()
            }
        }
        guard let azure = servers[.azure], let otlp = servers[.otlp] else { return [:] }
        let each = stage.context.isQuick ? 6_000 : 10_000
        var options = stage.options(spans: each, logs: each)
        options.linger = 240
        options.awaited = servers.keys.filter { $0 != sickness?.sick }.map { "\($0)" }
        var environment = stage.environment(azure: azure.url, otlp: otlp.url)
        // What waits for company costs time, and measures nothing.
        environment["OTEL_BSP_SCHEDULE_DELAY"] = "200"
        environment["OTEL_BLRP_SCHEDULE_DELAY"] = "200"
        environment["CHAOS_EMIT"] = try stage.text(options)
        let child = try stage.start([stage.context.program], environment)
        let healthy = servers.filter { $0.key != sickness?.sick }
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline, child.end == nil,
            healthy.contains(where: { $0.value.ledger.acceptedCount < 2 * each })
        {
            try await Task.sleep(for: .milliseconds(20))
        }
        if untilTheEnd {
            let report = try await stage.report(of: child)
            self.check(report, of: stage, sickness, records: UInt64(2 * each))
        } else {
            child.signal(SIGKILL)
            _ = await child.wait(atMost: .seconds(120))
        }
        var rates: [Wire: Double] = [:]
        for (wire, server) in healthy {
            let taken = server.ledger.accepted
            stage.checks.equal("\(stage.name): records at \(wire)", taken.count, 2 * each)
            stage.checks.equal(
                "\(stage.name): duplicates at \(wire)",
                taken.values.reduce(0) { $0 + $1.said + $1.unsaid - 1 },
                0
            )
            rates[wire] = Self.rate(of: taken.values.map(\.first))
        }
        for server in servers.values { await server.goDown() }
        return rates
    }

    /// Records a second while it was going on.
    ///
    /// Neither the start counts nor the end, where the last batch waits for company: what takes the same
    /// time whatever happens would hide what does not.
    private static func rate(of times: [UInt64]) -> Double? {
        let sorted = times.sorted()
        guard sorted.count >= 100 else { return nil }
        let (low, high) = (sorted.count / 20, sorted.count * 9 / 10)
        guard sorted[high] > sorted[low] else { return nil }
        return Double(high - low) / (Double(sorted[high] - sorted[low]) / 1e9)
    }

    /// Whoever is healthy has got everything; of the other, everything is accounted for.
    private func check(
        _ report: EmitterReport,
        of stage: Stage,
        _ sickness: Sickness?,
        records: UInt64
    ) {
        for wire in [Wire.azure, .otlp] {
            guard let books = report.destinations["\(wire)"] else {
                stage.checks.fail("\(stage.name): no books of \(wire)")
                continue
            }
            let name = "\(stage.name): \(wire)"
            let lost = books.dropped.values.reduce(0, +)
            stage.checks.equal("\(name), accepted", books.accepted, records)
            stage.checks.equal("\(name), pending", books.pending, 0)
            stage.checks.equal(
                "\(name), exported + stored + dropped",
                books.exported + books.stored + lost,
                records
            )
            stage.checks.equal(
                "\(name), exported",
                books.exported,
                wire == sickness?.sick ? 0 : records
            )
            stage.checks.equal("\(name), dropped", books.dropped, [:])
        }
        stage.checks.within("\(stage.name): seconds to shut down", report.ownShutdownSeconds, 0...5)
        stage.checks.grew(stage.name, from: report.baselineBytes, to: report.peakBytes)
    }

    private static func isClose(_ shares: [Sickness: [Double]]) -> Bool {
        Sickness.all.contains { (self.median(shares[$0]) ?? 0) < self.leastShare + 0.05 }
    }

    private static func median(_ values: [Double]?) -> Double? {
        guard let sorted = values?.sorted(), !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
