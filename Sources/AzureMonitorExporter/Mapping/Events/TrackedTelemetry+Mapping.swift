package import TelemetryEngine
import TelemetryModel

extension TrackedTelemetry {
    /// An event that ``EventData`` reads.
    ///
    /// | Attribute                       | From           | If             |
    /// | ------------------------------- | -------------- | -------------- |
    /// | `microsoft.custom_event.name`   | `name`         |                |
    /// | `microsoft.custom_measurements` | `measurements` | there are some |
    package static func event(
        named name: String,
        measurements: [String: Double]
    ) -> TrackedTelemetry {
        var attributes = Attributes(measurements: measurements)
        attributes.append(.microsoftCustomEventName, name)
        return TrackedTelemetry(.event, attributes: attributes)
    }

    /// A result that ``AvailabilityData`` reads.
    ///
    /// | Attribute                            | From                               | If             |
    /// | ------------------------------------ | ---------------------------------- | -------------- |
    /// | `microsoft.availability.id`          | `id`                               |                |
    /// | `microsoft.availability.name`        | `name`                             |                |
    /// | `microsoft.availability.duration`    | `duration` as `D.HH:MM:SS.mmm`     |                |
    /// | `microsoft.availability.success`     | `isSuccess`: `true` or `false`     |                |
    /// | `microsoft.availability.runLocation` | `runLocation`                      | not `nil`      |
    /// | `microsoft.availability.message`     | `message`                          | not `nil`      |
    /// | `microsoft.custom_measurements`      | `measurements`                     | there are some |
    package static func availability(
        id: String,
        name: String,
        duration: Duration,
        isSuccess: Bool,
        runLocation: String?,
        message: String?,
        measurements: [String: Double]
    ) -> TrackedTelemetry {
        var attributes = Attributes(measurements: measurements)
        attributes.append(.microsoftAvailabilityID, id)
        attributes.append(.microsoftAvailabilityName, name)
        attributes.append(.microsoftAvailabilityDuration, Self.text(of: duration))
        attributes.append(.microsoftAvailabilitySuccess, isSuccess ? "true" : "false")
        if let runLocation { attributes.append(.microsoftAvailabilityRunLocation, runLocation) }
        if let message { attributes.append(.microsoftAvailabilityMessage, message) }
        return TrackedTelemetry(.availability, attributes: attributes)
    }

    /// An exception; what it is comes from the error that is logged with it.
    package static func exception(measurements: [String: Double]) -> TrackedTelemetry {
        TrackedTelemetry(.exception, attributes: Attributes(measurements: measurements))
    }

    /// The duration as the service reads it; what is negative is 0, what is too long the longest.
    private static func text(of duration: Duration) -> String {
        // The longest is 1000 days; a century fits into the type of nanoseconds.
        let bounded = min(max(duration, .zero), .seconds(3_155_760_000))
        let (seconds, attoseconds) = bounded.components
        let nanoseconds = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        var json = JSONWriter()
        json.duration(
            from: Timestamp(nanosecondsSinceEpoch: 1),
            to: Timestamp(nanosecondsSinceEpoch: 1 + nanoseconds)
        )
        // Without its quotation marks.
        return String(decoding: json.bytes.dropFirst().dropLast(), as: UTF8.self)
    }
}

extension Attributes {
    /// The attribute that ``Measurements`` reads, if there are measurements at all.
    fileprivate init(measurements: [String: Double]) {
        self.init()
        guard !measurements.isEmpty else { return }
        let pairs = measurements.sorted { $0.key < $1.key }
            .map { Element(key: $0.key, value: .double($0.value)) }
        self.append(
            key: SemanticKey.microsoftCustomMeasurements.name,
            value: .map(Attributes(pairs))
        )
    }

    fileprivate mutating func append(_ key: SemanticKey, _ text: String) {
        self.append(key: key.name, value: .string(text))
    }
}
