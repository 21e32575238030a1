import AzureMonitorExporter
import Logging
public import TelemetryEngine
public import TelemetryModel
public import Tracing

extension Telemetry {
    /// Records that something happened which you want to count: an order, a sign-up.
    ///
    /// ```swift
    /// monitor.trackEvent(
    ///     "order placed",
    ///     properties: ["payment": "invoice"],
    ///     measurements: ["items": 3]
    /// )
    /// ```
    ///
    /// It lands in the table `customEvents`. It takes the way of log records: the same queue,
    /// processors, delivery and account, but no level turns it away, and the console does not show
    /// it. Where logs are off, so are events. Never suspends.
    ///
    /// - Parameters:
    ///   - name: What happened, from a small set of names; at most 512 UTF-16 units, the rest is
    ///     cut. With an empty name it arrives as a message.
    ///   - properties: Texts to filter and group by, values of at most 8,192 units. Some names
    ///     become something else than a property: `enduser.id`, for instance, the user.
    ///   - measurements: Numbers to sum up; those that are not finite are left out.
    ///   - time: When it happened; `nil`, the default, for now.
    ///   - context: Whose span it happened in; `nil`, the default, for the task's own context.
    public func trackEvent(
        _ name: String,
        properties: [String: String] = [:],
        measurements: [String: Double] = [:],
        at time: Timestamp? = nil,
        context: ServiceContext? = nil
    ) {
        let event = LogEvent(
            tracking: name,
            level: .info,
            properties: properties,
            file: #fileID,
            function: #function,
            line: #line
        )
        self.track(.event(named: name, measurements: measurements), event, time, context)
    }
}
