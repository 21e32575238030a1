import ArgumentParser
import AzureMonitor
import AzureMonitorExporter
import OTLPExporter
import TelemetryEngine
import UnixSignals

/// `azure-monitor storage send`.
struct StorageSendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Tries each payload once, oldest first.",
        discussion: """
            A payload goes to where it was to be sent when it was stored. A failure of the network \
            ends the tries for its destination. What a living process holds is waited for, up to a \
            minute. For OTLP destinations the headers and certificates are those of \
            OTEL_EXPORTER_OTLP_HEADERS and its likes. The last line on standard output counts items: \
            {"delivered":n,"left":n,"dropped":{reason: n}}. The exit status is 0 if nothing is left.
            """
    )

    @OptionGroup var storage: StorageDirectory

    @Option(
        help: ArgumentHelp(
            "The connection string with the endpoint to send to instead.",
            discussion: """
                Its instrumentation key must be the one that the payloads were stored with. What \
                was stored for an OTLP endpoint goes there nevertheless. The default is \
                APPLICATIONINSIGHTS_CONNECTION_STRING, if that is set.
                """,
            valueName: "CS"
        )
    )
    var connectionString: String?

    func validate() throws {
        guard let connectionString = self.connectionString else { return }
        do {
            _ = try ConnectionString(connectionString)
        } catch {
            throw ValidationError(error.message)
        }
    }

    func run() async throws {
        let entries = try self.storage.entries()
        let exporters = try self.exporters(for: Set(entries.map(\.destination)))
        let delivery = await Self.send(self.storage.directory, by: exporters)
        for exporter in exporters.values { await exporter.shutdown() }
        let outcome: OfflineStorage.Delivery
        do throws(StorageError) {
            outcome = try delivery.get()
        } catch {
            throw ToolFailure(message: error.message)
        }
        for explanation in outcome.explanations {
            Console.printError("azure-monitor: \(explanation)")
        }
        Console.print(outcome.json)
        if outcome.left > 0 { throw ExitCode(1) }
    }

    /// Who sends to each of the destinations; those that nobody can send to are named.
    func exporters(
        for destinations: Set<Destination>
    ) throws -> [Destination: any TelemetryExporter] {
        let configuration = AzureMonitor.Configuration()
        let connectionString = try self.connectionString(of: configuration)
        var exporters: [Destination: any TelemetryExporter] = [:]
        for destination in destinations {
            do {
                if let exporter = try OfflineStorage.azureMonitorExporter(
                    for: destination,
                    connectionString: connectionString,
                    credential: configuration.credential
                ) {
                    exporters[destination] = exporter
                } else if let exporter = try OfflineStorage.otlpExporter(for: destination) {
                    exporters[destination] = exporter
                } else {
                    Console.printError(
                        "azure-monitor: nobody here sends to the destination \(destination.name)"
                    )
                }
            } catch let error as AzureMonitorError {
                throw ToolFailure(message: error.message, status: 64)
            } catch let error as OTLPError {
                // What it keeps is left, and what is for others is sent.
                Console.printError("azure-monitor: \(destination.name): \(error.message)")
            }
        }
        return exporters
    }

    private func connectionString(
        of configuration: AzureMonitor.Configuration
    ) throws -> ConnectionString? {
        if let text = self.connectionString { return try ConnectionString(text) }
        guard let text = configuration.connectionString else { return nil }
        do throws(AzureMonitorError) {
            return try ConnectionString(text, source: .connectionStringVariable)
        } catch {
            // As everywhere, a mistake in the environment is said, and does not count.
            Console.printError("azure-monitor: \(error.message)")
            return nil
        }
    }

    /// Sends until all is tried or a signal comes.
    private static func send(
        _ directory: String,
        by exporters: [Destination: any TelemetryExporter]
    ) async -> Result<OfflineStorage.Delivery, StorageError> {
        await withTaskGroup(of: Result<OfflineStorage.Delivery, StorageError>?.self) { group in
            group.addTask {
                do throws(StorageError) {
                    return .success(try await OfflineStorage.send(directory, by: exporters))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
                return nil
            }
            // If it is the signal that comes first, the sender gives back what it holds.
            while let result = await group.next() {
                group.cancelAll()
                if let result { return result }
            }
            return .success(OfflineStorage.Delivery())
        }
    }
}

extension OfflineStorage.Delivery {
    /// The counts as one JSON object.
    var json: String {
        let dropped = self.dropped.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\(JSONLiteral.text($0.key.rawValue)):\($0.value)" }
        return "{\"delivered\":\(self.delivered),\"left\":\(self.left),"
            + "\"dropped\":{\(dropped.joined(separator: ","))}}"
    }
}
