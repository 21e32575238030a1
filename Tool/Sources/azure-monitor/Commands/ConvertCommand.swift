import ArgumentParser
import AzureMonitor
import AzureMonitorExporter
import OTLPExporter

/// Shows what the exporter would send.
struct ConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Turn an OTLP/JSON export request into Application Insights envelopes.",
        discussion: """
            Reads one export request (traces, logs or metrics) from standard input and writes the \
            envelopes that the exporter would send, one JSON object a line. Nothing is sent. What \
            cannot be mapped is left out and named on standard error.
            """
    )

    @Option(help: "Whose key the envelopes bear; the default is that of the environment.")
    var connectionString: String?

    func run() async throws {
        let environment = ProcessEnvironment.variables
        let connectionString: ConnectionString?
        do {
            connectionString = try ConnectionString.resolve(
                self.connectionString, environment: environment)
        } catch {
            throw ToolFailure(message: error.message, status: 64)
        }
        let request: OTLPExportRequest
        do {
            request = try OTLPJSONDecoder().decode(StandardInput.readAll())
        } catch {
            throw ToolFailure(message: error.message)
        }
        for skipped in request.skipped { Console.printError("left out \(skipped)") }
        let encoder = EnvelopeEncoder(
            instrumentationKey: connectionString?.instrumentationKey, environment: environment)
        for batch in request.batches {
            let envelopes = encoder.envelopes(of: batch)
            for envelope in envelopes.lines { Console.print(envelope) }
            for reason in envelopes.leftOut { Console.printError("left out \(reason)") }
        }
    }
}
