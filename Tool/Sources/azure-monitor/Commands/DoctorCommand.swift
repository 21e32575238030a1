import ArgumentParser
import AzureMonitor
import Foundation
import OTLPExporter
import TelemetryEngine
import UnixSignals

/// `azure-monitor doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Finds out why no telemetry arrives.",
        discussion: """
            Goes the way of an item, step by step, sends one that says so, and looks at offline \
            storage. Each line begins with ok, warn, fail or skip and ends with what to do. It \
            takes half a minute at most. The exit status is 1 if anything fails.
            """
    )

    @Option(
        help: ArgumentHelp(
            "The connection string.",
            discussion: "The default is APPLICATIONINSIGHTS_CONNECTION_STRING.",
            valueName: "CS"
        )
    )
    var connectionString: String?

    @Option(
        help: ArgumentHelp("Where a program keeps what cannot be delivered.", valueName: "DIR")
    )
    var storage: String?

    @Flag(help: "Print one JSON array of objects with status, name, what and remedy.")
    var json = false

    func validate() throws {
        guard self.storage != "" else { throw ValidationError("--storage is empty.") }
    }

    func run() async throws {
        let configuration = AzureMonitor.Configuration()
        let otlp = await Self.otlpDestinations(of: configuration)
        let examination = Examination(
            connectionString: self.connectionString,
            storage: self.storage,
            environment: ProcessInfo.processInfo.environment,
            credential: configuration.credential,
            otlp: otlp.places,
            notices: configuration.notices + otlp.problems,
            isDisabled: configuration.signals.isEmpty
        )
        let results = await Self.run(examination, showsLines: !self.json)
        if self.json { Console.print("[\(results.map(\.json).joined(separator: ","))]") }
        if results.contains(where: { $0.finding.status == .fail }) { throw ExitCode(1) }
    }

    /// Where a pipeline would send by OTLP, without queries and headers, or why it would not.
    private static func otlpDestinations(
        of configuration: AzureMonitor.Configuration
    ) async -> (places: String?, problems: [String]) {
        guard var otlp = configuration.otlp else { return (nil, []) }
        otlp.signals.formIntersection(configuration.signals)
        do throws(OTLPError) {
            let exporters = try otlp.makeExporters()
            for exporter in exporters { await exporter.shutdown() }
            let places = exporters.map(\.destination.identity)
            return (places.isEmpty ? nil : places.joined(separator: " and "), [])
        } catch {
            return (nil, [error.message])
        }
    }

    /// Runs until all is checked; a signal ends it early.
    private static func run(
        _ examination: Examination,
        showsLines: Bool
    ) async -> [CheckResult] {
        await withTaskGroup(of: [CheckResult]?.self) { group in
            group.addTask {
                await examination.run { result in
                    if showsLines { Console.print(result.line) }
                }
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
                return nil
            }
            while let result = await group.next() {
                group.cancelAll()
                if let result { return result }
            }
            return []
        }
    }
}
