import AzureMonitorExporter
import Benchmark
import Instrumentation
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import TelemetryTransport
import Workload

/// Mapping spans to envelopes, writing them, and compressing them; a batch at a time.
func registerEncodingBenchmarks() {
    let repetitions = 100

    Benchmark("encode.span") { (benchmark: Benchmark, batch: ExportBatch) in
        let encoder = EnvelopeEncoder(options: options)
        benchmark.measure(repetitions * batch.count) {
            for _ in 0..<repetitions { blackHole(encoder.encode(batch)) }
        }
    } setup: {
        await recordedBatch()
    }

    Benchmark("gzip.span") { (benchmark: Benchmark, batch: ExportBatch) in
        let bodies = EnvelopeEncoder(options: options).encode(batch).bodies
        benchmark.measure(repetitions * batch.count) {
            for _ in 0..<repetitions {
                var compressor = Gzip.Compressor(level: 1)
                for body in bodies { blackHole(compressor.compress(body.bytes)) }
            }
        }
    } setup: {
        await recordedBatch()
    }
}

private let options = EnvelopeOptions(
    instrumentationKey: "00000000-0000-0000-0000-000000000001",
    hostName: "benchmark"
)

/// Records a batch of spans, as the pipeline hands them to an exporter.
private func recordedBatch() async -> ExportBatch {
    let exporter = InMemoryExporter()
    var configuration = TelemetryConfiguration()
    configuration.storage = nil
    configuration.resource = Resource(attributes: [
        "service.name": "benchmark", "service.instance.id": "instance-1",
        "service.version": "1.2.3",
    ])
    let telemetry = Telemetry(configuration: configuration, exporters: [exporter])
    InstrumentationSystem.bootstrap(telemetry.tracer)
    for sequence in 0..<512 { Work.span(sequence) }
    await telemetry.shutdown()
    precondition(exporter.spans.count == 512, "The batch is not what it should be.")
    return ExportBatch(resource: configuration.resource, records: .spans(exporter.spans))
}
