import HTTPTypes
import TelemetryModel
import TelemetryTransport

/// What Azure's instance metadata service tells about a virtual machine.
///
/// | Attribute                           | Member of the answer |
/// | ----------------------------------- | -------------------- |
/// | `cloud.provider`, `cloud.platform`  | `azure`, `azure_vm`  |
/// | `cloud.region`, `cloud.resource_id` | `location`, `resourceId` |
/// | `host.id`, `service.instance.id`    | `vmId`               |
/// | `host.name`, `host.type`            | `name`, `vmSize`     |
/// | `os.type`, in lower case            | `osType`             |
/// | `os.version`                        | `version`            |
/// | `azure.vm.sku`, `azure.vm.scaleset.name` | `sku`, `vmScaleSetName` |
///
/// What is missing or empty there is missing here.
///
/// - SeeAlso: [Azure Instance Metadata Service](https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service)
struct VirtualMachineMetadata {
    /// Where the service listens; every machine has one of its own there.
    static let defaultEndpoint = "http://169.254.169.254"

    /// How long it is given to answer: it answers within milliseconds, where there is one.
    static let defaultTimeLimit: Duration = .seconds(1)

    private static let members: [(String, attribute: String)] = [
        ("location", "cloud.region"), ("resourceId", "cloud.resource_id"), ("vmId", "host.id"),
        ("vmId", "service.instance.id"), ("name", "host.name"), ("vmSize", "host.type"),
        ("osType", "os.type"), ("version", "os.version"), ("sku", "azure.vm.sku"),
        ("vmScaleSetName", "azure.vm.scaleset.name"),
    ]

    /// The attributes; at least one of them is the machine's own.
    let attributes: Attributes

    /// Reads an answer; `nil` if it tells nothing about a machine.
    init?(answer: [UInt8]) {
        guard let root = try? JSONValue(parsing: answer, maximumDepth: 32),
            let machine = root.objectValue
        else { return nil }
        var attributes: Attributes = ["cloud.provider": "azure", "cloud.platform": "azure_vm"]
        let constants = attributes.count
        for (member, attribute) in Self.members {
            guard let text = machine[member]?.stringValue, !text.isEmpty else { continue }
            attributes[attribute] = .string(attribute == "os.type" ? text.lowercased() : text)
        }
        guard attributes.count > constants else { return nil }
        self.attributes = attributes
    }

    /// Asks the service; `nil` if it does not answer in time, or nothing that can be understood.
    ///
    /// Opens a connection of its own and closes it. No proxy is asked, whatever the environment
    /// says: the address means another machine to each. Ends when the task is cancelled.
    ///
    /// - Parameters:
    ///   - endpoint: scheme, host and port of the service.
    ///   - timeLimit: how long to wait in all.
    static func asking(
        _ endpoint: String = Self.defaultEndpoint,
        within timeLimit: Duration = Self.defaultTimeLimit
    ) async -> VirtualMachineMetadata? {
        var configuration = TransportConfiguration()
        configuration.connectTimeout = timeLimit
        configuration.timeout = timeLimit
        let transport = CurlMultiplexer(configuration: configuration)
        let answer = await Self.answer(of: endpoint, over: transport)
        await transport.shutdown()
        return answer.flatMap { VirtualMachineMetadata(answer: $0) }
    }

    private static func answer(
        of endpoint: String,
        over transport: CurlMultiplexer
    ) async -> [UInt8]? {
        var headers = HTTPFields()
        if let name = HTTPField.Name("Metadata") { headers[name] = "True" }
        let request = TransportRequest(
            method: .get,
            url: "\(endpoint)/metadata/instance/compute?api-version=2021-12-13&format=json",
            headers: headers,
            maximumResponseBodySize: 65_536
        )
        guard let response = try? await transport.send(request), response.status == 200 else {
            return nil
        }
        return response.body
    }
}
