import TelemetryModel
private import TelemetryTransport

/// What the environment says about the resource.
struct EnvironmentResource: Sendable {
    /// Azure's variables, for the detectors.
    var variables: [String: String] = [:]

    /// Where a pod finds its cluster.
    var clusterMetadataPath = ClusterMetadata.defaultPath

    /// Where a virtual machine finds out about itself.
    var metadataEndpoint = VirtualMachineMetadata.defaultEndpoint

    /// How long it waits for that.
    var metadataTimeLimit = VirtualMachineMetadata.defaultTimeLimit

    /// What `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` say; it wins.
    var declared = Attributes()

    /// What the detectors find without asking anybody.
    func detected(by detectors: Set<AzureMonitor.ResourceDetector>) -> Attributes {
        AzureResource.attributes(
            from: self.variables,
            detectors: detectors,
            clusterMetadata: self.clusterMetadataPath
        )
    }

    /// Whether the metadata service is to be asked.
    func asksMetadataService(_ detectors: Set<AzureMonitor.ResourceDetector>) -> Bool {
        detectors.contains(.virtualMachine)
            && AzureResource.mayBeVirtualMachine(
                self.variables,
                clusterMetadata: self.clusterMetadataPath
            )
    }

    /// Reads `key=value,key=value`, percent-decoded; `nil` if any pair is malformed.
    ///
    /// - SeeAlso: [Resource from the environment](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/resource/sdk.md#specifying-resource-information-via-an-environment-variable)
    static func attributes(from text: String) -> Attributes? {
        var attributes = Attributes()
        for pair in text.split(separator: ",") {
            let pair = pair.trimmingBlanks
            guard !pair.isEmpty else { continue }
            guard let separator = pair.firstIndex(of: "="),
                let key = pair[..<separator].trimmingBlanks.removingPercentEscapes,
                let value = pair[pair.index(after: separator)...].trimmingBlanks
                    .removingPercentEscapes,
                !key.isEmpty
            else { return nil }
            attributes[key] = .string(value)
        }
        return attributes
    }
}
