import Configuration
import TelemetryTransport
import Testing

@testable import AzureMonitor

struct ConfigurationTests {
    private func configuration(_ variables: [String: String]) -> AzureMonitor.Configuration {
        AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: variables)
            )
        )
    }

    @Test func emptyEnvironmentGivesDefaults() {
        let configuration = self.configuration([:])
        #expect(configuration.connectionString == nil)
        #expect(configuration.signals == [.traces, .logs, .metrics])
        #expect(configuration.traces.batching.maximumBatchSize == 512)
        #expect(configuration.traces.batching.maximumQueueSize == 8_192)
        #expect(configuration.traces.batching.scheduleDelay == .seconds(1))
        #expect(configuration.metrics.exportInterval == .seconds(60))
        #expect(configuration.traces.limits.attributes == 128)
        #expect(configuration.traces.propagators.count == 2)
        #expect(configuration.notices.isEmpty)
    }

    @Test func emptyVariableIsAnUnsetOne() {
        let configuration = self.configuration([
            "APPLICATIONINSIGHTS_CONNECTION_STRING": "  ", "OTEL_BSP_MAX_QUEUE_SIZE": "",
            "OTEL_TRACES_SAMPLER": "", "OTEL_PROPAGATORS": "",
        ])
        #expect(configuration.connectionString == nil)
        #expect(configuration.traces.batching.maximumQueueSize == 8_192)
        #expect(configuration.traces.propagators.count == 2)
        #expect(configuration.notices.isEmpty)
    }

    @Test func connectionStringComesBeforeTheBareKey() {
        let key = "00000000-0000-0000-0000-000000000001"
        #expect(
            self.configuration(["APPINSIGHTS_INSTRUMENTATIONKEY": key]).connectionString
                == "InstrumentationKey=\(key)"
        )
        #expect(
            self.configuration([
                "APPINSIGHTS_INSTRUMENTATIONKEY": key,
                "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=other",
            ]).connectionString == "InstrumentationKey=other"
        )
    }

    @Test func batchingIsReadPerSignal() {
        let configuration = self.configuration([
            "OTEL_BSP_SCHEDULE_DELAY": "250", "OTEL_BSP_MAX_QUEUE_SIZE": "100",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "50", "OTEL_BSP_EXPORT_TIMEOUT": "7000",
            "OTEL_BLRP_SCHEDULE_DELAY": "500", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "9000",
            "OTEL_METRIC_EXPORT_INTERVAL": "1500", "OTEL_METRIC_EXPORT_TIMEOUT": "2500",
        ])
        #expect(configuration.traces.batching.scheduleDelay == .milliseconds(250))
        #expect(configuration.traces.batching.maximumQueueSize == 100)
        #expect(configuration.traces.batching.maximumBatchSize == 50)
        #expect(configuration.traces.batching.exportTimeout == .seconds(7))
        #expect(configuration.logs.batching.scheduleDelay == .milliseconds(500))
        // A batch is never larger than the queue it comes from.
        #expect(configuration.logs.batching.maximumBatchSize == 8_192)
        #expect(configuration.metrics.exportInterval == .milliseconds(1_500))
        #expect(configuration.metrics.exportTimeout == .milliseconds(2_500))
    }

    @Test(arguments: ["-1", "0", "many", "1.5", "99999999999999999999"])
    func malformedNumberIsSaidAndIgnored(text: String) {
        let configuration = self.configuration(["OTEL_BSP_MAX_QUEUE_SIZE": text])
        #expect(configuration.traces.batching.maximumQueueSize == 8_192)
        #expect(configuration.notices.count == 1)
        #expect(configuration.notices.first?.contains("OTEL_BSP_MAX_QUEUE_SIZE") == true)
    }

    @Test func generalLimitsYieldToThoseOfTheSignal() {
        let configuration = self.configuration([
            "OTEL_ATTRIBUTE_COUNT_LIMIT": "10", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "20",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "30", "OTEL_SPAN_EVENT_COUNT_LIMIT": "40",
            "OTEL_SPAN_LINK_COUNT_LIMIT": "50", "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": "60",
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT": "70",
        ])
        let spans = configuration.traces.limits
        #expect(spans.attributes == 20)
        #expect(spans.attributeValueLength == 30)
        #expect(spans.events == 40)
        #expect(spans.links == 50)
        #expect(spans.attributesPerEvent == 60)
        #expect(spans.attributesPerLink == 10)
        #expect(configuration.logs.limits.attributeCount == 10)
        #expect(configuration.logs.limits.attributeValueLength == 70)
    }

    @Test func exporterListsTurnSignalsOffAndTheConsoleOn() {
        let configuration = self.configuration([
            "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "console",
            "OTEL_LOGS_EXPORTER": " console , zipkin",
        ])
        #expect(configuration.signals == [.logs, .metrics])
        #expect(configuration.consoleSignals == [.logs, .metrics])
        #expect(configuration.notices.count == 1)
        #expect(configuration.notices.first?.contains("zipkin") == true)
    }

    @Test func disabledSDKRecordsNothing() {
        #expect(self.configuration(["OTEL_SDK_DISABLED": "TRUE"]).signals.isEmpty)
        #expect(self.configuration(["OTEL_SDK_DISABLED": "1"]).signals.count == 3)
    }

    @Test func propagatorsAreTakenFromTheList() {
        #expect(self.configuration(["OTEL_PROPAGATORS": "none"]).traces.propagators.isEmpty)
        #expect(
            self.configuration(["OTEL_PROPAGATORS": "tracecontext"]).traces.propagators.count == 1
        )
        let unknown = self.configuration(["OTEL_PROPAGATORS": "b3,jaeger"])
        #expect(unknown.traces.propagators.count == 2)
        #expect(unknown.notices.count == 2)
    }

    @Test(arguments: [
        ("writeAhead", Durability.writeAhead, 0), ("WRITEAHEAD", .writeAhead, 0),
        ("onFailure", .onFailure, 0), ("", .onFailure, 0), ("always", .onFailure, 1),
    ])
    func durabilityIsReadByName(name: String, durability: Durability, notices: Int) {
        let configuration = self.configuration(["AZURE_MONITOR_DURABILITY": name])
        #expect(configuration.durability == durability)
        #expect(configuration.notices.count == notices)
    }

    /// A configuration reader knows no name in lower case, so the environment is asked itself.
    @Test func proxyVariablesCountInEitherCase() {
        func proxy(_ variables: [String: String], _ url: (String, String)) -> String? {
            let proxies = AzureMonitor.Configuration(environmentVariables: variables)
                .transport.proxy
            let port = url.0 == "https" ? 443 : 80
            return proxies.proxy(scheme: url.0, host: url.1, port: port)?.host
        }
        let lower = [
            "https_proxy": "http://lower.example:3128", "http_proxy": "http://plain.example:3128",
            "no_proxy": "inside.example",
        ]
        #expect(proxy(lower, ("https", "out.example")) == "lower.example")
        #expect(proxy(lower, ("http", "out.example")) == "plain.example")
        #expect(proxy(lower, ("https", "a.inside.example")) == nil)
        let upper = ["HTTPS_PROXY": "http://upper.example:3128", "NO_PROXY": "inside.example"]
        #expect(proxy(upper, ("https", "out.example")) == "upper.example")
        #expect(proxy(upper, ("https", "a.inside.example")) == nil)
        let both = upper.merging(lower) { $1 }
        #expect(proxy(both, ("https", "out.example")) == "lower.example")
        let all = ["all_proxy": "http://all.example:3128", "HTTPS_PROXY": ""]
        #expect(proxy(all, ("http", "out.example")) == "all.example")
        #expect(proxy(all, ("https", "out.example")) == nil)
        let gateway = ["HTTP_PROXY": "http://evil.example:1", "REQUEST_METHOD": "GET"]
        #expect(proxy(gateway, ("http", "out.example")) == nil)
    }

    @Test func valueSetInCodeWins() throws {
        var configuration = self.configuration([
            "OTEL_SERVICE_NAME": "environment",
            "OTEL_RESOURCE_ATTRIBUTES": "service.version=1,team=a%20b",
        ])
        configuration.serviceVersion = "2"
        let attributes = Pipeline.resource(for: configuration).attributes
        #expect(attributes["service.name"] == "environment")
        #expect(attributes["service.version"] == "2")
        #expect(attributes["team"] == "a b")
        configuration.serviceName = "code"
        #expect(Pipeline.resource(for: configuration).attributes["service.name"] == "code")
    }

    @Test func badConnectionStringInCodeIsThrown() {
        var configuration = self.configuration([:])
        configuration.connectionString = "InstrumentationKey=not-a-key"
        configuration.diagnosticLevel = .off
        #expect(throws: (any Error).self) { try AzureMonitor.makePipeline(configuration) }
    }
}

extension ConfigurationTests {
    @Test func badConnectionStringInTheEnvironmentIsSaidAndTheProgramRuns() throws {
        var configuration = AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: [
                    "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=not-a-key"
                ])
            )
        )
        configuration.diagnosticLevel = .off
        #expect(try !Pipeline(configuration).hasDestinations)
    }
}
