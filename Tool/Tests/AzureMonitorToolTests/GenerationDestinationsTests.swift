import ArgumentParser
import AzureMonitor
import Foundation
import LocalInsights
import OTLPExporter
import TelemetryEngine
import TelemetryModel
import Testing

@testable import azure_monitor

/// Where `generate` sends to, and what arrives there.
@Suite(.timeLimit(.minutes(10))) struct GenerationDestinationsTests {
    private static let azure =
        "InstrumentationKey=00000000-0000-0000-0000-000000000001;"
        + "IngestionEndpoint=http://127.0.0.1:9/"

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var connectionString: String?
        var otlp: String?
        var environment: [String: String] = [:]
        /// The connection string that counts.
        var azure: String?
        /// The identities of the destinations of OTLP.
        var places: [String] = []
        var signals: Set<Signal> = Set(Signal.allCases)
        var testDescription: String { self.name }
    }

    static let cases: [Case] = [
        Case(name: "a connection string", connectionString: Self.azure, azure: Self.azure),
        Case(
            name: "a connection string in the environment",
            environment: ["APPLICATIONINSIGHTS_CONNECTION_STRING": Self.azure],
            azure: Self.azure
        ),
        Case(name: "OTLP alone", otlp: "http://a.invalid:4318", places: ["http://a.invalid:4318"]),
        Case(
            name: "a base with a path",
            otlp: "https://a.invalid/x/",
            places: ["https://a.invalid/x"]
        ),
        Case(
            name: "both",
            connectionString: Self.azure,
            otlp: "http://a.invalid",
            azure: Self.azure,
            places: ["http://a.invalid"]
        ),
        Case(
            name: "an endpoint in the environment",
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://b.invalid:4318"],
            places: ["http://b.invalid:4318"]
        ),
        Case(
            name: "an endpoint for one signal in the environment",
            environment: ["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://b.invalid/v1/logs"],
            places: ["http://b.invalid"],
            signals: [.logs]
        ),
        Case(
            name: "the command line goes over the environment",
            otlp: "http://a.invalid",
            environment: [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://b.invalid",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c.invalid/v1/traces",
                "OTEL_TRACES_EXPORTER": "azure_monitor",
            ],
            places: ["http://a.invalid"]
        ),
        Case(
            name: "who lists exporters without otlp sends none there",
            environment: [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://b.invalid",
                "OTEL_TRACES_EXPORTER": "azure_monitor", "OTEL_LOGS_EXPORTER": " ",
            ],
            places: ["http://b.invalid"],
            signals: [.logs, .metrics]
        ),
        Case(
            name: "an empty variable is an unset one",
            connectionString: Self.azure,
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": " "],
            azure: Self.azure
        ),
    ]

    @Test(arguments: Self.cases)
    func `the command line goes over the environment`(_ test: Case) async throws {
        let configuration = try GenerationDestinations(
            connectionString: test.connectionString,
            otlp: test.otlp,
            environment: test.environment
        ).configuration()
        #expect(configuration.connectionString == test.azure)
        #expect(configuration.notices == [])
        var places: [String] = []
        var signals: Set<Signal> = []
        for exporter in try configuration.otlp?.makeExporters() ?? [] {
            places.append(exporter.destination.identity)
            signals.formUnion(exporter.signals)
            await exporter.shutdown()
        }
        // The slash at the end of an address tells no places apart.
        #expect(places.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 } == test.places)
        #expect(test.places.isEmpty || signals == test.signals)
        #expect(configuration.otlp.map { $0.metricPreference.temporality == .delta } ?? true)
    }

    @Test(
        arguments: [
            (nil, [:]), (nil, ["OTEL_EXPORTER_OTLP_HEADERS": "a=b"]), ("nonsense", [:]),
            ("", ["APPLICATIONINSIGHTS_CONNECTION_STRING": " "]),
            (nil, ["APPLICATIONINSIGHTS_CONNECTION_STRING": "nonsense"]),
        ] as [(String?, [String: String])]
    )
    func `without a destination it is wrong usage`(
        connectionString: String?,
        environment: [String: String]
    ) throws {
        let failure = try #require(throws: ToolFailure.self) {
            try GenerationDestinations(
                connectionString: connectionString,
                environment: environment
            ).configuration()
        }
        #expect(failure.status == 64)
    }

    private static func generate(
        _ destinations: GenerationDestinations,
        storage: StorageConfiguration? = nil
    ) async throws -> GenerationAccount {
        var configuration = try destinations.configuration()
        configuration.storage = storage
        configuration.logs.console = .off
        configuration.diagnosticLevel = .off
        // Nothing here is about how fast a busy machine is.
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.metrics.cardinalityLimit = nil
        return try await RecordGenerator(
            plan: GenerationPlan(spans: 300, logs: 200, metrics: 100),
            rate: 0,
            run: "test",
            attributeCount: 2,
            linger: .zero
        ).run(with: configuration)
    }

    @Test func `everything arrives by OTLP as it was made`() async throws {
        let host = try InsightsHost(port: 0)
        let rows = try await host.run { port in
            let account = try await Self.generate(
                GenerationDestinations(otlp: "http://127.0.0.1:\(port)/", environment: [:])
            )
            #expect(Set(account.health.destinations.keys) == ["otlp"])
            #expect(account.health.total.accepted == 600)
            #expect(account.health.total.exported == 600)
            #expect(account.health.total.dropped.isEmpty)
            return try await host.arrived()
        }
        #expect(rows == ["requests": 300, "traces": 200, "customMetrics": 100])
    }

    @Test func `both destinations get everything, and count for themselves`() async throws {
        let host = try InsightsHost(port: 0)
        let rows = try await host.run { port in
            let account = try await Self.generate(
                GenerationDestinations(
                    connectionString: host.connectionString(port: port),
                    otlp: "http://127.0.0.1:\(port)",
                    environment: [:]
                )
            )
            #expect(Set(account.health.destinations.keys) == ["azure", "otlp"])
            #expect(account.health.total.accepted == 1_200)
            #expect(account.health.total.exported == 1_200)
            for destination in account.health.destinations.values {
                #expect(destination.books.exported == 600)
            }
            return try await host.arrived()
        }
        #expect(rows == ["requests": 600, "traces": 400, "customMetrics": 200])
    }

    @Test(arguments: [
        (0, 8_192, 64), (0, 1_034, 5), (0, 10, 1), (0, 1, 1), (0, Int.max, 64), (1e300, 8_192, 64),
        (1e300, 1_030, 3), (500, 8_192, 5), (1e-300, 8_192, 1),
    ])
    func `no more records are made at once than fit into a queue`(
        rate: Double,
        queueSize: Int,
        stride: Int
    ) {
        let generator = RecordGenerator(
            plan: GenerationPlan(spans: 1, logs: 1, metrics: 1),
            rate: rate,
            run: "test",
            attributeCount: 0,
            linger: .zero
        )
        var configuration = AzureMonitor.Configuration()
        configuration.traces.batching.maximumQueueSize = queueSize
        #expect(generator.stride(within: configuration) == stride)
        configuration = AzureMonitor.Configuration()
        configuration.logs.batching.maximumQueueSize = queueSize
        #expect(generator.stride(within: configuration) == stride)
    }

    @Test func `however small the queues, nothing is dropped`() async throws {
        let host = try InsightsHost(port: 0)
        let rows = try await host.run { port in
            let account = try await Self.generate(
                GenerationDestinations(
                    otlp: "http://127.0.0.1:\(port)/",
                    environment: [
                        "OTEL_BSP_MAX_QUEUE_SIZE": "10", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2",
                        "OTEL_BLRP_MAX_QUEUE_SIZE": "10", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "2",
                    ]
                )
            )
            #expect(account.health.total.exported == 600)
            #expect(account.health.total.dropped.isEmpty)
            return try await host.arrived()
        }
        #expect(rows == ["requests": 300, "traces": 200, "customMetrics": 100])
    }

    @Test(
        arguments: [
            ("5", [:], 128, 128),
            ("200", [:], 216, 216),
            ("200", ["OTEL_ATTRIBUTE_COUNT_LIMIT": "10"], 10, 10),
            ("200", ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "10"], 10, 216),
        ] as [(String, [String: String], Int, Int)]
    )
    func `the limits leave room for the attributes that were asked for`(
        attributes: String,
        limits: [String: String],
        ofSpans: Int,
        ofLogRecords: Int
    ) throws {
        let command = try GenerateCommand.parse(
            ["--attributes", attributes, "--otlp", "http://127.0.0.1:9"]
        )
        let configuration = try command.configuration(in: limits)
        #expect(configuration.traces.limits.attributes == ofSpans)
        #expect(configuration.logs.limits.attributeCount == ofLogRecords)
    }

    @Test func `what was stored for OTLP is listed and sent`() async throws {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "azure-monitor-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var storage = StorageConfiguration()
        storage.directory = directory
        // A port that is free once its server is gone.
        let port = try await InsightsHost(port: 0).run { $0 }
        let account = try await Self.generate(
            GenerationDestinations(otlp: "http://127.0.0.1:\(port)", environment: [:]),
            storage: storage
        )
        #expect(account.health.total.stored == 600)
        #expect(account.health.total.dropped.isEmpty)
        let entries = try OfflineStorage.list(directory)
        #expect(entries.reduce(0) { $0 + $1.items } == 600)
        for entry in entries {
            #expect(
                StoredPayloadRow(entry).json.contains(#""endpoint":"http://127.0.0.1:\#(port)"#)
            )
        }

        let command = try StorageSendCommand.parse([directory])
        let host = try InsightsHost(port: port)
        let rows = try await host.run { _ in
            let exporters = try command.exporters(for: Set(entries.map(\.destination)))
            #expect(exporters.count == 1)
            let delivery = try await OfflineStorage.send(directory, by: exporters)
            for exporter in exporters.values { await exporter.shutdown() }
            #expect(delivery.json == #"{"delivered":600,"left":0,"dropped":{}}"#)
            return try await host.arrived()
        }
        #expect(rows == ["requests": 300, "traces": 200, "customMetrics": 100])
        #expect(try OfflineStorage.list(directory).isEmpty)
    }
}
