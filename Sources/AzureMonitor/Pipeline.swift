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
        for notice in configuration.notices {
            configuration.diagnostics.report(.warning, code: "environment", notice)
        }
        let exporters = try Self.exporters(for: configuration)
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
        pipeline.diagnostics = configuration.diagnostics
        self.telemetry = Telemetry(configuration: pipeline, exporters: exporters)
    }

    /// Whether the back end of a signal is to be installed.
    func isEnabled(_ signal: Signal) -> Bool {
        self.signals.contains(signal)
    }

    private static func exporters(
        for configuration: AzureMonitor.Configuration
    ) throws -> [any TelemetryExporter] {
        var exporters = configuration.additionalExporters
        let consoleSignals = configuration.consoleSignals.intersection(configuration.signals)
        if !consoleSignals.isEmpty {
            exporters.append(ConsoleExporter(signals: consoleSignals))
        }
        guard !configuration.signals.isEmpty else { return exporters }
        guard let connectionString = configuration.connectionString, !connectionString.isEmpty
        else {
            configuration.diagnostics.report(
                .warning, code: "no-connection-string",
                """
                nothing is sent to Azure: there is no connection string; set \
                APPLICATIONINSIGHTS_CONNECTION_STRING or Configuration.connectionString
                """)
            return exporters
        }
        exporters += try AzureMonitorExporters.make(
            connectionString: ConnectionString(connectionString),
            credential: configuration.credential,
            signals: configuration.signals,
            transport: configuration.transport,
            environment: configuration.environment
        )
        return exporters
    }

    /// The resource: defaults, then detectors, then the environment, then code.
    static func resource(for configuration: AzureMonitor.Configuration) -> Resource {
        var attributes = ProcessResource.attributes(version: AzureMonitorVersion.current)
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
