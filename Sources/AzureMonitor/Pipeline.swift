import AzureMonitorExporter
import TelemetryEngine
import TelemetryModel
import TelemetryTransport

/// A pipeline put together as a configuration says.
struct Pipeline {
    let telemetry: Telemetry
    private let signals: Set<Signal>

    /// Puts a pipeline together; nothing runs, no thread is started, no file touched.
    init(_ configuration: AzureMonitor.Configuration) throws {
        let diagnostics = Diagnostics(
            level: configuration.diagnosticLevel,
            directory: configuration.diagnosticDirectory
        )
        for (number, notice) in configuration.notices.enumerated() {
            diagnostics.report(.warning, "environment.\(number)", notice)
        }
        let exporters = try Self.exporters(for: configuration, diagnostics)
        // Without any destination there is nobody to record for: the program keeps whatever back
        // ends it would have without us.
        self.signals = exporters.isEmpty ? [] : configuration.signals
        var pipeline = TelemetryConfiguration()
        pipeline.resource = Self.resource(for: configuration)
        pipeline.traces = configuration.traces
        pipeline.logs = configuration.logs
        pipeline.metrics = configuration.metrics
        pipeline.storage = configuration.storage
        pipeline.shutdownTimeout = configuration.shutdownTimeout
        pipeline.maximumRequests = configuration.maximumRequests
        pipeline.storesOverQuota = configuration.storesOverQuota
        pipeline.durability = configuration.durability
        self.telemetry = Telemetry(
            configuration: pipeline,
            exporters: exporters,
            diagnostics: diagnostics
        )
    }

    /// Whether anything goes anywhere.
    var hasDestinations: Bool { !self.signals.isEmpty }

    /// Whether the back end of a signal is to be installed.
    func isEnabled(_ signal: Signal) -> Bool {
        self.signals.contains(signal)
    }

    private static func exporters(
        for configuration: AzureMonitor.Configuration,
        _ diagnostics: Diagnostics
    ) throws -> [any TelemetryExporter] {
        var exporters = configuration.additionalExporters
        let consoleSignals = configuration.consoleSignals.intersection(configuration.signals)
        if !consoleSignals.isEmpty {
            exporters.append(ConsoleExporter(signals: consoleSignals))
        }
        guard !configuration.signals.isEmpty else { return exporters }
        guard let connectionString = configuration.connectionString, !connectionString.isEmpty
        else {
            diagnostics.report(
                .warning,
                "azure.no-connection-string",
                """
                nothing is sent to Azure: there is no connection string; set \
                APPLICATIONINSIGHTS_CONNECTION_STRING or Configuration.connectionString
                """
            )
            return exporters
        }
        if connectionString == configuration.environmentConnectionString,
            let mistake = Self.mistake(in: connectionString)
        {
            // A mistake in the environment does not keep a program from running.
            diagnostics.report(
                .error,
                "azure.connection-string",
                "nothing is sent to Azure: \(mistake)"
            )
            return exporters
        }
        let connection = try AzureMonitorConnection(
            connectionString: ConnectionString(connectionString),
            credential: configuration.credential,
            transport: CurlMultiplexer(configuration: configuration.transport),
            environment: configuration.environment
        )
        // One connection for all three; whichever is closed last, none sends any more by then.
        let ofAzure: [any TelemetryExporter] = [
            AzureMonitorTraceExporter(connection: connection, closesConnection: true),
            AzureMonitorLogExporter(connection: connection, closesConnection: true),
            AzureMonitorMetricExporter(connection: connection, closesConnection: true),
        ]
        return exporters + ofAzure.filter { !$0.signals.isDisjoint(with: configuration.signals) }
    }

    /// What is wrong with a connection string of the environment; `nil` if nothing is.
    private static func mistake(in connectionString: String) -> String? {
        do {
            _ = try ConnectionString(connectionString, source: .connectionStringVariable)
            return nil
        } catch {
            return error.message
        }
    }

    /// The resource: defaults, then detectors, then the environment, then code.
    static func resource(for configuration: AzureMonitor.Configuration) -> Resource {
        var attributes = ProcessResource.attributes(version: PackageVersion.current)
        attributes.merge(configuration.environmentResource.detected)
        attributes.merge(configuration.environmentResource.declared)
        for (key, value) in configuration.resourceAttributes.sorted(by: { $0.key < $1.key }) {
            attributes[key] = value
        }
        let named = [
            ("service.name", configuration.serviceName),
            ("service.namespace", configuration.serviceNamespace),
            ("service.version", configuration.serviceVersion),
            ("service.instance.id", configuration.serviceInstanceID),
        ]
        for case (let key, let value?) in named where !value.isEmpty {
            attributes[key] = .string(value)
        }
        return Resource(attributes: attributes)
    }
}
