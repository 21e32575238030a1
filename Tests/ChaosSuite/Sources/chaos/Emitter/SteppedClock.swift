import AzureMonitor
import AzureMonitorExporter
import TelemetryModel
import TelemetryTesting

/// Time that runs as the machine's does, but whose wall clock is stepped.
enum SteppedClock {
    /// The moments of the steps, in seconds from the start, and by how many seconds.
    static let steps: [(after: Double, by: Int64)] = [
        (1.5, 3_600), (3, -3_600), (4.5, 3_600), (6, -3_600),
    ]

    /// Runs a pipeline that is put together by hand, while the body does its work.
    static func run(
        _ configuration: AzureMonitor.Configuration,
        _ body: @escaping @Sendable (Telemetry) async -> Void
    ) async throws -> Telemetry {
        let machine = TimeSource.system
        // Far from the machine's time, so that the tracing API's own readings are never near it.
        let time = ManualTime()
        var pipeline = TelemetryConfiguration()
        pipeline.traces = configuration.traces
        pipeline.logs = configuration.logs
        pipeline.storage = configuration.storage
        pipeline.time = time.source
        let telemetry = Telemetry(
            configuration: pipeline,
            exporters: [
                try AzureMonitorTraceExporter(connectionString: configuration.connectionString),
                try AzureMonitorLogExporter(connectionString: configuration.connectionString),
            ]
        )
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepMoving(time, with: machine) }
            await telemetry.run { await body(telemetry) }
            group.cancelAll()
        }
        return telemetry
    }

    /// Moves the time as the machine's moves, a few milliseconds at once, and steps the wall clock.
    private static func keepMoving(_ time: ManualTime, with machine: TimeSource) async {
        let start = machine.monotonicNow()
        var last = start
        var steps = self.steps[...]
        while !Task.isCancelled {
            try? await machine.sleep(.milliseconds(5))
            let now = machine.monotonicNow()
            time.advance(by: .nanoseconds(Int64(now - last)))
            last = now
            if let step = steps.first, Double(now - start) / 1e9 >= step.after {
                steps.removeFirst()
                let wall = Int64(time.wall.nanosecondsSinceEpoch) + step.by * 1_000_000_000
                time.wall = Timestamp(nanosecondsSinceEpoch: UInt64(wall))
            }
        }
    }
}
