import Configuration
import TelemetryModel
import Testing

@testable import AzureMonitor

struct ResourceTests {
    private func attributes(_ variables: [String: String]) -> Attributes {
        let configuration = AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: variables)
            )
        )
        return Pipeline.resource(for: configuration).attributes
    }

    @Test func defaultsNameTheProgramAndTheHost() {
        let attributes = self.attributes([:])
        guard case .string(let name) = attributes["service.name"] else {
            Issue.record("there is no service.name")
            return
        }
        #expect(name.hasPrefix("unknown_service"))
        #expect(attributes["telemetry.sdk.language"] == "swift")
        #expect(attributes["service.instance.id"] == attributes["host.name"])
        #expect(attributes["process.pid"] != nil)
    }

    @Test(arguments: [
        ("a=1,b=2", ["a": "1", "b": "2"] as [String: String]?),
        (" a = 1 , b = x=y ", ["a": "1", "b": "x=y"]),
        ("a=%41%2C%20b", ["a": "A, b"]),
        ("a=", ["a": ""]),
        ("a=1,,b=2,", ["a": "1", "b": "2"]),
        ("a", nil), ("=1", nil), ("a=%4", nil), ("a=%zz", nil), ("a=%ff", nil),
    ])
    func declaredAttributesArePercentDecoded(text: String, expected: [String: String]?) {
        let attributes = EnvironmentResource.attributes(from: text)
        #expect(
            attributes.map { attributes in
                Dictionary(
                    uniqueKeysWithValues: attributes.map { element in
                        if case .string(let text) = element.value {
                            (element.key, text)
                        } else {
                            (element.key, "?")
                        }
                    }
                )
            } == expected
        )
    }

    @Test func malformedDeclarationIsIgnoredAsAWhole() {
        let attributes = self.attributes([
            "OTEL_RESOURCE_ATTRIBUTES": "team=a,broken", "OTEL_SERVICE_NAME": "shop",
        ])
        #expect(attributes["team"] == nil)
        #expect(attributes["service.name"] == "shop")
    }

    @Test func appServiceIsDetected() {
        let attributes = self.attributes([
            "WEBSITE_SITE_NAME": "site", "WEBSITE_INSTANCE_ID": "instance",
            "WEBSITE_OWNER_NAME": "subscription+plan", "WEBSITE_RESOURCE_GROUP": "group",
            "REGION_NAME": "West Europe", "WEBSITE_SLOT_NAME": "staging",
        ])
        #expect(attributes["service.name"] == "site")
        #expect(attributes["service.instance.id"] == "instance")
        #expect(attributes["cloud.platform"] == "azure_app_service")
        #expect(
            attributes["cloud.resource_id"]
                == "/subscriptions/subscription/resourceGroups/group/providers/Microsoft.Web/sites/site"
        )
    }

    @Test func functionsAreDetectedBeforeAppService() {
        let attributes = self.attributes([
            "FUNCTIONS_WORKER_RUNTIME": "custom", "WEBSITE_SITE_NAME": "function",
            "WEBSITE_MEMORY_LIMIT_MB": "1536", "WEBSITE_INSTANCE_ID": "instance",
        ])
        #expect(attributes["cloud.platform"] == "azure_functions")
        #expect(attributes["service.name"] == "function")
        #expect(attributes["faas.max_memory"] == 1_536)
        #expect(attributes["faas.instance"] == "instance")
    }

    @Test func containerAppsAreDetected() {
        let attributes = self.attributes([
            "CONTAINER_APP_NAME": "app", "CONTAINER_APP_REPLICA_NAME": "app--1-abc",
            "CONTAINER_APP_REVISION": "app--1",
        ])
        #expect(attributes["service.name"] == "app")
        #expect(attributes["service.instance.id"] == "app--1-abc")
        #expect(attributes["service.version"] == "app--1")
    }

    @Test func clusterIsDetected() {
        let attributes = self.attributes([
            "CLUSTER_RESOURCE_ID": "/subscriptions/abc/resourceGroups/g/x"
        ])
        #expect(attributes["cloud.platform"] == "azure.aks")
        #expect(attributes["cloud.account.id"] == "abc")
    }

    @Test func userOverridesTheDetector() {
        let attributes = self.attributes([
            "WEBSITE_SITE_NAME": "site", "OTEL_SERVICE_NAME": "mine",
        ])
        #expect(attributes["service.name"] == "mine")
    }
}
