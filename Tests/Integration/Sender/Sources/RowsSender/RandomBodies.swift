import AzureMonitor
import AzureMonitorExporter
import Foundation

/// Writes the request bodies of random telemetry to standard output.
///
/// Each is a line with its length in bytes, and as many bytes: a JSON array, compressed by gzip as
/// it would be sent.
enum RandomBodies {
    static func write(count: Int, seed: UInt64, keys: [String]) async throws {
        let connectionString =
            "InstrumentationKey=00000000-0000-0000-0000-000000000001;"
            + "IngestionEndpoint=http://127.0.0.1:1/"
        let exporters: [any TelemetryExporter] = [
            try AzureMonitorTraceExporter(connectionString: connectionString),
            try AzureMonitorLogExporter(connectionString: connectionString),
            try AzureMonitorMetricExporter(connectionString: connectionString),
        ]
        var random = RandomTelemetry(seed: seed, keys: keys)
        for _ in 0..<count {
            let batch = ExportBatch(
                resource: Resource(attributes: random.attributes()),
                records: random.records()
            )
            for exporter in exporters where exporter.signals.contains(batch.signal) {
                for payload in await exporter.encode(batch).payloads {
                    var bytes = Data("\(payload.body.count)\n".utf8)
                    bytes.append(contentsOf: payload.body)
                    try FileHandle.standardOutput.write(contentsOf: bytes)
                }
            }
        }
        for exporter in exporters { await exporter.shutdown() }
    }
}
