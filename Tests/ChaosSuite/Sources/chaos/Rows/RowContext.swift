import Foundation
import NIOPosix

/// What all rows work with.
struct RowContext: Sendable {
    /// A folder that anybody may enter, gone at the end.
    let scratch: String
    /// Whether to take the short form of what is long.
    let isQuick: Bool
    /// The path of this program, where other users may run it.
    let program: String
    let certificates: CertificateFixtures
    let group: MultiThreadedEventLoopGroup
    /// What the processes speak to the servers.
    var wire = Wire.azure
    /// What the servers do wrong, on purpose.
    var sabotage: Ledger.Sabotage?
    /// How much memory the children waste, on purpose, in MiB.
    var wastedMemory = 0
}

/// What processes speak to servers.
enum Wire: Sendable {
    /// The protocol of Application Insights.
    case azure
    /// OTLP over HTTP with Protocol Buffers.
    case otlp
}

/// A row of the suite.
protocol Row: Sendable {
    var number: Int { get }
    var title: String { get }
    var expected: String { get }

    /// Runs it; returns what was seen, for people.
    func run(_ context: RowContext, _ checks: Checks) async throws -> String
}

extension Row {
    /// Runs the row and takes the time; what it throws is a failure, too.
    func result(_ context: RowContext) async -> RowResult {
        let checks = Checks()
        let start = ContinuousClock.now
        var seen = ""
        do {
            seen = try await self.run(context, checks)
        } catch {
            checks.fail("the row could not be run: \(error)")
        }
        if checks.count == 0 { checks.fail("nothing was checked") }
        return RowResult(
            number: self.number,
            title: self.title,
            expected: self.expected,
            seen: seen,
            failures: checks.failures,
            seconds: (ContinuousClock.now - start) / .seconds(1),
            growth: checks.growth
        )
    }
}

/// Runs cases side by side, so many at once.
func sideBySide(_ width: Int, _ cases: [@Sendable () async -> Void]) async {
    await withTaskGroup(of: Void.self) { group in
        for (number, body) in cases.enumerated() {
            if number >= width { await group.next() }
            group.addTask { await body() }
        }
    }
}
