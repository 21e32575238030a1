import ArgumentParser
import LocalInsights
import ServiceLifecycle
import TelemetryEngine
import UnixSignals

/// `azure-monitor demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A shop with visitors and a warehouse, and a page that shows what they do.",
        discussion: """
            The first line on standard output is the address of the page. Then, once a second, what \
            was sent and what arrived, in items by table. It runs until SIGINT or SIGTERM, or as \
            long as --seconds says; it then flushes and prints both counts, and fails if they \
            differ.
            """
    )

    @Option(help: "The port of the page; 0 takes a free one.")
    var port = 4318

    @Option(help: "How many seconds to run; until interrupted unless told.")
    var seconds: Double?

    func validate() throws {
        guard 0...65_535 ~= self.port else {
            throw ValidationError("--port is a number from 0 to 65535.")
        }
        guard self.seconds.map({ $0 > 0 && $0 <= 86_400 }) ?? true else {
            throw ValidationError("--seconds is a number above 0, at most 86400.")
        }
    }

    func run() async throws {
        let insights = try InsightsHost(port: self.port)
        let demo = Demo(insights: insights, duration: self.seconds.map { .seconds($0) })
        let (sent, arrived) = try await demo.run()
        Console.print(
            "{\"sent\":\(DemoReport.json(sent)),\"arrived\":\(DemoReport.json(arrived))}"
        )
        if sent != arrived {
            throw ToolFailure(message: "what arrived differs from what was sent")
        }
    }
}
