import TelemetryEngine
import TelemetryModel

/// Which resources the service has been told about.
final class ResourceItemLedger: Sendable {
    /// A process has one resource or a few; whoever has more repeats the item now and then.
    private static let capacity = 64

    private let known = Locked<Set<Resource>>([])

    /// Whether this is the first time that `resource` is asked about.
    func isNew(_ resource: Resource) -> Bool {
        self.known.withLock { known in
            if known.contains(resource) { return false }
            if known.count >= Self.capacity { known.removeAll() }
            known.insert(resource)
            return true
        }
    }
}
