import AzureIdentity

extension AzureCloud {
    private static let all: [AzureCloud] = [.public, .usGovernment, .china]

    /// The cloud whose ingestion, live metrics or query services have this host name.
    init?(ingestionHost host: String) {
        guard let cloud = Self.all.first(where: { $0.owns(monitorHost: host) }) else { return nil }
        self = cloud
    }

    /// The cloud whose tokens have this audience.
    init?(audienceHost host: String) {
        let cloud = Self.all.first { cloud in
            let domain = cloud.monitorDomain
            return host == domain || host.hasSuffix("." + domain)
        }
        guard let cloud else { return nil }
        self = cloud
    }

    /// Whether Azure Monitor in this cloud may be found under this host name.
    func owns(monitorHost host: String) -> Bool {
        self.monitorSuffixes.contains { host.hasSuffix($0) }
    }

    /// What tokens for Azure Monitor are issued for.
    var monitorAudience: String { "https://\(self.monitorDomain)" }

    private var monitorDomain: String {
        switch self {
        case .usGovernment: "monitor.azure.us"
        case .china: "monitor.azure.cn"
        default: "monitor.azure.com"
        }
    }

    /// How the names of regional ingestion hosts end.
    var regionalSuffixes: [String] {
        switch self {
        case .usGovernment: [".in.applicationinsights.azure.us"]
        case .china: [".in.applicationinsights.azure.cn"]
        default: [".in.applicationinsights.azure.com"]
        }
    }

    private var monitorSuffixes: [String] {
        switch self {
        case .usGovernment: [".monitor.azure.us", ".applicationinsights.azure.us"]
        case .china: [".monitor.azure.cn", ".applicationinsights.azure.cn"]
        default:
            [
                ".monitor.azure.com", ".applicationinsights.azure.com",
                ".services.visualstudio.com",
            ]
        }
    }
}
