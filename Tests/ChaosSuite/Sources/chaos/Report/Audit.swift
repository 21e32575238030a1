/// Compares what a server took with what the books of the processes say.
struct Audit {
    var name: String
    var checks: Checks
    /// The reports of all processes that recorded or delivered.
    var reports: [EmitterReport]
    /// The lists of all servers.
    var ledgers: [Ledger]
    /// What must be lost, by reason; nothing else may be.
    var dropped: [String: UInt64] = [:]
    /// How many records the servers must have taken twice, once without saying so.
    var duplicates = 0
    /// How many records must be left in offline storage at the end.
    var left = 0

    /// Checks it all.
    func run() {
        let checks = self.checks
        for (number, report) in self.reports.enumerated() {
            let name = self.reports.count == 1 ? self.name : "\(self.name), process \(number + 1)"
            let recorded = UInt64(report.spans + report.logs)
            checks.equal("\(name): accepted", report.accepted, recorded)
            checks.equal("\(name): pending", report.pending, 0)
            let settled = report.exported + report.stored + report.droppedCount
            checks.equal("\(name): exported + stored + dropped", settled, report.accepted)
            // Each of these records is one item.
            checks.equal("\(name): items", report.items, report.exported)
            checks.grew(name, from: report.baselineBytes, to: report.peakBytes)
        }
        var dropped: [String: UInt64] = [:]
        for report in self.reports { dropped.merge(report.dropped, uniquingKeysWith: +) }
        checks.equal("\(self.name): dropped", Self.text(dropped), Self.text(self.dropped))
        let stored = self.reports.reduce(0) { $0 + $1.stored }
        let redelivered = self.reports.reduce(0) { $0 + $1.redelivered }
        // What one process left behind, another delivered; what a server refused of it is in no
        // account, so rows where that may happen say what is left.
        checks.equal(
            "\(self.name): stored and not redelivered",
            stored,
            redelivered + UInt64(self.left)
        )

        var taken: [Ledger.Key: Ledger.Acceptance] = [:]
        for ledger in self.ledgers {
            for (key, acceptance) in ledger.accepted {
                taken[key, default: Ledger.Acceptance()].said += acceptance.said
                taken[key, default: Ledger.Acceptance()].unsaid += acceptance.unsaid
            }
            checks.equal("\(self.name): unreadable requests", ledger.unreadable, 0)
        }
        var recorded: Set<Ledger.Key> = []
        for report in self.reports {
            for sequence in 0..<report.spans {
                recorded.insert(Ledger.Key(run: report.run, signal: .span, sequence: sequence))
            }
            for sequence in 0..<report.logs {
                recorded.insert(Ledger.Key(run: report.run, signal: .log, sequence: sequence))
            }
        }
        let unknown = taken.keys.filter { !recorded.contains($0) }
        checks.equal("\(self.name): records that nobody recorded", unknown.count, 0)
        let delivered = self.reports.reduce(0) { $0 + $1.exported } + redelivered
        let known = taken.filter { $0.value.said > 0 }.count
        checks.equal("\(self.name): records taken and said, by the books", UInt64(known), delivered)
        let holes = recorded.filter { taken[$0] == nil }.sorted()
        let explained = Int(dropped.values.reduce(0, +)) + self.left
        checks.that(
            holes.count == explained,
            "\(self.name): \(holes.count) records never arrived (\(Self.some(holes))), "
                + "\(explained) are explained"
        )
        let twiceSaid = taken.filter { $0.value.said > 1 }.map(\.key).sorted()
        checks.that(
            twiceSaid.isEmpty,
            "\(self.name): \(twiceSaid.count) records were sent again after the server had said "
                + "that it took them (\(Self.some(twiceSaid)))"
        )
        let duplicates = taken.values.reduce(0) { $0 + $1.said + $1.unsaid - 1 }
        checks.equal("\(self.name): duplicates", duplicates, self.duplicates)
    }

    private static func text(_ dropped: [String: UInt64]) -> String {
        let sums = dropped.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return "{\(sums.joined(separator: ", "))}"
    }

    private static func some(_ keys: [Ledger.Key]) -> String {
        let first = keys.prefix(8).map { "\($0.run) \($0.signal.rawValue) \($0.sequence)" }
        return first.joined(separator: ", ") + (keys.count > 8 ? ", …" : "")
    }
}
