import ArgumentParser
import AzureMonitorExporter
import TelemetryModel

/// `azure-monitor score`.
struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Prints the sampling score of trace ids.",
        discussion: """
            A sampler keeps a trace if its score, a number from 0 to 1, is below the ratio. It \
            prints the trace id and the score, a line each.
            """
    )

    @Argument(
        help: ArgumentHelp("A trace id of 32 hexadecimal digits.", valueName: "trace-id"),
        transform: { text in
            guard let traceID = TraceID(hex: text.lowercased()) else {
                throw ValidationError("A trace id has 32 hexadecimal digits.")
            }
            return traceID
        }
    )
    var traceIDs: [TraceID]

    func run() {
        for traceID in self.traceIDs {
            Console.print("\(traceID) \(SamplingScore(of: traceID).value)")
        }
    }
}
