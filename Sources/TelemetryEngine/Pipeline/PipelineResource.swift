package import TelemetryModel

/// What produces the telemetry of a pipeline; it may be known a moment after the pipeline runs.
package final class PipelineResource: Sendable {
    private let resource: Locked<Resource>
    private let detection: (@Sendable () async -> Resource)?
    private let isKnown = Gate()

    /// Creates a resource.
    ///
    /// - Parameters:
    ///   - resource: what is known without asking anybody.
    ///   - detection: asks somebody, for a limited time, and ends when its task is cancelled; `nil`
    ///     if there is nobody to ask.
    package init(_ resource: Resource, detection: (@Sendable () async -> Resource)? = nil) {
        self.resource = Locked(resource)
        self.detection = detection
        if detection == nil { self.isKnown.open() }
    }

    /// The resource, once it is known; what is known without asking, if the task is cancelled.
    package var value: Resource {
        get async {
            await self.isKnown.wait()
            return self.resource.withLock { $0 }
        }
    }

    /// Asks whoever knows, once.
    package func detect() async {
        guard let detection, !self.isKnown.isOpen else { return }
        let detected = await detection()
        self.resource.withLock { $0 = detected }
        self.isKnown.open()
    }
}
