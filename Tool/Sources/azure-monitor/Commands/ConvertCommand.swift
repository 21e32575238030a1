import ArgumentParser
import AzureMonitorExporter
import Foundation
import OTLPExporter
import TelemetryEngine
import TelemetryModel

/// `azure-monitor convert`.
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Shows the envelopes that an OTLP/JSON export request becomes.",
        discussion: """
            Reads one export request (traces, logs or metrics) from standard input and prints the \
            Application Insights envelopes that the exporter would send, one a line. Nothing is \
            sent, sampled or added. What cannot be mapped is named on standard error.
            """
    )

    @Option(
        help: ArgumentHelp(
            "The connection string with the key to write.",
            discussion: """
                Without it APPLICATIONINSIGHTS_CONNECTION_STRING and then \
                APPINSIGHTS_INSTRUMENTATIONKEY count; without these the key is all zeros.
                """,
            valueName: "CS"
        )
    )
    var connectionString: String?

    /// The key of envelopes that are sent nowhere.
    private static let noKey = "00000000-0000-0000-0000-000000000000"

    func validate() throws {
        guard let connectionString = self.connectionString else { return }
        do {
            _ = try ConnectionString(connectionString)
        } catch {
            throw ValidationError(error.message)
        }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let destination = try self.destination(in: environment)
        var options = EnvelopeOptions(
            instrumentationKey: destination?.instrumentationKey.value ?? Self.noKey,
            hostName: HostMachine.name,
            environment: environment
        )
        options.applicationID = destination?.applicationID
        let encoder = EnvelopeEncoder(options: options)
        let request: OTLPExportRequest
        do {
            request = try OTLPJSONDecoder().decode(Self.standardInput())
        } catch {
            throw ToolFailure(message: "standard input: \(error)")
        }
        for skipped in request.skipped {
            Console.printError("azure-monitor: left out: \(skipped)")
        }
        for batch in request.batches {
            let envelopes = encoder.envelopes(of: batch)
            for text in envelopes.texts { Console.print(text) }
            for item in envelopes.unmapped {
                Console.printError("azure-monitor: left out: \(item)")
            }
        }
    }

    private func destination(in environment: [String: String]) throws -> ConnectionString? {
        do throws(AzureMonitorError) {
            return try ConnectionString(
                explicit: self.connectionString,
                environment: environment
            )
        } catch {
            guard error.code != .missingConnectionString else { return nil }
            throw ToolFailure(message: error.message)
        }
    }

    private static func standardInput() throws(OTLPDecodingError) -> [UInt8] {
        do {
            return try Array(FileHandle.standardInput.readToEnd() ?? Data())
        } catch {
            throw OTLPDecodingError(code: .malformed, message: "it cannot be read")
        }
    }
}
