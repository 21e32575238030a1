import TelemetryModel

/// The tags that all items of one resource share.
///
/// | Tag                      | From                                                             |
/// | ------------------------ | ---------------------------------------------------------------- |
/// | `ai.cloud.role`          | ``roleName``; left out if the resource has no attribute at all   |
/// | `ai.cloud.roleInstance`  | `k8s.pod.name`\|`service.instance.id`\|host name; likewise       |
/// | `ai.internal.nodeName`   | the same as the role instance                                    |
/// | `ai.application.ver`     | `service.version`, if not empty                                  |
/// | `ai.device.id`           | `device.id`, if not empty, else the host name                    |
/// | `ai.device.model`        | `device.model.name`, if not empty                                |
/// | `ai.device.oemName`      | `device.manufacturer`, if not empty                              |
/// | `ai.device.locale`       | the locale of the process, if it has one                         |
/// | `ai.device.type`         | `Other`                                                          |
/// | `ai.internal.sdkVersion` | ``SDKVersion``                                                   |
struct ResourceTags {
    /// The tags in the order of writing; the last is always there.
    private(set) var tags: [(name: String, text: String, limit: Int)] = []

    /// The name of the service; `nil` if the resource is empty.
    private(set) var roleName: String?

    /// The instance of the service; `nil` if the resource is empty or nothing names it.
    private(set) var roleInstance: String?

    /// Reads the tags of `resource`.
    init(_ resource: Resource, options: EnvelopeOptions, environment: MappingEnvironment) {
        let attributes = resource.attributes
        func text(_ key: String) -> String? {
            guard let value = attributes[key], !value.isVoid else { return nil }
            return value.mappedText
        }
        func add(_ name: String, _ text: String?, limit: Int) {
            guard let text else { return }
            self.tags.append((name, text, limit))
        }

        let hostName = options.hostName.isEmpty ? nil : options.hostName
        if !attributes.isEmpty {
            self.roleName = Self.roleName(text)
            self.roleInstance = text("k8s.pod.name") ?? text("service.instance.id") ?? hostName
        }
        add("ai.cloud.role", self.roleName, limit: 256)
        add("ai.cloud.roleInstance", self.roleInstance, limit: 256)
        add("ai.internal.nodeName", self.roleInstance, limit: 256)
        add("ai.application.ver", text("service.version"), limit: 1024)
        add("ai.device.id", text("device.id") ?? hostName, limit: 1024)
        add("ai.device.model", text("device.model.name"), limit: 256)
        add("ai.device.oemName", text("device.manufacturer"), limit: 256)
        add("ai.device.locale", environment.locale, limit: 64)
        add("ai.device.type", "Other", limit: 64)
        add("ai.internal.sdkVersion", SDKVersion.text(for: environment), limit: 64)
    }

    /// The service's name with its namespace; if nobody named the service, what Kubernetes calls
    /// its workload.
    private static func roleName(_ text: (String) -> String?) -> String {
        var candidate = ""
        if let name = text("service.name") {
            candidate = text("service.namespace").map { "\($0).\(name)" } ?? name
            if !name.hasPrefix("unknown_service") { return candidate }
        }
        let workloads = ["deployment", "replicaset", "statefulset", "job", "cronjob", "daemonset"]
        for workload in workloads {
            if let name = text("k8s.\(workload).name") { return name }
        }
        return candidate
    }

    /// Writes the tags, separated by commas.
    func write(to json: inout JSONWriter) {
        for (index, tag) in self.tags.enumerated() {
            if index > 0 { json.raw(",") }
            json.string(tag.name, limit: .max)
            json.raw(":")
            json.string(tag.text, limit: tag.limit)
        }
    }
}
