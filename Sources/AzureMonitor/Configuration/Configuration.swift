public import AzureIdentity
import Configuration
public import OTLPExporter
public import TelemetryEngine
public import TelemetryModel
public import TelemetryTransport

#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

extension AzureMonitor {
    /// How telemetry is recorded, and where it goes.
    ///
    /// A new configuration holds what the environment says, and defaults for the rest; what is set
    /// in code afterwards wins.
    ///
    /// ```swift
    /// var configuration = AzureMonitor.Configuration()
    /// configuration.serviceName = "checkout"
    /// configuration.traces.sampler = ParentBasedSampler(root: TraceIDRatioSampler(ratio: 0.1))
    /// let monitor = try AzureMonitor.bootstrap(configuration)
    /// ```
    public struct Configuration: Sendable {
        /// The connection string of the Application Insights resource, as its overview page has it.
        ///
        /// The default is that of the environment; `nil` sends nothing to Azure.
        ///
        /// - Environment: `APPLICATIONINSIGHTS_CONNECTION_STRING`
        public var connectionString: String?

        /// Who asks for tokens, if the resource accepts only authenticated telemetry.
        ///
        /// The default is a managed identity if the environment wants one, else `nil`: the
        /// connection string suffices.
        ///
        /// - Environment: `APPLICATIONINSIGHTS_AUTHENTICATION_STRING`, which is
        ///   `Authorization=AAD`, and `;ClientId=…` for a user-assigned identity
        public var credential: (any TokenCredential)? {
            didSet { self.isCredentialOfEnvironment = false }
        }

        /// The name of the service, which becomes the cloud role.
        ///
        /// The default is that of the environment, else of an Azure detector, else
        /// `unknown_service:` and the name of the executable.
        ///
        /// - Environment: `OTEL_SERVICE_NAME`, or `service.name` in `OTEL_RESOURCE_ATTRIBUTES`
        public var serviceName: String?

        /// The namespace of the service; the cloud role is then `namespace.name`.
        public var serviceNamespace: String?

        /// The version of the service, which becomes the application version.
        public var serviceVersion: String?

        /// The instance of the service, which becomes the cloud role instance.
        ///
        /// The default is that of the environment, else of an Azure detector, else the host name.
        public var serviceInstanceID: String?

        /// Further attributes of the resource; they win over those of the environment.
        ///
        /// - Environment: `OTEL_RESOURCE_ATTRIBUTES`, percent-decoded
        public var resourceAttributes: [String: AttributeValue] = [:]

        /// Who may find out what the process runs on.
        ///
        /// The default is all but ``AzureMonitor/ResourceDetector/virtualMachine``, which asks over
        /// the network.
        ///
        /// - Environment: `OTEL_EXPERIMENTAL_RESOURCE_DETECTORS`, a list of their names, or `none`
        public var resourceDetectors: Set<ResourceDetector> = ResourceDetector.all.subtracting([
            .virtualMachine
        ])

        /// How spans are recorded and batched.
        ///
        /// - Environment: `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`, `OTEL_PROPAGATORS`,
        ///   `OTEL_BSP_*`, `OTEL_SPAN_*_LIMIT`, `OTEL_EVENT_*_LIMIT`, `OTEL_LINK_*_LIMIT`,
        ///   `OTEL_ATTRIBUTE_*_LIMIT`
        public var traces = TelemetryConfiguration.Traces()

        /// How log records are made and batched, and whether they follow the sampling of traces.
        ///
        /// - Environment: `OTEL_BLRP_*`, `OTEL_LOGRECORD_*_LIMIT`, `OTEL_ATTRIBUTE_*_LIMIT`
        public var logs = TelemetryConfiguration.Logs()

        /// How measurements are aggregated and collected.
        ///
        /// - Environment: `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_METRIC_EXPORT_TIMEOUT`,
        ///   `AZURE_MONITOR_PIPELINE_METRICS`
        public var metrics = TelemetryConfiguration.Metrics()

        /// Whether the queries of URLs are left out of what is sent to Azure.
        ///
        /// The default is `false`. User name and password of a URL are left out in any case. Further
        /// exporters get the attributes as they are.
        public var redactsURLQueries = false

        /// Whether what happens on behalf of a generative AI agent names that agent.
        ///
        /// The default is `true`: spans and log records inside the span of an agent have the
        /// attributes `microsoft.gen_ai.main_agent.name`, `.id`, `.version` and `.conversation_id`
        /// of the outermost one, taken from `gen_ai.agent.name`, `.id`, `.version` and
        /// `gen_ai.conversation.id`.
        public var propagatesMainAgent = true

        /// The signals that are recorded and delivered.
        ///
        /// The default is all three.
        ///
        /// - Environment: `none` in `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER`,
        ///   `OTEL_LOGS_EXPORTER`; `OTEL_SDK_DISABLED` turns all off
        public var signals: Set<Signal> = Set(Signal.allCases)

        /// The signals that are also written to standard error.
        ///
        /// The default is none.
        ///
        /// - Environment: `console` in `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER`,
        ///   `OTEL_LOGS_EXPORTER`
        public var consoleSignals: Set<Signal> = []

        /// What is kept for later when a destination cannot be reached; `nil` keeps nothing.
        public var storage: StorageConfiguration? = StorageConfiguration()

        /// The connection to the destination: proxy, trust, time limits.
        ///
        /// - Environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`,
        ///   `SSL_CERT_DIR`
        public var transport = TransportConfiguration()

        /// How long a shutdown may take in all.
        ///
        /// The default is 5 seconds.
        public var shutdownTimeout: Duration = .seconds(5)

        /// The most requests under way to one destination at once.
        ///
        /// The default is 4.
        public var maximumRequests = 4

        /// Whether records are stored, not dropped, while the daily cap of the resource is used up.
        ///
        /// The default is `false`: its owner set that cap. Whether there is room again is tried every
        /// hour at least, and soon after midnight UTC.
        public var storesOverQuota = false

        /// When records are written to offline storage: if they cannot be delivered, or always.
        ///
        /// The default is ``Durability/onFailure``.
        ///
        /// - Environment: `AZURE_MONITOR_DURABILITY`, `onFailure` or `writeAhead`
        public var durability = Durability.onFailure

        /// How often to send the statistics of the SDK, as metrics to your own resource; `nil`, which
        /// is the default, sends none.
        ///
        /// They count items that arrived, were lost and had to be sent again, under the names that
        /// the other Azure Monitor SDKs use: `Item_Success_Count`, `Item_Dropped_Count`,
        /// `Item_Retry_Count`. Nothing goes to anybody else.
        ///
        /// - Environment: `APPLICATIONINSIGHTS_SDKSTATS_ENABLED`, then
        ///   `APPLICATIONINSIGHTS_SDKSTATS_EXPORT_INTERVAL` in seconds, 900 unless told otherwise
        public var sdkStatisticsInterval: Duration?

        /// Where telemetry goes by the OpenTelemetry protocol as well; `nil` sends none that way.
        ///
        /// ```swift
        /// configuration.otlp = OTLPConfiguration()
        /// configuration.otlp = .azureMonitorOTLP(
        ///     host: "name.westus2-1.ingest.monitor.azure.com",
        ///     rule: "dcr-0123456789abcdef0123456789abcdef"
        /// )
        /// ```
        ///
        /// It changes nothing about Azure, which gets all telemetry as long as there is a connection
        /// string; each destination has a lane, offline storage and an account of its own. For more
        /// than one, see `OTLPConfiguration.makeExporters` and ``additionalExporters``.
        ///
        /// The default is what the environment describes, for the signals whose list of exporters
        /// names `otlp`. An endpoint in the environment alone sends nothing: a machine may have it
        /// for other programs. It is said once that it has no effect.
        ///
        /// - Environment: `otlp` in `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER`,
        ///   `OTEL_LOGS_EXPORTER`, then `OTEL_EXPORTER_OTLP_*`
        public var otlp: OTLPConfiguration? {
            didSet {
                self.isOTLPOfEnvironment = false
                // What code describes may well use that endpoint.
                let unused = self.unusedEndpointNotice
                if self.otlp != nil { self.notices.removeAll { $0 == unused } }
            }
        }

        /// Exporters beside Azure, each with a lane, offline storage and an account of its own.
        public var additionalExporters: [any TelemetryExporter] = []

        /// How much the pipeline says about itself.
        ///
        /// The default is warnings and worse.
        ///
        /// - Environment: `APPLICATIONINSIGHTS_SELFDIAGNOSTICS_LEVEL`
        public var diagnosticLevel = DiagnosticLevel.warning

        /// The directory of a file that the pipeline says it in; `nil` for standard error.
        ///
        /// - Environment: `APPLICATIONINSIGHTS_SELFDIAGNOSTICS_DIRECTORY`
        public var diagnosticDirectory: String?

        /// The connection string of the environment, to tell a mistake there from one in code.
        var environmentConnectionString: String?

        /// Whether the credential is the one that the environment asks for.
        var isCredentialOfEnvironment = false

        /// Whether the OTLP destination is the one that the environment describes.
        var isOTLPOfEnvironment = false

        /// What was said of an OTLP endpoint in the environment that nothing is sent to.
        var unusedEndpointNotice: String?

        /// What the environment says about the resource, and where detectors look.
        var environmentResource = EnvironmentResource()

        /// What the exporter wants to know of the environment, by variable.
        var environment: [String: String] = [:]

        /// What was wrong with the environment and is ignored, a line each, without values.
        ///
        /// A pipeline says it once, when it is made.
        public internal(set) var notices: [String] = []

        /// Creates a configuration from the environment of the process, and defaults.
        public init() {
            self.init(environmentVariables: ProcessInfo.processInfo.environment)
        }

        /// Creates a configuration from environment variables, and defaults.
        init(environmentVariables: [String: String]) {
            self.init(
                configReader: ConfigReader(
                    provider: EnvironmentVariablesProvider(
                        environmentVariables: environmentVariables
                    )
                )
            )
            self.readProxies(environmentVariables)
        }

        /// Records and delivers one signal only.
        func only(_ signal: Signal) -> Configuration {
            var configuration = self
            configuration.signals.formIntersection([signal])
            return configuration
        }
    }
}
