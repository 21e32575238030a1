import AzureMonitor
import Foundation

/// Sends the scenario to the connection string of the environment, or writes random bodies.
///
///     RowsSender send SCENARIO
///     RowsSender random SCENARIO COUNT SEED    with the keys of the scenario's attributes
@main
struct RowsSender {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else { Self.stop("RowsSender send|random SCENARIO …") }
        let scenario = try JSONDecoder().decode(
            Scenario.self,
            from: Data(contentsOf: URL(fileURLWithPath: arguments[2]))
        )
        switch arguments[1] {
        case "send":
            for session in scenario.sessions {
                let health = try await Session(session, start: scenario.start).send()
                for (name, destination) in health.destinations {
                    let books = destination.books
                    // A metric that nothing is to be sent for is counted as invalid, and what the
                    // other side refuses has no row to compare. Nothing else may be missing.
                    let explained = [DropReason.invalid, .rejected]
                        .reduce(books.exported) { $0 + books.dropped[$1, default: 0] }
                    guard books.accepted == explained else {
                        Self.stop("\(session.role): \(name): \(books)")
                    }
                }
                guard !health.destinations.isEmpty else { Self.stop("nothing was sent to") }
            }
        case "random":
            guard arguments.count == 5, let count = Int(arguments[3]),
                let seed = UInt64(arguments[4])
            else { Self.stop("RowsSender random SCENARIO COUNT SEED") }
            try await RandomBodies.write(count: count, seed: seed, keys: scenario.attributeKeys)
        default:
            Self.stop("there is no \(arguments[1])")
        }
    }

    private static func stop(_ reason: String) -> Never {
        FileHandle.standardError.write(Data("error: \(reason)\n".utf8))
        exit(1)
    }
}
