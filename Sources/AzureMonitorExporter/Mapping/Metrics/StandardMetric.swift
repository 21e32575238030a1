import TelemetryModel

/// A metric that Application Insights has pages of its own for.
///
/// | Instrument                                                     | What becomes of it              |
/// | -------------------------------------------------------------- | ------------------------------- |
/// | `http.server.request.duration`, in seconds                     | duration of requests, in ms     |
/// | `http.server.duration`                                         | duration of requests            |
/// | `http.client.request.duration`, in seconds                     | duration of dependencies, in ms |
/// | `http.client.duration`                                         | duration of dependencies        |
/// | `http.server.request.size`, `http.server.response.size`, `http.server.active_requests`, `http.client.request.size`, `http.client.response.size` | not sent |
///
/// A duration keeps its name, but its attributes are replaced by these properties:
///
/// | Property            | Requests                       | Dependencies                         |
/// | ------------------- | ------------------------------ | ------------------------------------ |
/// | `_MS.MetricId`      | `requests/duration`            | `dependencies/duration`              |
/// | `_MS.IsAutocollected` | `True`                       | `True`                               |
/// | result code         | `request/resultCode`           | `dependency/resultCode`              |
/// | success             | `Request.Success`              | `Dependency.Success`                 |
/// | type                |                                | `Dependency.Type`: `http`            |
/// | target              |                                | `dependency/target`; may be empty    |
/// | synthetic source    | `operation/synthetic`: `True`, if `user_agent.synthetic.type` is not empty | |
/// | role                | `cloud/roleName`, `cloud/roleInstance`: as the tags | the same        |
enum StandardMetric {
    case serverDuration(isInSeconds: Bool)
    case clientDuration(isInSeconds: Bool)
    case notSent

    /// The standard metric that the instrument `name` of any scope measures, if any.
    init?(instrument name: String) {
        guard name.hasPrefix("http.") else { return nil }
        switch name {
        case "http.server.request.duration": self = .serverDuration(isInSeconds: true)
        case "http.server.duration": self = .serverDuration(isInSeconds: false)
        case "http.client.request.duration": self = .clientDuration(isInSeconds: true)
        case "http.client.duration": self = .clientDuration(isInSeconds: false)
        case "http.server.request.size", "http.server.response.size",
            "http.server.active_requests", "http.client.request.size",
            "http.client.response.size":
            self = .notSent
        default: return nil
        }
    }

    /// Whether the instrument measures seconds, where the service wants milliseconds.
    var isInSeconds: Bool {
        switch self {
        case .serverDuration(let isInSeconds), .clientDuration(let isInSeconds): isInSeconds
        case .notSent: false
        }
    }

    /// The properties of a point, in place of its attributes.
    func properties(
        of attributes: inout SemanticAttributes,
        resource: ResourceTags
    ) -> [(name: StaticString, value: String)] {
        let status = StatusCode.http(attributes).code
        let success = status.isSuccess ? "True" : "False"
        var properties: [(name: StaticString, value: String)] = []
        switch self {
        case .serverDuration:
            properties = [
                ("_MS.MetricId", "requests/duration"),
                ("_MS.IsAutocollected", "True"),
                ("request/resultCode", status.text),
                ("Request.Success", success),
            ]
            if attributes.solidText(.userAgentSyntheticType) != nil {
                properties.append(("operation/synthetic", "True"))
            }
        case .clientDuration:
            let url = attributes.text(.urlFull) ?? attributes.text(.httpURL)
            let authority = url.flatMap { URLParts($0)?.authority }
            properties = [
                ("_MS.MetricId", "dependencies/duration"),
                ("_MS.IsAutocollected", "True"),
                ("dependency/resultCode", status.text),
                ("Dependency.Success", success),
                ("Dependency.Type", "http"),
                ("dependency/target", attributes.consumeHTTPTarget(authority: authority) ?? ""),
            ]
        case .notSent:
            break
        }
        if let name = resource.roleName { properties.append(("cloud/roleName", name)) }
        if let instance = resource.roleInstance {
            properties.append(("cloud/roleInstance", instance))
        }
        return properties
    }
}
