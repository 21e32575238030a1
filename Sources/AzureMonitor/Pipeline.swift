import AzureIdentity
import AzureMonitorExporter
import OTLPExporter
import TelemetryEngine
import TelemetryModel
import TelemetryTransport

/// A pipeline put together as a configuration says.
struct Pipeline {
    let telemetry: Telemetry
    private let signals: Set<Signal>

    /// Puts a pipeline together; nothing runs, no thread is started, nobody is asked anything.
    ///
    /// - Parameters:
    ///   - transport: what sends to Azure; `nil` for what the configuration describes.
    ///   - otlpTransport: what sends to the OTLP destination; `nil` for what it describes.
    init(
        _ configuration: AzureMonitor.Configuration,
        transport: (any HTTPTransport)? = nil,
        otlpTransport: (any HTTPTransport)? = nil
    ) throws {
        let diagnostics = Diagnostics(
            level: configuration.diagnosticLevel,
            directory: configuration.diagnosticDirectory
        )
        let ofOTLP = (configuration.otlp?.notices ?? []).filter {
            !configuration.notices.contains($0)
        }
        for (number, notice) in (configuration.notices + ofOTLP).enumerated() {
            diagnostics.report(.warning, "environment.\(number)", notice)
        }
        var statistics: CustomerStatistics?
        // Who wants tokens of the same credential for several places asks one source for them.
        let credential =
            configuration.otlp == nil
            ? configuration.credential
            : configuration.credential.map { $0 as? TokenSource ?? TokenSource($0) }
        let ofOTLPDestination = try Self.otlpExporters(
            for: configuration,
            credential,
            otlpTransport,
            diagnostics
        )
        let exporters =
            try Self.exporters(
                for: configuration,
                credential,
                transport,
                diagnostics,
                &statistics,
                isAlone: ofOTLPDestination.isEmpty
            ) + ofOTLPDestination
        // Without any destination there is nobody to record for: the program keeps whatever back
        // ends it would have without us.
        self.signals = exporters.isEmpty ? [] : configuration.signals
        var pipeline = TelemetryConfiguration()
        pipeline.resource = Self.resource(for: configuration)
        pipeline.resourceDetection = Self.detection(for: configuration, diagnostics)
        pipeline.traces = configuration.traces
        pipeline.traces.inheritance = configuration.propagatesMainAgent ? .mainAgent : nil
        pipeline.logs = configuration.logs
        pipeline.metrics = configuration.metrics
        pipeline.storage = configuration.storage
        pipeline.shutdownTimeout = configuration.shutdownTimeout
        pipeline.maximumRequests = configuration.maximumRequests
        pipeline.storesOverQuota = configuration.storesOverQuota
        pipeline.durability = configuration.durability
        if let statistics { pipeline.metricProducers = [statistics] }
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
        _ credential: (any TokenCredential)?,
        _ transport: (any HTTPTransport)?,
        _ diagnostics: Diagnostics,
        _ statistics: inout CustomerStatistics?,
        isAlone: Bool
    ) throws -> [any TelemetryExporter] {
        var exporters = configuration.additionalExporters
        let consoleSignals = configuration.consoleSignals.intersection(configuration.signals)
        if !consoleSignals.isEmpty {
            exporters.append(ConsoleExporter(signals: consoleSignals))
        }
        guard !configuration.signals.isEmpty else { return exporters }
        guard let connectionString = configuration.connectionString, !connectionString.isEmpty
        else {
            // Who sends elsewhere may mean it so.
            diagnostics.report(
                isAlone ? .warning : .info,
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
        let parsed = try ConnectionString(connectionString)
        var options = EnvelopeOptions(
            connectionString: parsed,
            environment: configuration.environment
        )
        options.redactsQueries = configuration.redactsURLQueries
        statistics = configuration.sdkStatisticsInterval.map { interval in
            CustomerStatistics(
                interval: interval,
                destination: parsed.destination,
                dropsOverQuota: !configuration.storesOverQuota,
                environment: configuration.environment,
                start: TimeSource.system.wallNow()
            )
        }
        let connection: AzureMonitorConnection
        do throws(AzureMonitorError) {
            connection = try AzureMonitorConnection(
                connectionString: parsed,
                credential: credential,
                transport: transport ?? CurlMultiplexer(configuration: configuration.transport),
                options: options,
                environment: configuration.environment,
                statistics: statistics
            )
        } catch {
            guard configuration.isCredentialOfEnvironment else { throw error }
            diagnostics.report(
                .error,
                "azure.credential",
                "nothing is sent to Azure: \(error.message)"
            )
            return exporters
        }
        // One connection for all three; whichever is closed last, none sends any more by then.
        let ofAzure: [any TelemetryExporter] = [
            AzureMonitorTraceExporter(connection: connection, closesConnection: true),
            AzureMonitorLogExporter(connection: connection, closesConnection: true),
            AzureMonitorMetricExporter(connection: connection, closesConnection: true),
        ]
        return exporters + ofAzure.filter { !$0.signals.isDisjoint(with: configuration.signals) }
    }

    /// The exporters to the OTLP destination, if there is one.
    private static func otlpExporters(
        for configuration: AzureMonitor.Configuration,
        _ credential: (any TokenCredential)?,
        _ transport: (any HTTPTransport)?,
        _ diagnostics: Diagnostics
    ) throws -> [any TelemetryExporter] {
        guard var otlp = configuration.otlp else { return [] }
        otlp.signals.formIntersection(configuration.signals)
        guard !otlp.signals.isEmpty else { return [] }
        do throws(OTLPError) {
            if let entra = otlp.authorizer as? EntraAuthorizer, !entra.hasCredential {
                guard let credential else { throw Self.missingCredential }
                otlp.authorizer = entra.with(credential)
            }
            return try otlp.makeExporters(
                transport: transport,
                connections: configuration.transport,
                diagnostics: diagnostics
            )
        } catch {
            // A mistake in the environment does not keep a program from running.
            guard configuration.isOTLPOfEnvironment else { throw error }
            diagnostics.report(.error, "otlp", "nothing is sent by OTLP: \(error.message)")
            return []
        }
    }

    private static let missingCredential = OTLPError(
        code: .missingCredential,
        message: "The OTLP destination takes tokens of Microsoft Entra only, and there is no "
            + "credential. Pass one to azureMonitorOTLP, or set Configuration.credential, for "
            + "instance to DefaultAzureCredential()."
    )

    /// What is wrong with a connection string of the environment; `nil` if nothing is.
    private static func mistake(in connectionString: String) -> String? {
        do {
            _ = try ConnectionString(connectionString, source: .connectionStringVariable)
            return nil
        } catch {
            return error.message
        }
    }

    /// The resource, as far as it is known without asking anybody.
    static func resource(for configuration: AzureMonitor.Configuration) -> Resource {
        Self.resource(
            for: configuration,
            detected: configuration.environmentResource.detected(
                by: configuration.resourceDetectors
            )
        )
    }

    /// The resource: defaults, then detectors, then the environment, then code.
    private static func resource(
        for configuration: AzureMonitor.Configuration,
        detected: Attributes
    ) -> Resource {
        var attributes = ProcessResource.attributes(version: PackageVersion.current)
        attributes.merge(detected)
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

    /// Asks the metadata service of the virtual machine; `nil` if that is not wanted.
    private static func detection(
        for configuration: AzureMonitor.Configuration,
        _ diagnostics: Diagnostics
    ) -> (@Sendable () async -> Resource)? {
        let environment = configuration.environmentResource
        guard environment.asksMetadataService(configuration.resourceDetectors) else { return nil }
        return {
            let machine = await VirtualMachineMetadata.asking(
                environment.metadataEndpoint,
                within: environment.metadataTimeLimit
            )
            if machine == nil {
                diagnostics.report(
                    .info,
                    "resource.virtual-machine",
                    "no metadata service answers: this is no virtual machine of Azure's"
                )
            }
            return Self.resource(for: configuration, detected: machine?.attributes ?? [:])
        }
    }
}
