import ArgumentParser
import AzureMonitorExporter
import TelemetryModel

/// Tells what the sampler makes of a trace id.
struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Print the sampling score of trace ids.",
        discussion: """
            One line for each: the id and its score, from 0 to 1, as the shortest decimal that \
            reads back as the same double. A trace is kept if its score is below the ratio.
            """
    )

    @Argument(help: "Trace ids of 32 hexadecimal digits.")
    var traceIDs: [String]

    func validate() throws {
        guard !self.traceIDs.isEmpty else { throw ValidationError("No trace id is given.") }
        for text in self.traceIDs where TraceID(hex: text) == nil {
            throw ValidationError("'\(text)' is not 32 hexadecimal digits.")
        }
    }

    func run() throws {
        for text in self.traceIDs {
            guard let traceID = TraceID(hex: text) else { continue }
            Console.print("\(traceID) \(SamplingScore.score(of: traceID))")
        }
    }
}
