/// What the environment variables say about the mapping, read once.
struct MappingEnvironment: Sendable {
    /// Where the process runs, as the first letter of the SDK version says it.
    enum Platform: String {
        /// Azure Functions.
        case functions = "f"
        /// Azure App Service.
        case appService = "a"
        /// Kubernetes, Azure's or another.
        case kubernetes = "k"
        /// Anywhere else.
        case unknown = "u"
    }

    /// Where the process runs.
    var platform: Platform
    /// Whether Azure attached the agent, rather than the developer the library; only ever on AKS.
    var isAttached: Bool
    /// Whether metrics tell the namespace they belong to.
    var writesMetricNamespaces: Bool
    /// Whether only standard metrics are sent.
    var sendsStandardMetricsOnly: Bool
    /// The text of `_MS.SentToAMW`, where there is to be one.
    var sentToAzureMonitorWorkspace: String?
    /// Whether the resource item is wanted.
    var writesResourceItem: Bool
    /// The locale of the process, such as `de_DE`; `nil` in the `C` locale.
    var locale: String?

    /// Reads the variables; see ``EnvelopeOptions/environment``.
    init(_ environment: [String: String]) {
        func isTrue(_ name: String) -> Bool { environment[name]?.lowercased() == "true" }

        let isAKS = environment["AKS_ARM_NAMESPACE_ID"] != nil
        if environment["FUNCTIONS_WORKER_RUNTIME"] != nil {
            self.platform = .functions
        } else if environment["WEBSITE_SITE_NAME"] != nil {
            self.platform = .appService
        } else if isAKS || environment["KUBERNETES_SERVICE_HOST"] != nil {
            self.platform = .kubernetes
        } else {
            self.platform = .unknown
        }
        self.isAttached = self.platform == .kubernetes && isAKS
        self.writesMetricNamespaces = isTrue("APPLICATIONINSIGHTS_METRIC_NAMESPACE_OPT_IN")
        self.writesResourceItem =
            !isTrue("APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED")

        let toLogAnalytics = environment["APPLICATIONINSIGHTS_METRICS_TO_LOGANALYTICS_ENABLED"]
        self.sendsStandardMetricsOnly =
            isAKS && toLogAnalytics?.filter { !$0.isWhitespace }.lowercased() == "false"
        if isAKS {
            let isSent =
                environment["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] != nil
                && environment["OTEL_METRICS_EXPORTER"]?.contains("otlp") == true
            self.sentToAzureMonitorWorkspace = isSent ? "True" : "False"
        }
        self.locale = Self.locale(environment)
    }

    private static func locale(_ environment: [String: String]) -> String? {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"]
        guard let value = names.lazy.compactMap({ environment[$0] }).first(where: { !$0.isEmpty })
        else { return nil }
        guard value != "C", value != "POSIX" else { return nil }
        // Without encoding and modifier: `de_DE.UTF-8@euro` is `de_DE`.
        let name = value.prefix { $0 != "." && $0 != "@" }
        return name == "C" || name == "POSIX" ? "en_US" : String(name)
    }
}
