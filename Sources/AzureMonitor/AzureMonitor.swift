import CoreMetrics
public import Logging
public import TelemetryEngine
import Tracing

/// Traces, metrics and logs of a Swift server in Application Insights.
///
/// ```swift
/// import AzureMonitor
///
/// let monitor = try AzureMonitor.bootstrap()
/// var app = Application(router: router)
/// app.addServices(monitor)
/// try await app.runService()
/// ```
///
/// The connection string comes from ``Configuration/connectionString``, else from
/// `APPLICATIONINSIGHTS_CONNECTION_STRING`. Without one nothing is sent to Azure, one line on
/// standard error says so, and the program runs.
public enum AzureMonitor {
    /// Makes this package the back end of swift-distributed-tracing, swift-log and swift-metrics.
    ///
    /// Call it once, at the start of the program, and run what it returns: put it first into a
    /// service group, so that it stops last and delivers what the others say while they stop.
    /// Nothing is delivered before it runs; until then records wait, bounded and counted.
    ///
    /// - Throws: `AzureMonitorError` if the connection string in code cannot be read, or may not be
    ///   used with the credential. A bad environment variable is said once and its default holds.
    public static func bootstrap(
        _ configuration: Configuration = Configuration()
    ) throws -> Telemetry {
        let pipeline = try Pipeline(configuration)
        if pipeline.isEnabled(.traces) {
            InstrumentationSystem.bootstrap(pipeline.telemetry.tracer.immortal())
        }
        if pipeline.isEnabled(.metrics) {
            MetricsSystem.bootstrap(pipeline.telemetry.metricsFactory)
        }
        if pipeline.isEnabled(.logs) {
            LoggingSystem.bootstrap { pipeline.telemetry.makeLogHandler(label: $0) }
        }
        return pipeline.telemetry
    }

    /// Makes a pipeline of all signals without touching any global.
    ///
    /// For those who want tracer, log handlers and metrics factory of one pipeline, and its health.
    public static func makePipeline(
        _ configuration: Configuration = Configuration()
    ) throws -> Telemetry {
        try Pipeline(configuration).telemetry
    }

    /// Makes a tracer without touching any global, and the service that delivers its spans.
    ///
    /// Use the tracer with `withTracer`, or bootstrap `InstrumentationSystem` with it.
    public static func makeTracingBackend(
        _ configuration: Configuration = Configuration()
    ) throws -> (tracer: TelemetryTracer, service: Telemetry) {
        let telemetry = try Pipeline(configuration.only(.traces)).telemetry
        return (telemetry.tracer, telemetry)
    }

    /// Makes log handlers without touching any global, and the service that delivers their records.
    ///
    /// Use the factory with `Logger(label:factory:)`, or bootstrap `LoggingSystem` with it.
    public static func makeLoggingBackend(
        _ configuration: Configuration = Configuration()
    ) throws -> (factory: @Sendable (String) -> any LogHandler, service: Telemetry) {
        let telemetry = try Pipeline(configuration.only(.logs)).telemetry
        return ({ telemetry.makeLogHandler(label: $0) }, telemetry)
    }

    /// Makes a metrics factory without touching any global, and the service that delivers its
    /// measurements.
    ///
    /// Use the factory with `withMetricsFactory`, or bootstrap `MetricsSystem` with it.
    public static func makeMetricsBackend(
        _ configuration: Configuration = Configuration()
    ) throws -> (factory: TelemetryMetricsFactory, service: Telemetry) {
        let telemetry = try Pipeline(configuration.only(.metrics)).telemetry
        return (telemetry.metricsFactory, telemetry)
    }

    /// Runs a job with telemetry around it: starts, runs the body, delivers, returns its result.
    ///
    /// Nothing global is touched; tracer, metrics factory and logger are those of the task and its
    /// children while the body runs. An error thrown out of the body is recorded as a critical
    /// exception before it is delivered and thrown on, unless it is a `CancellationError`.
    ///
    /// - Parameters:
    ///   - configuration: how to record and deliver.
    ///   - body: the job.
    /// - Throws: `AzureMonitorError` if the configuration is invalid, else what the body throws.
    public static func withTelemetry<Result>(
        _ configuration: Configuration = Configuration(),
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Telemetry) async throws -> Result
    ) async throws -> Result {
        let pipeline = try Pipeline(configuration)
        let telemetry = pipeline.telemetry
        guard pipeline.hasDestinations else {
            // Nobody records for nobody: log records go where they would without us.
            return try await telemetry.run { try await body(telemetry) }
        }
        let logger =
            pipeline.isEnabled(.logs)
            ? Logger(label: "AzureMonitor", factory: { telemetry.makeLogHandler(label: $0) })
            : Logger(label: "AzureMonitor")
        return try await telemetry.run {
            do {
                return try await withTracer(telemetry.tracer) {
                    try await withMetricsFactory(telemetry.metricsFactory) {
                        try await withLogger(logger) { _ in
                            try await body(telemetry)
                        }
                    }
                }
            } catch {
                // To be cancelled is no failure of the job.
                if !(error is CancellationError) {
                    logger.critical("The job failed.", error: error)
                }
                throw error
            }
        }
    }
}
