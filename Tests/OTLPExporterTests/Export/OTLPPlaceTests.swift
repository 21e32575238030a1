import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import TelemetryTransport
import Testing

@testable import OTLPExporter

@Suite("Destinations of OTLP")
struct OTLPPlaceTests {
    private func exporters(
        _ change: (inout OTLPConfiguration) -> Void
    ) throws(OTLPError) -> [any TelemetryExporter] {
        var configuration = OTLPConfiguration(environment: [:])
        change(&configuration)
        return try configuration.makeExporters(transport: ScriptedTransport())
    }

    @Test("all signals with one base are one destination, however they were said")
    func oneBase() throws {
        let usual = try self.exporters { $0.endpoint = "https://host/in/?key=secret" }
        #expect(
            usual.map(\.destination) == [Destination(name: "otlp", identity: "https://host/in")]
        )
        let single = try self.exporters {
            $0.traces.endpoint = "https://host/in/v1/traces"
            $0.metrics.endpoint = "https://host/in/v1/metrics?key=secret"
            $0.logs.endpoint = "https://host/in/v1/logs"
            $0.headers = ["x-key": "secret"]
        }
        #expect(single.map(\.destination) == usual.map(\.destination))
        let one = try self.exporters {
            $0.endpoint = "https://host/in"
            $0.signals = [.logs]
        }
        #expect(one.map(\.destination) == usual.map(\.destination))
    }

    @Test("addresses on one host are one destination, which names them all")
    func oneHost() throws {
        let exporters = try self.exporters {
            $0.traces.endpoint = "https://host/a?key=secret"
            $0.metrics.endpoint = "https://host/b/"
            $0.logs.endpoint = "https://host/c"
        }
        #expect(
            exporters.map(\.destination) == [
                Destination(
                    name: "otlp",
                    identity: "traces=https://host/a logs=https://host/c metrics=https://host/b/"
                )
            ]
        )
    }

    @Test("different hosts are destinations of their own, named by what goes there")
    func hosts() throws {
        let exporters = try self.exporters {
            $0.endpoint = "https://host"
            $0.metrics.endpoint = "https://metrics:8443/in"
        }
        #expect(
            exporters.map(\.destination) == [
                Destination(name: "otlp-traces-logs", identity: "https://host"),
                Destination(name: "otlp-metrics", identity: "metrics=https://metrics:8443/in"),
            ]
        )
        #expect(exporters.map(\.signals) == [[.traces, .logs], [.metrics]])
        let labelled = try self.exporters {
            $0.metrics.endpoint = "https://metrics"
            $0.label = "vendor"
        }
        #expect(
            labelled.map(\.destination.name) == ["otlp-vendor-traces-logs", "otlp-vendor-metrics"]
        )
    }

    @Test(
        "an identity leads back to its place, and holds no secret",
        arguments: [
            "https://host", "http://localhost:4318", "https://host/in",
            "traces=https://host/a logs=https://host/b", "metrics=https://metrics:8443/in",
        ]
    )
    func identities(identity: String) async throws {
        let destination = Destination(name: "otlp-x", identity: identity)
        let exporter = try #require(
            try OfflineStorage.otlpExporter(for: destination, transport: ScriptedTransport())
        )
        #expect(exporter.destination.identity == identity)
    }

    @Test(
        "a destination of somebody else's is none",
        arguments: [
            Destination(name: "azure", identity: "https://host"),
            Destination(name: "otlpish", identity: "https://host"),
            Destination(name: "otlp", identity: "standard error"),
            Destination(name: "otlp", identity: "profiles=https://host"),
        ]
    )
    func foreign(destination: Destination) throws {
        let exporter = try OfflineStorage.otlpExporter(
            for: destination,
            transport: ScriptedTransport()
        )
        #expect(exporter == nil)
    }

    @Test("what is stored goes out with the headers of a configuration that leads there")
    func stored() async throws {
        let transport = ScriptedTransport()
        var configuration = OTLPConfiguration(environment: [:])
        configuration.endpoint = "https://host"
        configuration.metrics.endpoint = "https://metrics/in"
        configuration.headers = ["authorization": "key"]
        for (identity, signal, url) in [
            ("https://host", Signal.logs, "https://host/v1/logs"),
            ("metrics=https://metrics/in", .metrics, "https://metrics/in"),
        ] {
            let exporter = try #require(
                try OfflineStorage.otlpExporter(
                    for: Destination(name: "otlp", identity: identity),
                    configuration: configuration,
                    transport: transport
                )
            )
            let encoded = await exporter.encode(Sample.batch(signal, 1))
            let payload = try #require(encoded.payloads.first)
            #expect(await exporter.send(payload, within: .seconds(30)) == .accepted)
            let request = try #require(await transport.requests.last)
            #expect(request.url == url)
            #expect(request.headers[.authorization] == "key")
        }
    }

    struct EnvironmentCase: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var variables: [String: String] = [:]
        var identity = "https://host"
        var sends: String?
    }

    @Test(
        "the headers of the environment go to its own address, or where it names none",
        arguments: [
            EnvironmentCase(testDescription: "no address", sends: "key"),
            EnvironmentCase(
                testDescription: "no address, and one of one signal is stored",
                identity: "logs=https://host/in",
                sends: "key"
            ),
            EnvironmentCase(
                testDescription: "the same address",
                variables: ["OTEL_EXPORTER_OTLP_ENDPOINT": "https://host/"],
                sends: "key"
            ),
            EnvironmentCase(
                testDescription: "another address",
                variables: ["OTEL_EXPORTER_OTLP_ENDPOINT": "https://other"]
            ),
            EnvironmentCase(
                testDescription: "another address for one signal",
                variables: ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://other/v1/traces"]
            ),
        ]
    )
    func environment(_ example: EnvironmentCase) async throws {
        let transport = ScriptedTransport()
        let destination = Destination(name: "otlp", identity: example.identity)
        let stored = try #require(OTLPPlace.configuration(of: destination))
        let variables = ["OTEL_EXPORTER_OTLP_HEADERS": "authorization=key"]
        let exporter = try #require(
            try stored.exporter(
                for: destination,
                bySettingsOf: OTLPConfiguration(
                    environment: variables.merging(example.variables) { $1 }
                ),
                transport: transport
            )
        )
        #expect(exporter.destination.identity == example.identity)
        let encoded = await exporter.encode(Sample.batch(.logs, 1))
        let payload = try #require(encoded.payloads.first)
        #expect(await exporter.send(payload, within: .seconds(30)) == .accepted)
        let request = try #require(await transport.requests.last)
        #expect(request.url.hasPrefix("https://host/"))
        #expect(request.headers[.authorization] == example.sends)
    }

    @Test("a configuration that leads elsewhere is refused")
    func elsewhere() {
        var configuration = OTLPConfiguration(environment: [:])
        configuration.endpoint = "https://other"
        let error = #expect(throws: OTLPError.self) {
            _ = try OfflineStorage.otlpExporter(
                for: Destination(name: "otlp", identity: "https://host"),
                configuration: configuration
            )
        }
        #expect(error?.code == .otherDestination)
    }
}
