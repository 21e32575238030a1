import ArgumentParser
import AzureMonitor
import AzureMonitorExporter
import Foundation
import OTLPExporter
import TelemetryEngine

/// Sends made-up records through the real pipeline.
struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Send made-up records through the real pipeline.",
        discussion: """
            Every record has the properties seq (from 0 in each signal) and run. One line a second \
            on standard error says how it goes; the last line on standard output is the account, \
            as JSON. The exit status is 0 if nothing was dropped. With both --connection-string \
            and --otlp, or their variables, every record goes to both, and counts twice.
            """
    )

    @Option(help: "How many spans to send.")
    var spans = 0

    @Option(help: "How many log records to send.")
    var logs = 0

    @Option(help: "How many metric points to send.")
    var metrics = 0

    @Option(help: "Records a second, over all signals; 0 sends as fast as there is room.")
    var rate = 0.0

    @Option(help: "Where to; the default is APPLICATIONINSIGHTS_CONNECTION_STRING.")
    var connectionString: String?

    @Option(
        help: ArgumentHelp(
            "The base URL of an OTLP endpoint, to which /v1/traces and its likes are added.",
            discussion: "The default is OTEL_EXPORTER_OTLP_ENDPOINT.",
            valueName: "URL"
        )
    )
    var otlp: String?

    @Option(help: "Where to keep what cannot be delivered.")
    var storage: String?

    @Flag(name: .customLong("no-storage"), help: "Keep nothing that cannot be delivered.")
    var isWithoutStorage = false

    @Option(help: "How many more attributes each span and log record has.")
    var attributes = 0

    @Option(help: "How many seconds to stay at the end, to deliver what waits in storage.")
    var linger = 0.0

    @Option(help: "What to call this run; random unless told.")
    var run: String?

    func validate() throws {
        for (name, count) in [
            ("spans", self.spans), ("logs", self.logs), ("metrics", self.metrics),
            ("attributes", self.attributes),
        ] where count < 0 {
            throw ValidationError("--\(name) must not be negative.")
        }
        let (pair, isPairTooMany) = self.spans.addingReportingOverflow(self.logs)
        guard !isPairTooMany, !pair.addingReportingOverflow(self.metrics).overflow else {
            throw ValidationError("--spans, --logs and --metrics are too many together.")
        }
        guard self.attributes <= Self.maximumAttributes else {
            throw ValidationError("--attributes must be at most \(Self.maximumAttributes).")
        }
        guard self.rate >= 0, self.rate.isFinite else {
            throw ValidationError("--rate must be 0 or more records a second.")
        }
        guard self.linger >= 0, self.linger <= 86_400 else {
            throw ValidationError("--linger must be from 0 to 86400 seconds.")
        }
        guard self.storage == nil || !self.isWithoutStorage else {
            throw ValidationError("--storage and --no-storage exclude each other.")
        }
        guard self.storage != "" else { throw ValidationError("--storage is empty.") }
        guard self.otlp != "" else { throw ValidationError("--otlp is empty.") }
    }

    func run() async throws {
        let configuration = try self.configuration(in: ProcessInfo.processInfo.environment)
        let generator = RecordGenerator(
            plan: GenerationPlan(spans: self.spans, logs: self.logs, metrics: self.metrics),
            rate: self.rate,
            run: self.run ?? String(UInt64.random(in: .min ... .max), radix: 16),
            attributeCount: self.attributes,
            linger: .seconds(self.linger)
        )
        let account: GenerationAccount
        do {
            account = try await generator.run(with: configuration)
        } catch let error as AzureMonitorError {
            throw ToolFailure(message: error.message, status: 64)
        } catch let error as OTLPError {
            throw ToolFailure(message: error.message, status: 64)
        }
        Console.print(account.json)
        if !account.health.total.dropped.isEmpty { throw ExitCode(1) }
    }

    /// More than that, on each record, tells nobody anything.
    private static let maximumAttributes = 10_000

    /// How many attributes a record has at most beside those of `--attributes`: what `generate` and
    /// the library itself put there.
    private static let ownAttributes = 16

    /// What the records are sent by.
    func configuration(
        in environment: [String: String]
    ) throws(ToolFailure) -> AzureMonitor.Configuration {
        var configuration = try GenerationDestinations(
            connectionString: self.connectionString,
            otlp: self.otlp,
            environment: environment
        ).configuration()
        if let directory = self.storage {
            configuration.storage = StorageConfiguration()
            configuration.storage?.directory = directory
        }
        if self.isWithoutStorage { configuration.storage = nil }
        configuration.logs.console = .off
        // Each metric record is a series of its own, however many there are.
        configuration.metrics.cardinalityLimit = nil
        configuration.metrics.exportInterval = .seconds(1)
        // Who asks for so many attributes wants them all. Limits in the environment are wanted, too.
        let attributes = self.attributes + Self.ownAttributes
        if configuration.traces.limits.attributes == SpanLimits().attributes {
            configuration.traces.limits.attributes = max(SpanLimits().attributes, attributes)
        }
        if configuration.logs.limits.attributeCount == LogLimits().attributeCount {
            configuration.logs.limits.attributeCount = max(LogLimits().attributeCount, attributes)
        }
        return configuration
    }
}
