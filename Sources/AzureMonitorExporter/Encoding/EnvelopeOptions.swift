/// What the mapping of all records of a process depends on, besides the records.
public struct EnvelopeOptions: Sendable {
    /// The instrumentation key, written to every envelope.
    public var instrumentationKey: String

    /// The id of the Application Insights resource, if the connection string names it.
    ///
    /// It is written to the resource item only. The default is none.
    public var applicationID: String?

    /// Whether the query of a URL is left out of `url` and `data`, and of the properties
    /// `url.full`, `http.url` and `http.target`; there is no property `url.query` then.
    ///
    /// The default is `false`. User name and password of a URL are left out in any case.
    public var redactsQueries = false

    /// The name of the host, for the device and, if the resource names no instance, the role
    /// instance; none if empty.
    public var hostName: String

    /// The environment variables that change the mapping.
    ///
    /// | Variable                                                | Effect                         |
    /// | ------------------------------------------------------- | ------------------------------ |
    /// | `APPLICATIONINSIGHTS_METRIC_NAMESPACE_OPT_IN`           | `true`: metrics have a `ns`    |
    /// | `APPLICATIONINSIGHTS_METRICS_TO_LOGANALYTICS_ENABLED`   | `false`, on AKS: only standard metrics |
    /// | `APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED` | `true`: no resource item  |
    /// | `AKS_ARM_NAMESPACE_ID`, `KUBERNETES_SERVICE_HOST`, `FUNCTIONS_WORKER_RUNTIME`, `WEBSITE_SITE_NAME` | the platform in `ai.internal.sdkVersion` |
    /// | `OTEL_METRICS_EXPORTER`, `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` | on AKS: property `_MS.SentToAMW` |
    /// | `LC_ALL`, `LC_CTYPE`, `LANG`                            | `ai.device.locale`             |
    public var environment: [String: String]

    /// Creates options.
    public init(
        instrumentationKey: String,
        hostName: String = "",
        environment: [String: String] = [:]
    ) {
        self.instrumentationKey = instrumentationKey
        self.hostName = hostName
        self.environment = environment
    }
}
