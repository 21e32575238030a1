import AzureMonitor
import Logging
import Metrics
import Tracing

/// A job that runs, says what it did, and ends: nothing is left to be sent when it has.
///
///     export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=…;IngestionEndpoint=…'
///     export OTEL_SERVICE_NAME=cleanup
///     swift run Job
@main
struct Job {
    static func main() async throws {
        // Returns what the body returns, after everything was sent, or stored when it could not be.
        // An error that the body throws is recorded as a critical exception first. Tracer, metrics
        // factory and logger are those of this task and its children; nothing is global.
        let removed = try await AzureMonitor.withTelemetry { _ in
            let logger = Logger.current
            let removals = Counter(label: "cleanup.removed")

            // Work that nobody called for is a request as well, if its span is a consumer's.
            return await withSpan("clean up", ofKind: .consumer) { _ in
                var removed = 0
                for folder in ["inbox", "outbox"] {
                    // A step inside of it is a dependency.
                    await withSpan("empty \(folder)") { span in
                        let files = await Self.remove(from: folder)
                        span.attributes["cleanup.files"] = files
                        removals.increment(by: files)
                        removed += files
                    }
                }
                logger.info("cleaned up", metadata: ["cleanup.files": "\(removed)"])
                return removed
            }
        }
        print("removed \(removed) files")
    }

    /// Stands for the work.
    static func remove(from folder: String) async -> Int {
        try? await Task.sleep(for: .milliseconds(20))
        return folder.count
    }
}
