import ArgumentParser
import Hummingbird
import LocalInsights
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `azure-monitor local`.
struct LocalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "local",
        abstract: "Application Insights on your own machine: receives, stores, shows.",
        discussion: """
            The first line on standard output is the connection string; it appears when the \
            server listens. The address of the web page goes to standard error. What speaks \
            OpenTelemetry's protocol over HTTP can send to that address as well, in \
            Protocol Buffers or JSON: OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318. It runs \
            until SIGINT or SIGTERM.
            """
    )

    @Option(help: "The port; 0 takes a free one.")
    var port = 4318

    @Option(help: "The address to listen on. Anything but loopback lets others in.")
    var host = "127.0.0.1"

    @Option(help: "The SQLite file to keep the telemetry in; without it, memory.")
    var database: String?

    func validate() throws {
        guard 0...65_535 ~= self.port else {
            throw ValidationError("--port is a number from 0 to 65535.")
        }
        guard !self.host.isEmpty else { throw ValidationError("--host is empty.") }
        guard self.database != "" else { throw ValidationError("--database is empty.") }
    }

    func run() async throws {
        let logger = Console.logger
        let store: TelemetryStore
        do {
            store = try TelemetryStore(configuration: .init(path: self.database), logger: logger)
        } catch {
            throw ToolFailure(
                message: "\(self.database ?? "the store") cannot be used: \(error.message)"
            )
        }
        var configuration = LocalInsightsServer.Configuration()
        configuration.host = self.host
        configuration.port = self.port
        configuration.hostName = HostMachine.name
        let server = LocalInsightsServer(
            configuration: configuration,
            store: store,
            logger: logger
        )
        let hasListened = Mutex(false)
        let application = server.makeApplication { port in
            hasListened.withLock { $0 = true }
            Console.print(server.connectionString(port: port))
            Console.printError("Page: \(server.pageAddress(port: port))")
        }
        var group = ServiceGroupConfiguration(
            services: [application],
            gracefulShutdownSignals: [.sigint, .sigterm],
            logger: logger
        )
        // A client that stalls in the middle of a request must not keep the process alive.
        group.maximumGracefulShutdownDuration = .seconds(3)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch  where hasListened.withLock({ $0 }) && error is CancellationError {
            // The time for the shutdown was up: what was under way has been cut off.
        } catch {
            throw Self.explanation(of: error, host: self.host, port: self.port)
        }
        try? store.close()
    }

    /// What to tell somebody whose server did not start.
    static func explanation(of error: any Error, host: String, port: Int) -> ToolFailure {
        guard let error = error as? IOError, error.errnoCode == EADDRINUSE else {
            return ToolFailure(message: "cannot listen on \(host), port \(port): \(error)")
        }
        return ToolFailure(
            message: "port \(port) of \(host) is in use; choose another with --port"
        )
    }
}

extension Console {
    /// A logger for what goes wrong inside the tool, on standard error.
    static var logger: Logger {
        var logger = Logger(label: "azure-monitor") {
            StreamLogHandler.standardError(label: $0)
        }
        logger.logLevel = .warning
        return logger
    }
}
