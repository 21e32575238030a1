import TelemetryModel

/// What Azure's hosting services tell about the resource through environment variables and a file.
///
/// The first service that is known by them answers. Nothing is asked over the network.
///
/// | Service        | Known by                   | Attributes |
/// | -------------- | -------------------------- | ---------- |
/// | Functions      | `FUNCTIONS_WORKER_RUNTIME` | `service.name`, `faas.instance`, `faas.max_memory`, `cloud.*` |
/// | App Service    | `WEBSITE_SITE_NAME`        | `service.name`, `service.instance.id`, `host.id`, `deployment.environment.name`, `azure.app.service.stamp`, `cloud.*` |
/// | Container Apps | `CONTAINER_APP_NAME`, `CONTAINER_APP_JOB_NAME` | `service.name`, `service.instance.id`, `service.version`, `cloud.*` |
/// | AKS            | `CLUSTER_RESOURCE_ID`, else a file | `cloud.*` |
enum AzureResource {
    /// The variables that the detectors read.
    static let variables = [
        "AKS_ARM_NAMESPACE_ID", "CLUSTER_RESOURCE_ID", "CONTAINER_APP_JOB_EXECUTION_NAME",
        "CONTAINER_APP_JOB_NAME",
        "CONTAINER_APP_NAME", "CONTAINER_APP_REPLICA_NAME", "CONTAINER_APP_REVISION",
        "FUNCTIONS_WORKER_RUNTIME", "REGION_NAME", "WEBSITE_HOME_STAMPNAME", "WEBSITE_HOSTNAME",
        "WEBSITE_INSTANCE_ID", "WEBSITE_MEMORY_LIMIT_MB", "WEBSITE_OWNER_NAME",
        "WEBSITE_RESOURCE_GROUP", "WEBSITE_SITE_NAME", "WEBSITE_SLOT_NAME",
    ]

    /// The attributes of the service that the variables or the file belong to; none outside Azure.
    ///
    /// - Parameters:
    ///   - detectors: those that may answer.
    ///   - clusterMetadata: the path of the file in which a pod finds its cluster.
    static func attributes(
        from variables: [String: String],
        detectors: Set<AzureMonitor.ResourceDetector>,
        clusterMetadata path: String
    ) -> Attributes {
        if detectors.contains(.functions), variables["FUNCTIONS_WORKER_RUNTIME"] != nil {
            return Self.functions(variables)
        }
        if detectors.contains(.appService), variables["WEBSITE_SITE_NAME"] != nil {
            return Self.appService(variables)
        }
        if detectors.contains(.containerApps), Self.isContainerApp(variables) {
            return Self.containerApps(variables)
        }
        if detectors.contains(.kubernetes),
            let cluster = variables["CLUSTER_RESOURCE_ID"]
                ?? ClusterMetadata(path: path)?.clusterResourceID
        {
            return Self.kubernetes(cluster)
        }
        return Attributes()
    }

    /// Whether the process may run on a virtual machine of its user, and not on one of a service.
    static func mayBeVirtualMachine(
        _ variables: [String: String],
        clusterMetadata path: String
    ) -> Bool {
        let signs = [
            "AKS_ARM_NAMESPACE_ID", "CLUSTER_RESOURCE_ID", "FUNCTIONS_WORKER_RUNTIME",
            "WEBSITE_SITE_NAME",
        ]
        return signs.allSatisfy { variables[$0] == nil } && !Self.isContainerApp(variables)
            && ClusterMetadata(path: path) == nil
    }

    private static func isContainerApp(_ variables: [String: String]) -> Bool {
        variables["CONTAINER_APP_NAME"] ?? variables["CONTAINER_APP_JOB_NAME"] != nil
    }

    private static func functions(_ variables: [String: String]) -> Attributes {
        var attributes = Self.cloud("azure_functions", region: variables["REGION_NAME"])
        attributes.set("service.name", variables["WEBSITE_SITE_NAME"])
        attributes.set("cloud.resource_id", Self.siteResourceID(variables))
        attributes.set("faas.instance", variables["WEBSITE_INSTANCE_ID"])
        if let limit = variables["WEBSITE_MEMORY_LIMIT_MB"].flatMap({ Int64($0) }) {
            attributes["faas.max_memory"] = .int(limit)
        }
        return attributes
    }

    private static func appService(_ variables: [String: String]) -> Attributes {
        var attributes = Self.cloud("azure_app_service", region: variables["REGION_NAME"])
        attributes.set("service.name", variables["WEBSITE_SITE_NAME"])
        attributes.set("service.instance.id", variables["WEBSITE_INSTANCE_ID"])
        attributes.set("cloud.resource_id", Self.siteResourceID(variables))
        attributes.set("deployment.environment.name", variables["WEBSITE_SLOT_NAME"])
        attributes.set("host.id", variables["WEBSITE_HOSTNAME"])
        attributes.set("azure.app.service.stamp", variables["WEBSITE_HOME_STAMPNAME"])
        return attributes
    }

    private static func containerApps(_ variables: [String: String]) -> Attributes {
        var attributes = Self.cloud("azure_container_apps", region: nil)
        attributes.set(
            "service.name",
            variables["CONTAINER_APP_NAME"] ?? variables["CONTAINER_APP_JOB_NAME"]
        )
        attributes.set(
            "service.instance.id",
            variables["CONTAINER_APP_REPLICA_NAME"]
                ?? variables["CONTAINER_APP_JOB_EXECUTION_NAME"]
        )
        attributes.set("service.version", variables["CONTAINER_APP_REVISION"])
        return attributes
    }

    private static func kubernetes(_ clusterResourceID: String) -> Attributes {
        var attributes = Self.cloud("azure.aks", region: nil)
        attributes.set("cloud.resource_id", clusterResourceID)
        let segments = clusterResourceID.split(separator: "/")
        if let index = segments.firstIndex(where: { $0.lowercased() == "subscriptions" }),
            index + 1 < segments.endIndex
        {
            attributes.set("cloud.account.id", String(segments[index + 1]))
        }
        return attributes
    }

    private static func cloud(_ platform: String, region: String?) -> Attributes {
        var attributes: Attributes = [
            "cloud.provider": "azure", "cloud.platform": .string(platform),
        ]
        attributes.set("cloud.region", region)
        return attributes
    }

    /// The resource id of a site; `nil` if any part of it is unknown.
    private static func siteResourceID(_ variables: [String: String]) -> String? {
        guard
            let owner = variables["WEBSITE_OWNER_NAME"]?.prefix(while: { $0 != "+" }),
            let group = variables["WEBSITE_RESOURCE_GROUP"],
            let site = variables["WEBSITE_SITE_NAME"]
        else { return nil }
        return
            "/subscriptions/\(owner)/resourceGroups/\(group)/providers/Microsoft.Web/sites/\(site)"
    }
}

extension Attributes {
    /// Sets text unless there is none.
    fileprivate mutating func set(_ key: String, _ text: String?) {
        if let text { self[key] = .string(text) }
    }
}
