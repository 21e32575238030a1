import Configuration
import TelemetryEngine
import TelemetryTesting
import TelemetryTransport
import Testing

@testable import AzureMonitor

/// The distribution as somebody configured it, in front of a transport that accepts everything.
struct DistributionPipeline {
    let memory = InMemoryExporter()
    let transport = ScriptedTransport()
    let telemetry: Telemetry

    /// Creates a pipeline that also exports to memory.
    init(_ change: (inout AzureMonitor.Configuration) -> Void = { _ in }) throws {
        var configuration = AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: [:])
            )
        )
        configuration.connectionString = "InstrumentationKey=\(SentItem.key)"
        configuration.serviceName = "shop"
        configuration.storage = nil
        configuration.logs.console = .off
        configuration.diagnosticLevel = .off
        // Whether the machine is busy is not what is tested.
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.additionalExporters = [self.memory]
        change(&configuration)
        self.telemetry = try Pipeline(configuration, transport: self.transport).telemetry
    }

    /// Runs the pipeline while the body does, checks the account, and returns what was sent but for
    /// the resource item.
    func run(_ body: (Telemetry) async throws -> Void) async throws -> [SentItem] {
        try await self.telemetry.run { try await body(self.telemetry) }
        let books = try #require(await self.telemetry.health.destinations["azure"]).books
        #expect(books.exported == books.accepted)
        return try await self.bodies()
            .flatMap { try SentItem.items(of: $0) }
            .filter { $0.baseType != "MetricData" }
    }

    /// What was sent, as text.
    func bodies() async throws -> [[UInt8]] {
        try await self.transport.requests.map {
            try Gzip.decompress($0.body, maximumSize: 1 << 24)
        }
    }
}
