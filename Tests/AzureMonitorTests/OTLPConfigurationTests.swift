import AzureIdentity
import Configuration
import HTTPTypes
import OTLPExporter
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import TelemetryTransport
import Testing

@testable import AzureMonitor

@Suite("OTLP in the configuration")
struct OTLPConfigurationTests {
    private func configuration(_ variables: [String: String]) -> AzureMonitor.Configuration {
        var configuration = AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: variables)
            )
        )
        configuration.diagnosticLevel = .off
        configuration.storage = nil
        // Nothing here is about how fast a busy machine is.
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.logs.batching.exportTimeout = .seconds(3_600)
        return configuration
    }

    private func destinations(
        _ configuration: AzureMonitor.Configuration
    ) async throws -> [String: Set<Signal>] {
        try await Pipeline(configuration, transport: ScriptedTransport()).telemetry
            .health.destinations.mapValues { _ in [] }
    }

    @Test("otlp in a list of exporters adds it for that signal, beside Azure")
    func lists() async throws {
        let key = "00000000-0000-0000-0000-000000000001"
        var configuration = self.configuration([
            "OTEL_TRACES_EXPORTER": "azure_monitor, OTLP", "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_LOGS_EXPORTER": "console",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector",
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "x-key=1",
            "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=\(key)",
        ])
        configuration.consoleSignals = []
        #expect(configuration.notices.isEmpty)
        #expect(configuration.signals.count == 3)
        let otlp = try #require(configuration.otlp)
        #expect(otlp.signals == [.traces, .metrics])
        #expect(otlp.endpoint == "https://collector")
        #expect(otlp.metrics.headers == ["x-key": "1"])
        #expect(try await self.destinations(configuration).keys.sorted() == ["azure", "otlp"])
    }

    @Test("every variable reaches the configuration", arguments: OTLPConfiguration.variables)
    func variables(name: String) throws {
        // What none of them takes, or all of them take.
        let configuration = self.configuration([
            "OTEL_TRACES_EXPORTER": "otlp", name: "%",
        ])
        let otlp = try #require(configuration.otlp)
        let said = configuration.notices.contains { $0.hasPrefix("\(name) ") }
        let endpoints = [otlp.endpoint] + Signal.allCases.map { otlp[$0].endpoint }
        let trusts = [otlp.tls] + Signal.allCases.map { otlp[$0].tls }
        #expect(
            said || endpoints.contains("%")
                || trusts.contains { $0?.trustRoots == .file("%") }
        )
        #expect(otlp.notices == configuration.notices)
    }

    @Test("an endpoint alone sends nothing, and that is said unless somebody chose the exporters")
    func endpointAlone() {
        for name in ["ENDPOINT", "LOGS_ENDPOINT"] {
            let variable = "OTEL_EXPORTER_OTLP_\(name)"
            let alone = self.configuration([variable: "https://secret@collector"])
            #expect(alone.otlp == nil)
            #expect(alone.notices.count == 1)
            #expect(alone.notices.first?.hasPrefix("\(variable) sends nothing by itself") == true)
            #expect(alone.notices.first?.contains("secret") == false)
            var used = alone
            used.otlp = OTLPConfiguration(environment: [:])
            #expect(used.notices.isEmpty)
            let chosen = self.configuration([
                variable: "https://collector", "OTEL_TRACES_EXPORTER": "azure_monitor",
            ])
            #expect(chosen.otlp == nil)
            #expect(chosen.notices.isEmpty)
        }
        #expect(self.configuration(["OTEL_TRACES_EXPORTER": ""]).otlp == nil)
    }

    @Test("none comes before otlp, and a disabled SDK sends nothing")
    func none() async throws {
        let none = self.configuration([
            "OTEL_TRACES_EXPORTER": "otlp,none", "OTEL_LOGS_EXPORTER": "otlp",
        ])
        #expect(none.otlp?.signals == [.traces, .logs])
        #expect(none.signals == [.metrics, .logs])
        #expect(try await self.destinations(none).keys.sorted() == ["otlp"])
        let disabled = self.configuration([
            "OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true",
        ])
        #expect(try await self.destinations(disabled).isEmpty)
    }

    @Test(
        "a mistake in the environment keeps OTLP from working, not the program",
        arguments: [
            ("ENDPOINT", "collector:4318"), ("TRACES_ENDPOINT", "http://"), ("PROTOCOL", "grpc"),
        ]
    )
    func mistakes(name: String, value: String) async throws {
        #if OTLPGRPC
            if value == "grpc" { return }
        #endif
        var configuration = self.configuration([
            "OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_\(name)": value,
            "APPLICATIONINSIGHTS_CONNECTION_STRING":
                "InstrumentationKey=00000000-0000-0000-0000-000000000001",
        ])
        #expect(try await self.destinations(configuration).keys.sorted() == ["azure"])
        // The same in code is thrown.
        configuration.otlp?.signals = [.traces]
        await #expect(throws: OTLPError.self) {
            try await self.destinations(configuration)
        }
    }

    @Test("connections to it are made as to Azure, proxies included")
    func proxies() throws {
        let configuration = AzureMonitor.Configuration(environmentVariables: [
            "OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector",
            "https_proxy": "http://proxy:3128",
        ])
        let route = try #require(configuration.otlp)
            .route(of: .traces, transport: configuration.transport)
        let proxy = route.transport.proxy.proxy(scheme: "https", host: "h", port: 443)
        #expect(proxy?.host == "proxy")
    }

    // MARK: Azure Monitor's own endpoints

    private static let rule = "dcr-0123456789abcdef0123456789abcdef"
    private static let host = "name.westus2-1.ingest.monitor.azure.com"

    private static func address(_ signal: String, _ stream: String) -> String {
        "https://\(Self.host)/dataCollectionRules/\(Self.rule)/streams/\(stream)/otlp/v1/\(signal)"
    }

    private static let credential = ClosureCredential { _ throws(CredentialError) in
        AccessToken(token: "t", expiresOn: .max)
    }

    @Test("Azure Monitor's endpoints are made of host and rule")
    func azureMonitor() throws {
        let otlp = OTLPConfiguration.azureMonitorOTLP(
            host: Self.host,
            metricsHost: "m.westus2-1.ingest.monitor.azure.com",
            rule: Self.rule
        )
        #expect(otlp.traces.endpoint == Self.address("traces", "Microsoft-OTLP-Traces"))
        #expect(otlp.logs.endpoint == Self.address("logs", "Microsoft-OTLP-Logs"))
        #expect(
            otlp.metrics.endpoint
                == "https://m.westus2-1.ingest.monitor.azure.com/dataCollectionRules/\(Self.rule)"
                + "/streams/Custom-Metrics-Otel/otlp/v1/metrics"
        )
        #expect(otlp.signals.count == 3)
        #expect(otlp.protocol == .httpProtobuf)
        #expect(otlp.metricPreference.temporality == .delta)
        #expect(otlp.metricPreference.histogramAggregation == .exponential)
        #expect(otlp.headers.isEmpty)
        let exporters = try otlp.makeExporters(transport: ScriptedTransport())
        #expect(exporters.map(\.destination.name) == ["otlp-traces-logs", "otlp-metrics"])
        let one = OTLPConfiguration.azureMonitorOTLP(
            host: Self.host,
            rule: Self.rule,
            logsStream: nil,
            metricsStream: nil
        )
        #expect(one.signals == [.traces])
    }

    @Test("nothing of the OTLP variables reaches Azure Monitor's endpoints")
    func azureMonitorWithoutEnvironment() throws {
        var configuration = self.configuration([
            "OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=secret",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-key=secret",
        ])
        #expect(configuration.otlp?.headers == ["x-key": "secret"])
        configuration.otlp = .azureMonitorOTLP(host: Self.host, rule: Self.rule)
        let route = try configuration.otlp?.route(of: .traces, transport: .init())
        #expect(route?.headers.isEmpty == true)
    }

    @Test(
        "an address that cannot be one is refused with the remedy",
        arguments: [
            ("http://\(host)/dataCollectionRules/\(rule)/streams/s/otlp/v1/traces", "https"),
            (
                "https://evil.example/dataCollectionRules/\(rule)/streams/s/otlp/v1/traces",
                ".ingest.monitor.azure.com"
            ),
            (
                "https://xingest.monitor.azure.com/dataCollectionRules/\(rule)/streams/s/otlp/v1/traces",
                ".ingest.monitor.azure.com"
            ),
            (
                "https://\(host).evil.example/dataCollectionRules/\(rule)/streams/s/otlp/v1/traces",
                ".ingest.monitor.azure.com"
            ),
            ("https://\(host)/dataCollectionRules/\(rule)/streams/s/otlp/v1/traces?a=b", "query"),
            (
                "https://u:p@\(host)/dataCollectionRules/\(rule)/streams/s/otlp/v1/traces",
                "user name"
            ),
            ("https://\(host)/dataCollectionRules/\(rule)/streams/s/otlp/v1/logs", "exchanged"),
            ("https://\(host)/v1/traces", "portal"),
            ("https://\(host)", "portal"),
            ("https://\(host)/dataCollectionRules/dcr-1/streams/s/otlp/v1/traces", "immutable id"),
            (
                "https://\(host)/dataCollectionRules/dcr-0123456789ABCDEF0123456789abcdef/streams/s/otlp/v1/traces",
                "lower case"
            ),
            ("https://\(host)/dataCollectionRules/\(rule)/streams/s%20s/otlp/v1/traces", "stream"),
            ("https://\(host)/dataCollectionRules/\(rule)/streams//otlp/v1/traces", "stream"),
        ]
    )
    func azureMonitorMistakes(address: String, remedy: String) throws {
        var configuration = self.configuration([:])
        configuration.credential = Self.credential
        configuration.otlp = .azureMonitorOTLP(traces: address, logs: nil, metrics: nil)
        let error = #expect(throws: OTLPError.self) {
            _ = try AzureMonitor.makePipeline(configuration)
        }
        #expect([.invalidEndpoint, .invalidRule].contains(error?.code))
        #expect(error?.message.contains(remedy) == true, "\(error?.message ?? "")")
    }

    @Test("the stream of metrics has a name of its own, and nothing is no configuration")
    func azureMonitorStreams() {
        for otlp in [
            OTLPConfiguration.azureMonitorOTLP(
                host: Self.host,
                rule: Self.rule,
                metricsStream: "Microsoft-OTLP-Metrics",
                credential: Self.credential
            ),
            .azureMonitorOTLP(traces: nil, logs: nil, metrics: nil, credential: Self.credential),
        ] {
            #expect(throws: OTLPError.self) {
                _ = try otlp.makeExporters(transport: ScriptedTransport())
            }
        }
    }

    @Test("both spellings of the path are taken, and other hosts if that is wanted")
    func azureMonitorVariants() throws {
        let path = "datacollectionRules/\(Self.rule)/streams/s/otlp/v1/traces"
        for address in ["https://\(Self.host)/\(path)", "https://elsewhere.example/\(path)"] {
            let otlp = OTLPConfiguration.azureMonitorOTLP(
                traces: address,
                logs: nil,
                metrics: nil,
                credential: Self.credential,
                allowsOtherHosts: true
            )
            #expect(try otlp.makeExporters(transport: ScriptedTransport()).count == 1)
        }
    }

    @Test("without any credential the remedy is said")
    func azureMonitorWithoutCredential() {
        var configuration = self.configuration([:])
        configuration.otlp = .azureMonitorOTLP(host: Self.host, rule: Self.rule)
        let error = #expect(throws: OTLPError.self) {
            _ = try AzureMonitor.makePipeline(configuration)
        }
        #expect(error?.code == .missingCredential)
        #expect(error?.message.contains("Configuration.credential") == true)
    }

    /// Numbers its tokens and keeps what it was asked for.
    private final class Counting: TokenCredential {
        let requests = Locked<[TokenRequest]>([])

        func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
            let number = self.requests.withLock { requests in
                requests.append(request)
                return requests.count
            }
            return AccessToken(token: "token-\(number)", expiresOn: .max, credential: "Counting")
        }
    }

    @Test("Azure and its OTLP endpoints share the tokens of one credential")
    func sharedToken() async throws {
        let credential = Counting()
        let azure = ScriptedTransport()
        let otlp = ScriptedTransport()
        var configuration = self.configuration([:])
        configuration.connectionString =
            "InstrumentationKey=00000000-0000-0000-0000-000000000001"
        configuration.credential = credential
        configuration.otlp = .azureMonitorOTLP(host: Self.host, rule: Self.rule)
        configuration.otlp?.timeout = .seconds(3_600)
        configuration.logs.console = .off
        let telemetry = try Pipeline(configuration, transport: azure, otlpTransport: otlp)
            .telemetry
        await telemetry.run { telemetry.trackEvent("bought") }
        for transport in [azure, otlp] {
            let tokens = await transport.requests.map { $0.headers[.authorization] }
            #expect(!tokens.isEmpty)
            #expect(tokens.allSatisfy { $0 == "Bearer token-1" })
        }
        let requests = credential.requests.withLock { $0 }
        #expect(requests == [TokenRequest(scope: "https://monitor.azure.com/.default")])
    }

    @Test("a challenge is answered with its claims, and a refused token is replaced")
    func challenge() async throws {
        let credential = Counting()
        // {"a":1}
        let challenge = #"Bearer error="insufficient_claims", claims="eyJhIjoxfQ==""#
        let otlp = ScriptedTransport([.status(401, headers: [.wwwAuthenticate: challenge])])
        var configuration = self.configuration([:])
        configuration.otlp = .azureMonitorOTLP(
            host: Self.host,
            rule: Self.rule,
            credential: credential
        )
        configuration.otlp?.timeout = .seconds(3_600)
        configuration.logs.console = .off
        let telemetry = try Pipeline(configuration, otlpTransport: otlp).telemetry
        let health = await telemetry.run {
            telemetry.trackEvent("bought")
            return await telemetry.forceFlush(.seconds(3_600))
        }
        let tokens = await otlp.requests.prefix(2).map { $0.headers[.authorization] }
        #expect(tokens == ["Bearer token-1", "Bearer token-2"])
        let requests = credential.requests.withLock { $0 }
        #expect(requests.count == 2)
        #expect(requests.last?.claims == #"{"a":1}"#)
        #expect(requests.last?.requiresFreshToken == true)
        let books = try #require(health.destinations["otlp"]?.books)
        #expect(books.exported == 1)
    }
}
