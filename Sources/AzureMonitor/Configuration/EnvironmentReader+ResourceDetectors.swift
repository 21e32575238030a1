extension EnvironmentReader {
    /// The detectors that `OTEL_EXPERIMENTAL_RESOURCE_DETECTORS` lists; `nil` if it says nothing.
    ///
    /// | Name                          | Means                                               |
    /// | ----------------------------- | --------------------------------------------------- |
    /// | that of a detector            | this one                                            |
    /// | `*`, `all`                    | all, that of the virtual machine included           |
    /// | `none`                        | none                                                |
    /// | `otel`, `process`, `host`, `os` | nothing: what those find in other SDKs is always there |
    ///
    /// Case does not matter. If all names are unknown, the default holds.
    mutating func resourceDetectors() -> Set<AzureMonitor.ResourceDetector>? {
        let variable = "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS"
        var detectors: Set<AzureMonitor.ResourceDetector>?
        for name in (self.list(variable) ?? []).map({ $0.lowercased() }) {
            switch name {
            case "none":
                return []
            case "*", "all":
                detectors = AzureMonitor.ResourceDetector.all
            case "otel", "process", "host", "os":
                detectors = detectors ?? []
            default:
                guard let one = AzureMonitor.ResourceDetector.all.first(where: { $0.name == name })
                else {
                    self.ignore(variable, "names the unknown detector \(name)")
                    continue
                }
                detectors = (detectors ?? []).union([one])
            }
        }
        return detectors
    }
}
