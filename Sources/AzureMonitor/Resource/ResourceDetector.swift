extension AzureMonitor {
    /// Something that may know what the process runs on, and says it in attributes of the resource.
    ///
    /// | Detector             | Name in the environment | Knows it from                           |
    /// | -------------------- | ----------------------- | --------------------------------------- |
    /// | ``functions``        | `azure_functions`       | variables                               |
    /// | ``appService``       | `azure_app_service`     | variables                               |
    /// | ``containerApps``    | `azure_container_apps`  | variables                               |
    /// | ``kubernetes``       | `azure_aks`             | a variable, or a file                   |
    /// | ``virtualMachine``   | `azure_vm`              | the metadata service of the machine     |
    public struct ResourceDetector: Hashable, Sendable {
        /// The name that the detector has in `OTEL_EXPERIMENTAL_RESOURCE_DETECTORS`.
        public let name: String

        /// Azure Functions.
        public static let functions = ResourceDetector(name: "azure_functions")
        /// Azure App Service.
        public static let appService = ResourceDetector(name: "azure_app_service")
        /// Azure Container Apps and their jobs.
        public static let containerApps = ResourceDetector(name: "azure_container_apps")
        /// Azure Kubernetes Service.
        public static let kubernetes = ResourceDetector(name: "azure_aks")
        /// A virtual machine or scale set.
        ///
        /// It is the only one that asks over the network: one request to `169.254.169.254`, without
        /// a proxy, for a second at most and only if no other service was recognised. It is made
        /// while the pipeline runs; what is recorded until then waits for the answer.
        public static let virtualMachine = ResourceDetector(name: "azure_vm")

        /// All of them.
        static let all: Set = [
            ResourceDetector.functions, .appService, .containerApps, .kubernetes, .virtualMachine,
        ]
    }
}
