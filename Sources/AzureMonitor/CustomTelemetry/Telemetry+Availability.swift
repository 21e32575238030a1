import AzureMonitorExporter
import Logging
public import TelemetryEngine
public import TelemetryModel
public import Tracing

extension Telemetry {
    /// Records what a test of a service's availability found, a test that you run yourself.
    ///
    /// ```swift
    /// let clock = ContinuousClock()
    /// let start = clock.now
    /// let isUp = await shop.answers()
    /// monitor.trackAvailability(
    ///     "shop answers",
    ///     duration: clock.now - start,
    ///     success: isUp,
    ///     runLocation: "westeurope"
    /// )
    /// ```
    ///
    /// It lands in the table `availabilityResults`. It takes the way of log records: the same queue,
    /// processors, delivery and account, but no level turns it away, and the console does not show
    /// it. Where logs are off, so are results. Never suspends.
    ///
    /// - Parameters:
    ///   - name: Which test it was; at most 1,024 UTF-16 units. With an empty name it arrives as a
    ///     message.
    ///   - duration: How long the test took; milliseconds count. What is negative is 0, and a
    ///     thousand days or more are a millisecond less than that.
    ///   - isSuccess: Whether the service was available.
    ///   - runLocation: Where the test ran; at most 1,024 units. The default is `nil`: nothing is
    ///     said of it.
    ///   - message: What was found; at most 8,192 units. The default is `nil`, which is sent as an
    ///     empty text.
    ///   - id: Which run of the test it was; at most 512 units. The default is `nil`: a random id.
    ///   - properties: Texts to filter and group by, values of at most 8,192 units. Some names
    ///     become something else than a property: `enduser.id`, for instance, the user.
    ///   - measurements: Numbers to sum up; those that are not finite are left out.
    ///   - time: When it was found; `nil`, the default, for now.
    ///   - context: Whose span the test ran in; `nil`, the default, for the task's own context.
    public func trackAvailability(
        _ name: String,
        duration: Duration,
        success isSuccess: Bool,
        runLocation: String? = nil,
        message: String? = nil,
        id: String? = nil,
        properties: [String: String] = [:],
        measurements: [String: Double] = [:],
        at time: Timestamp? = nil,
        context: ServiceContext? = nil
    ) {
        let result = TrackedTelemetry.availability(
            id: id ?? Self.randomID(),
            name: name,
            duration: duration,
            isSuccess: isSuccess,
            runLocation: runLocation,
            message: message,
            measurements: measurements
        )
        let event = LogEvent(
            tracking: message ?? "",
            level: .info,
            properties: properties,
            file: #fileID,
            function: #function,
            line: #line
        )
        self.track(result, event, time, context)
    }

    /// An id as long as a trace's.
    private static func randomID() -> String {
        TraceID(high: .random(in: 1 ... .max), low: .random(in: 0 ... .max)).description
    }
}
