private import AzureMonitorExporter
public import Configuration
private import TelemetryEngine
private import TelemetryModel
private import TelemetryTransport

extension AzureMonitor.Configuration {
    /// Creates a configuration from a configuration reader, and defaults.
    ///
    /// Keys are the names of the environment variables in lower case, with dots for underscores:
    /// `OTEL_SERVICE_NAME` is `otel.service.name`. An empty value is an unset one; a value that
    /// cannot be understood is said once and its default holds.
    ///
    /// ## Configuration keys
    ///
    /// | Variable                                | Type                         | Sets |
    /// | --------------------------------------- | ---------------------------- | ---- |
    /// | `APPLICATIONINSIGHTS_CONNECTION_STRING` | text (secret)                | ``connectionString`` |
    /// | `APPINSIGHTS_INSTRUMENTATIONKEY`        | text (secret)                | ``connectionString``, if that is unset |
    /// | `APPLICATIONINSIGHTS_AUTHENTICATION_STRING` | `Authorization=AAD`, perhaps with `;ClientId=…` | ``credential`` |
    /// | `OTEL_SDK_DISABLED`                     | `true`                       | ``signals`` |
    /// | `OTEL_SERVICE_NAME`                     | text                         | ``serviceName`` |
    /// | `OTEL_RESOURCE_ATTRIBUTES`              | `key=value,…`                | the resource |
    /// | `OTEL_EXPERIMENTAL_RESOURCE_DETECTORS`  | list of names, `none`, `*`   | ``resourceDetectors`` |
    /// | `OTEL_{TRACES,METRICS,LOGS}_EXPORTER`   | list of `none`, `console`, `otlp` | ``signals``, ``consoleSignals``, ``otlp`` |
    /// | `OTEL_EXPORTER_OTLP_*`                  | see `OTLPConfiguration`      | ``otlp`` |
    /// | `OTEL_TRACES_SAMPLER`, `…_ARG`          | name, number                 | ``traces`` |
    /// | `OTEL_PROPAGATORS`                      | list of `tracecontext`, `baggage`, `none` | ``traces`` |
    /// | `OTEL_BSP_*`, `OTEL_BLRP_*`             | numbers, ms                  | ``traces``, ``logs`` |
    /// | `OTEL_METRIC_EXPORT_{INTERVAL,TIMEOUT}` | ms                           | ``metrics`` |
    /// | `AZURE_MONITOR_PIPELINE_METRICS`        | `true`                       | ``metrics`` |
    /// | `APPLICATIONINSIGHTS_SDKSTATS_ENABLED`, `…_EXPORT_INTERVAL` | `true`, seconds | ``sdkStatisticsInterval`` |
    /// | `OTEL_*_LIMIT`                          | numbers                      | ``traces``, ``logs`` |
    /// | `AZURE_MONITOR_DURABILITY`              | `onFailure`, `writeAhead`    | ``durability`` |
    /// | `{HTTP,HTTPS,ALL,NO}_PROXY`, `SSL_CERT_{FILE,DIR}` | text              | ``transport`` |
    /// | `APPLICATIONINSIGHTS_SELFDIAGNOSTICS_LEVEL` | name of a level          | ``diagnosticLevel`` |
    /// | `APPLICATIONINSIGHTS_SELFDIAGNOSTICS_DIRECTORY` | path                 | ``diagnosticDirectory`` |
    public init(configReader: ConfigReader) {
        var reader = EnvironmentReader(configReader)
        self.connectionString = reader.text(
            "APPLICATIONINSIGHTS_CONNECTION_STRING",
            isSecret: true
        )
        if self.connectionString == nil,
            let key = reader.text("APPINSIGHTS_INSTRUMENTATIONKEY", isSecret: true)
        {
            self.connectionString = "InstrumentationKey=\(key)"
        }
        self.environmentConnectionString = self.connectionString
        self.readAuthentication(&reader)
        let otlpSignals = self.readSignals(&reader)
        self.readResource(&reader)
        self.readLimits(&reader)
        self.readBatching(&reader)
        self.readPipelineMetrics(&reader)
        self.traces.sampler = reader.sampler() ?? self.traces.sampler
        self.traces.propagators = reader.propagators() ?? self.traces.propagators
        self.diagnosticDirectory = reader.text(Diagnostics.directoryVariable)
        if let name = reader.text(Diagnostics.levelVariable) {
            if let level = DiagnosticLevel(name) {
                self.diagnosticLevel = level
            } else {
                reader.ignore(
                    Diagnostics.levelVariable,
                    "is none of off, error, warning, info and debug"
                )
            }
        }
        if let name = reader.text("AZURE_MONITOR_DURABILITY") {
            if let durability = Durability(name) {
                self.durability = durability
            } else {
                reader.ignore("AZURE_MONITOR_DURABILITY", "is neither onFailure nor writeAhead")
            }
        }
        for name in Self.passedOn {
            self.environment[name] = reader.text(name)
        }
        self.transport = TransportConfiguration(environment: self.environment)
        self.readOTLP(&reader, signals: otlpSignals)
        self.notices = reader.notices
    }

    /// Takes over the proxies as the environment has them, where names in lower case, which no key
    /// of a configuration reader stands for, come before others, and an empty one means something.
    mutating func readProxies(_ environment: [String: String]) {
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            for name in [name, name.lowercased()] { self.environment[name] = environment[name] }
        }
        self.transport = TransportConfiguration(environment: self.environment)
    }

    /// The variables that the parts below read themselves.
    private static let passedOn = [
        "AKS_ARM_NAMESPACE_ID", "APPLICATIONINSIGHTS_METRICS_TO_LOGANALYTICS_ENABLED",
        "APPLICATIONINSIGHTS_METRIC_NAMESPACE_OPT_IN",
        "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED", "FUNCTIONS_WORKER_RUNTIME",
        "KUBERNETES_SERVICE_HOST", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_METRICS_EXPORTER",
        "WEBSITE_SITE_NAME", "LC_ALL", "LC_CTYPE", "LANG",
        // Proxies and trust; names are matched in either case.
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD", "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ]

    /// Takes over which signals there are, and returns those that go to OTLP as well.
    private mutating func readSignals(_ reader: inout EnvironmentReader) -> Set<Signal> {
        var otlpSignals: Set<Signal> = []
        let variables: [(String, Signal)] = [
            ("OTEL_TRACES_EXPORTER", .traces), ("OTEL_METRICS_EXPORTER", .metrics),
            ("OTEL_LOGS_EXPORTER", .logs),
        ]
        for (variable, signal) in variables {
            for name in reader.list(variable) ?? [] {
                switch name.lowercased() {
                case "none": self.signals.remove(signal)
                case "console": self.consoleSignals.insert(signal)
                case "otlp": otlpSignals.insert(signal)
                case "azure_monitor", "azuremonitor": break
                default: reader.ignore(variable, "names the unknown exporter \(name)")
                }
            }
        }
        if reader.isTrue("OTEL_SDK_DISABLED") { self.signals = [] }
        return otlpSignals
    }

    private mutating func readResource(_ reader: inout EnvironmentReader) {
        for name in AzureResource.variables {
            self.environmentResource.variables[name] = reader.text(name)
        }
        self.resourceDetectors = reader.resourceDetectors() ?? self.resourceDetectors
        if let text = reader.text("OTEL_RESOURCE_ATTRIBUTES") {
            if let attributes = EnvironmentResource.attributes(from: text) {
                self.environmentResource.declared = attributes
            } else {
                reader.ignore("OTEL_RESOURCE_ATTRIBUTES", "is not a list of key=value pairs")
            }
        }
        if let name = reader.text("OTEL_SERVICE_NAME") {
            self.environmentResource.declared["service.name"] = .string(name)
        }
    }

    private mutating func readLimits(_ reader: inout EnvironmentReader) {
        let count = reader.integer("OTEL_ATTRIBUTE_COUNT_LIMIT")
        let length = reader.integer("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
        var spans = self.traces.limits
        spans.attributes =
            reader.integer("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT") ?? count ?? spans.attributes
        spans.attributeValueLength =
            reader.integer("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT") ?? length
            ?? spans.attributeValueLength
        spans.events = reader.integer("OTEL_SPAN_EVENT_COUNT_LIMIT") ?? spans.events
        spans.links = reader.integer("OTEL_SPAN_LINK_COUNT_LIMIT") ?? spans.links
        spans.attributesPerEvent =
            reader.integer("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT") ?? count
            ?? spans.attributesPerEvent
        spans.attributesPerLink =
            reader.integer("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT") ?? count
            ?? spans.attributesPerLink
        self.traces.limits = spans
        var logs = self.logs.limits
        logs.attributeCount =
            reader.integer("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT") ?? count ?? logs.attributeCount
        logs.attributeValueLength =
            reader.integer("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT") ?? length
            ?? logs.attributeValueLength
        self.logs.limits = logs
    }

    private mutating func readPipelineMetrics(_ reader: inout EnvironmentReader) {
        if reader.isTrue("AZURE_MONITOR_PIPELINE_METRICS") { self.metrics.measuresPipeline = true }
        // Also the variable by which the other SDKs, where they are on by default, turn them off.
        guard reader.isTrue("APPLICATIONINSIGHTS_SDKSTATS_ENABLED"),
            !reader.isTrue("APPLICATIONINSIGHTS_SDKSTATS_DISABLED")
        else { return }
        let seconds = reader.integer("APPLICATIONINSIGHTS_SDKSTATS_EXPORT_INTERVAL", atLeast: 1)
        self.sdkStatisticsInterval = .seconds(seconds ?? 900)
    }

    private mutating func readBatching(_ reader: inout EnvironmentReader) {
        self.traces.batching = reader.batching("OTEL_BSP", over: self.traces.batching)
        self.logs.batching = reader.batching("OTEL_BLRP", over: self.logs.batching)
        self.metrics.exportInterval =
            reader.milliseconds("OTEL_METRIC_EXPORT_INTERVAL", atLeast: 1)
            ?? self.metrics.exportInterval
        self.metrics.exportTimeout =
            reader.milliseconds("OTEL_METRIC_EXPORT_TIMEOUT", atLeast: 1)
            ?? self.metrics.exportTimeout
    }
}

extension EnvironmentReader {
    fileprivate mutating func batching(
        _ prefix: String,
        over defaults: TelemetryConfiguration.Batching
    ) -> TelemetryConfiguration.Batching {
        var batching = defaults
        batching.scheduleDelay =
            self.milliseconds("\(prefix)_SCHEDULE_DELAY") ?? batching.scheduleDelay
        batching.exportTimeout =
            self.milliseconds("\(prefix)_EXPORT_TIMEOUT", atLeast: 1) ?? batching.exportTimeout
        batching.maximumQueueSize =
            self.integer("\(prefix)_MAX_QUEUE_SIZE", atLeast: 1) ?? batching.maximumQueueSize
        batching.maximumBatchSize =
            self.integer("\(prefix)_MAX_EXPORT_BATCH_SIZE", atLeast: 1)
            ?? batching.maximumBatchSize
        if batching.maximumBatchSize > batching.maximumQueueSize {
            batching.maximumBatchSize = batching.maximumQueueSize
        }
        return batching
    }

    /// The propagators that `OTEL_PROPAGATORS` lists.
    fileprivate mutating func propagators() -> [any Propagator]? {
        let variable = "OTEL_PROPAGATORS"
        guard let names = self.list(variable) else { return nil }
        var propagators: [any Propagator] = []
        for name in names.map({ $0.lowercased() }) {
            switch name {
            case "tracecontext": propagators.append(W3CTraceContextPropagator())
            case "baggage": propagators.append(W3CBaggagePropagator())
            case "none": return []
            default: self.ignore(variable, "names the unknown propagator \(name)")
            }
        }
        // Nothing known is left: better the default than no propagation by a typing error.
        return propagators.isEmpty ? nil : propagators
    }
}
