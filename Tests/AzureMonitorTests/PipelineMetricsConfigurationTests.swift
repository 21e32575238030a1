import Configuration
import Testing

@testable import AzureMonitor

struct PipelineMetricsConfigurationTests {
    private func configuration(_ variables: [String: String]) -> AzureMonitor.Configuration {
        AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: variables)
            )
        )
    }

    private static let enabled = "APPLICATIONINSIGHTS_SDKSTATS_ENABLED"
    private static let interval = "APPLICATIONINSIGHTS_SDKSTATS_EXPORT_INTERVAL"

    @Test(
        arguments: [
            ([:], nil, 0), ([enabled: "yes"], nil, 0), ([interval: "60"], nil, 0),
            ([enabled: "TRUE"], Duration.seconds(900), 0),
            ([enabled: "true", interval: "60"], .seconds(60), 0),
            ([enabled: "true", interval: "0"], .seconds(900), 1),
            ([enabled: "true", interval: "often"], .seconds(900), 1),
            ([enabled: "true", "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true"], nil, 0),
        ] as [([String: String], Duration?, Int)]
    )
    func statisticsAreSentOnRequest(
        variables: [String: String],
        interval: Duration?,
        notices: Int
    ) {
        let configuration = self.configuration(variables)
        #expect(configuration.sdkStatisticsInterval == interval)
        #expect(configuration.notices.count == notices)
    }

    @Test(arguments: [("true", true), ("True", true), ("1", false), ("", false)])
    func pipelineIsMeasuredOnRequest(text: String, isMeasured: Bool) {
        let configuration = self.configuration(["AZURE_MONITOR_PIPELINE_METRICS": text])
        #expect(configuration.metrics.measuresPipeline == isMeasured)
        #expect(!self.configuration([:]).metrics.measuresPipeline)
    }
}
