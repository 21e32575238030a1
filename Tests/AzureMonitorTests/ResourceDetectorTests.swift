import Configuration
import Foundation
import TelemetryModel
import TelemetryTesting
import Testing
import Tracing

@testable import AzureMonitor

/// Who finds out what the process runs on, and where it looks.
@Suite(.timeLimit(.minutes(10)))
struct ResourceDetectorTests {
    private typealias Detector = AzureMonitor.ResourceDetector

    private static let standard: Set<Detector> = [
        .functions, .appService, .containerApps, .kubernetes,
    ]

    private func configuration(_ variables: [String: String]) -> AzureMonitor.Configuration {
        var configuration = AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: variables)
            )
        )
        configuration.storage = nil
        configuration.diagnosticLevel = .off
        configuration.logs.console = .off
        configuration.shutdownTimeout = .seconds(3_600)
        configuration.environmentResource.clusterMetadataPath = "/nowhere/to/be/found"
        return configuration
    }

    // MARK: The list

    static let lists: [(list: String, detectors: Set<String>, unknown: [String])] = [
        ("", Set(Self.standard.map(\.name)), []),
        ("azure_vm", ["azure_vm"], []),
        (" Azure_App_Service , azure_vm", ["azure_app_service", "azure_vm"], []),
        ("none", [], []),
        ("otel,process", [], []),
        ("*", Set(Detector.all.map(\.name)), []),
        ("all", Set(Detector.all.map(\.name)), []),
        ("azure_aks,gcp,aws,gcp", ["azure_aks"], ["gcp", "aws"]),
        // Nothing known is left: the default holds.
        ("gcp", Set(Self.standard.map(\.name)), ["gcp"]),
    ]

    @Test(arguments: Self.lists)
    func listNamesTheDetectorsAndUnknownOnesAreSaidOnce(
        list: String,
        detectors: Set<String>,
        unknown: [String]
    ) {
        let configuration = self.configuration(["OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": list])
        #expect(Set(configuration.resourceDetectors.map(\.name)) == detectors)
        #expect(configuration.notices.count == unknown.count)
        for (notice, name) in zip(configuration.notices, unknown) {
            #expect(
                notice.hasPrefix(
                    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS names the unknown detector \(name);"
                )
            )
        }
    }

    @Test func onlyTheListedDetectorsAnswer() {
        let site = ["WEBSITE_SITE_NAME": "site", "CLUSTER_RESOURCE_ID": "/subscriptions/abc"]
        var configuration = self.configuration(site)
        #expect(
            Pipeline.resource(for: configuration).attributes["cloud.platform"]
                == "azure_app_service"
        )
        configuration.resourceDetectors = [.kubernetes]
        #expect(Pipeline.resource(for: configuration).attributes["cloud.platform"] == "azure.aks")
        configuration.resourceDetectors = []
        #expect(Pipeline.resource(for: configuration).attributes["cloud.platform"] == nil)
    }

    // MARK: The cluster's file

    static let files: [(text: String, id: String?)] = [
        ("clusterResourceId=/subscriptions/a", "/subscriptions/a"),
        ("\u{FEFF}  clusterResourceId = /subscriptions/a \r\n", "/subscriptions/a"),
        ("# comment\n\nregion=west\nclusterResourceId=/a\nclusterResourceId=/b\n", "/b"),
        ("/subscriptions/a\n", "/subscriptions/a"),
        ("\u{FEFF}/subscriptions/a", "/subscriptions/a"),
        ("/subscriptions/a\nregion=west\n", "/subscriptions/a"),
        ("/bare\nclusterResourceId=/named\n", "/named"),
        ("/a\n/b\n", nil),
        ("clusterResourceId=\n", nil),
        ("clusterresourceid=/a\n", nil),
        ("# /a\n", nil),
        ("", nil),
    ]

    @Test(arguments: Self.files)
    func clusterIsReadFromItsFile(text: String, id: String?) {
        #expect(ClusterMetadata(text: text).clusterResourceID == id)
    }

    @Test func clusterIsFoundInAFileAndInAFileOfADirectory() throws {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "azure-monitor-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var configuration = self.configuration([:])
        configuration.environmentResource.clusterMetadataPath = directory.path
        #expect(Pipeline.resource(for: configuration).attributes["cloud.platform"] == nil)

        let file = directory.appending(path: "clusterResourceId")
        try Data("/subscriptions/abc/resourceGroups/g".utf8).write(to: file)
        for path in [directory.path, file.path] {
            configuration.environmentResource.clusterMetadataPath = path
            let attributes = Pipeline.resource(for: configuration).attributes
            #expect(attributes["cloud.platform"] == "azure.aks")
            #expect(attributes["cloud.resource_id"] == "/subscriptions/abc/resourceGroups/g")
            #expect(attributes["cloud.account.id"] == "abc")
        }
        // The variable comes first.
        configuration.environmentResource.variables["CLUSTER_RESOURCE_ID"] = "/subscriptions/v"
        #expect(
            Pipeline.resource(for: configuration).attributes["cloud.resource_id"]
                == "/subscriptions/v"
        )
        // Who is in a cluster is on no virtual machine of the user's.
        configuration.resourceDetectors = [.virtualMachine]
        configuration.environmentResource.variables = [:]
        #expect(!configuration.environmentResource.asksMetadataService([.virtualMachine]))
    }

    // MARK: The metadata service

    private static let answer = """
        {"location":"westeurope","name":"vm-1","osType":"Linux","resourceId":"/subscriptions/s/vm",
        "sku":"22_04-lts","version":"22.04","vmId":"0-1-2","vmScaleSetName":"","vmSize":"D2"}
        """

    @Test func answerOfTheMetadataServiceBecomesAttributes() throws {
        let machine = try #require(VirtualMachineMetadata(answer: Array(Self.answer.utf8)))
        #expect(
            machine.attributes == [
                "cloud.provider": "azure", "cloud.platform": "azure_vm",
                "cloud.region": "westeurope", "cloud.resource_id": "/subscriptions/s/vm",
                "host.id": "0-1-2", "service.instance.id": "0-1-2", "host.name": "vm-1",
                "host.type": "D2", "os.type": "linux", "os.version": "22.04",
                "azure.vm.sku": "22_04-lts",
            ]
        )
        let poor = VirtualMachineMetadata(answer: Array(#"{"vmId":"7","name":3}"#.utf8))
        #expect(poor?.attributes["host.id"] == "7")
        #expect(poor?.attributes["host.name"] == nil)
    }

    @Test(arguments: ["", "{}", "[]", "null", "<html>", #"{"vmId":""}"#, #"{"vmId":"#])
    func answerThatTellsNothingIsNone(text: String) {
        #expect(VirtualMachineMetadata(answer: Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        "AKS_ARM_NAMESPACE_ID", "CLUSTER_RESOURCE_ID", "WEBSITE_SITE_NAME",
        "FUNCTIONS_WORKER_RUNTIME", "CONTAINER_APP_NAME", "CONTAINER_APP_JOB_NAME",
    ])
    func metadataServiceIsNotAskedWhereAnotherServiceIsKnown(variable: String) {
        let configuration = self.configuration([
            "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "azure_vm", variable: "something",
        ])
        #expect(
            !configuration.environmentResource.asksMetadataService(
                configuration.resourceDetectors
            )
        )
    }

    @Test func metadataServiceIsNotAskedUnlessWanted() {
        let configuration = self.configuration([:])
        #expect(
            !configuration.environmentResource.asksMetadataService(
                configuration.resourceDetectors
            )
        )
        #expect(configuration.environmentResource.asksMetadataService([.virtualMachine]))
    }

    /// Sends one span, and gives the instance that it names.
    private func instance(
        asking service: IngestionServer,
        within timeLimit: Duration = .seconds(3_600),
        _ change: (inout AzureMonitor.Configuration) -> Void = { _ in }
    ) async throws -> String? {
        let ingestion = try IngestionServer()
        // The proxy is for others: nobody listens there.
        var configuration = self.configuration([
            "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "azure_vm",
            "HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1:\(ingestion.port)",
        ])
        configuration.connectionString = ingestion.connectionString
        configuration.environmentResource.metadataEndpoint = "http://127.0.0.1:\(service.port)"
        configuration.environmentResource.metadataTimeLimit = timeLimit
        change(&configuration)
        let telemetry = try AzureMonitor.makePipeline(configuration)
        telemetry.tracer.startSpan("before", ofKind: .server).end()
        // Putting a pipeline together asks nobody, whoever answers.
        #expect(service.requests.isEmpty)
        await telemetry.run {}
        #expect(await telemetry.health.total.exported == 1)
        let items = try ingestion.items.filter { $0.baseType == "RequestData" }
        await ingestion.stop()
        #expect(items.count == 1)
        return items.first?.tags["ai.cloud.roleInstance"]
    }

    @Test func firstItemAlreadyNamesTheVirtualMachine() async throws {
        let service = try IngestionServer(as: .text(Self.answer))
        #expect(try await self.instance(asking: service) == "0-1-2")
        let request = try #require(service.requests.first)
        #expect(service.requests.count == 1)
        #expect(
            request.line
                == "GET /metadata/instance/compute?api-version=2021-12-13&format=json HTTP/1.1"
        )
        #expect(request.headers["metadata"] == "True")
        await service.stop()
    }

    @Test func instanceSetInCodeWinsOverTheVirtualMachine() async throws {
        let service = try IngestionServer(as: .text(Self.answer))
        let instance = try await self.instance(asking: service) { $0.serviceInstanceID = "mine" }
        #expect(instance == "mine")
        await service.stop()
    }

    @Test func serviceThatNeverAnswersCostsNothingButItsTimeLimit() async throws {
        let service = try IngestionServer(as: .silence)
        let instance = try await self.instance(asking: service, within: .milliseconds(50))
        #expect(instance == ProcessResource.hostName)
        await service.stop()
    }

    @Test func serviceThatIsNotThereCostsNothing() async throws {
        let service = try IngestionServer(as: .silence)
        await service.stop()
        #expect(try await self.instance(asking: service) == ProcessResource.hostName)
    }
}
