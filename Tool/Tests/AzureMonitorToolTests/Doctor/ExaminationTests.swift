import AzureIdentity
import Foundation
import NIOHTTP1
import Testing

@testable import azure_monitor

/// Each fault that `doctor` is to name.
@Suite(.timeLimit(.minutes(10))) struct ExaminationTests {
    /// A folder that is gone afterwards.
    private static func withFolder<Value>(
        _ body: (String) async throws -> Value
    ) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "doctor-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder.path)
    }

    /// What is found, by name.
    private static func findings(
        _ connectionString: String?,
        environment: [String: String] = [:],
        credential: (any TokenCredential)? = nil,
        otlp: String? = nil,
        timeLimit: Duration = .seconds(3_600)
    ) async throws -> [CheckName: Finding] {
        try await Self.withFolder { folder in
            var examination = Examination(
                connectionString: connectionString,
                storage: folder,
                environment: environment,
                credential: credential,
                otlp: otlp
            )
            examination.timeLimit = timeLimit
            var shown: [CheckResult] = []
            let results = await examination.run { shown.append($0) }
            #expect(results.map(\.name) == CheckName.allCases)
            #expect(shown == results)
            #expect(!FileManager.default.fileExists(atPath: folder))
            for result in results {
                #expect(!result.line.contains(ServiceDouble.key))
                #expect(!result.line.contains("hush"))
                #expect(result.finding.status != .fail || result.finding.remedy?.isEmpty == false)
            }
            return Dictionary(uniqueKeysWithValues: results.map { ($0.name, $0.finding) })
        }
    }

    private static func names(
        _ findings: [CheckName: Finding],
        _ status: Finding.Status
    ) -> Set<CheckName> {
        Set(findings.filter { $0.value.status == status }.keys)
    }

    private static func credential(_ double: ServiceDouble) -> ManagedIdentityCredential {
        ManagedIdentityCredential(
            environment: ["IDENTITY_ENDPOINT": "\(double.url)/token", "IDENTITY_HEADER": "hush"]
        )
    }

    private static let token = ServiceDouble.Answer(
        status: 200,
        body: #"{"access_token":"hush-token","expires_in":"3600"}"#
    )

    @Test func `nothing is wrong where nothing is wrong`() async throws {
        let service = try await ServiceDouble { _ in .accepted }
        let findings = try await Self.findings(service.connectionString)
        await service.stop()
        #expect(Self.names(findings, .skip) == [.tls, .token])
        #expect(Self.names(findings, .ok).count == 8)
        let posts = service.requests.filter { $0.method == "POST" }
        #expect(posts.map(\.path) == ["/v2.1/track"])
        #expect(posts.first?.headers["content-encoding"] == ["gzip"])
    }

    // MARK: Configuration

    @Test(arguments: [nil, "", " "]) func `no connection string`(text: String?) async throws {
        let findings = try await Self.findings(text)
        #expect(Self.names(findings, .fail) == [.configuration])
        #expect(findings[.configuration]?.remedy?.contains("--connection-string") == true)
        #expect(Self.names(findings, .ok) == [.storage])
    }

    @Test func `an OTLP destination is said, and that it is not checked`() async throws {
        var findings = try await Self.findings(nil, otlp: "http://a.invalid:4318")
        #expect(findings[.configuration]?.status == .warn)
        #expect(findings[.configuration]?.what.contains("to http://a.invalid:4318, which") == true)
        #expect(Self.names(findings, .fail) == [])
        #expect(Self.names(findings, .ok) == [.storage])
        let port = try await ServiceDouble.deadPort()
        let text =
            "InstrumentationKey=\(ServiceDouble.key);IngestionEndpoint=http://127.0.0.1:\(port)"
        findings = try await Self.findings(text, otlp: "http://a.invalid:4318")
        #expect(findings[.configuration]?.status == .ok)
        #expect(findings[.configuration]?.what.contains("http://a.invalid:4318") == true)
        #expect(findings[.connectionString]?.status == .ok)
    }

    @Test func `the environment's connection string, and its key alone, are said`() async throws {
        let port = try await ServiceDouble.deadPort()
        let variable = "APPLICATIONINSIGHTS_CONNECTION_STRING"
        let text =
            "InstrumentationKey=\(ServiceDouble.key);IngestionEndpoint=http://127.0.0.1:\(port)"
        var findings = try await Self.findings(nil, environment: [variable: text])
        #expect(findings[.configuration] == .ok("the connection string is from \(variable)"))
        #expect(findings[.connectionString]?.what.contains("http://127.0.0.1:\(port)") == true)
        findings = try await Self.findings(text, environment: [variable: "nonsense"])
        #expect(findings[.configuration]?.what.contains("goes over \(variable)") == true)
        #expect(findings[.connectionString]?.status == .ok)
    }

    @Test(arguments: [
        "InstrumentationKey=hush", "InstrumentationKey=hush;IngestionEndpoint=http://127.0.0.1",
        "IngestionEndpoint=http://127.0.0.1/", "hush",
        "InstrumentationKey=\(ServiceDouble.key);IngestionEndpoint=ftp://hush",
        "InstrumentationKey=\(ServiceDouble.key);IngestionEndpoint=https://a:hush@b.example",
        "InstrumentationKey=\(ServiceDouble.key);Authorization=hush",
    ])
    func `a connection string that cannot be read`(text: String) async throws {
        let findings = try await Self.findings(text)
        #expect(Self.names(findings, .fail) == [.connectionString])
        #expect(Self.names(findings, .ok) == [.configuration, .storage])
        #expect(findings[.connectionString]?.what.contains("(code)") == false)
    }

    @Test func `a key in the clear is warned of, and a token is not sent so`() async throws {
        let text = "InstrumentationKey=\(ServiceDouble.key);IngestionEndpoint=http://nobody.invalid"
        var findings = try await Self.findings(text)
        #expect(findings[.connectionString]?.status == .warn)
        let credential = ClosureCredential { _ in AccessToken(token: "hush", expiresOn: .max) }
        findings = try await Self.findings(text, credential: credential)
        #expect(Self.names(findings, .fail) == [.connectionString])
    }

    @Test func `variables that have no effect are said`() async throws {
        let service = try await ServiceDouble { _ in .accepted }
        try await Self.withFolder { folder in
            var examination = Examination(
                connectionString: service.connectionString,
                storage: folder,
                environment: [:]
            )
            examination.notices = ["OTEL_TRACES_SAMPLER is unknown; it is ignored"]
            var results = await examination.run { _ in }
            #expect(results.first?.finding.status == .warn)
            #expect(results.first?.line.contains("OTEL_TRACES_SAMPLER is unknown, it is") == true)
            examination.isDisabled = true
            results = await examination.run { _ in }
            #expect(results.first?.finding.status == .warn)
            #expect(results.first?.finding.remedy?.contains("OTEL_SDK_DISABLED") == true)
        }
        await service.stop()
    }

    // MARK: The way

    @Test func `an unknown host`() async throws {
        let findings = try await Self.findings(
            "InstrumentationKey=\(ServiceDouble.key);IngestionEndpoint=https://nobody.invalid/"
        )
        #expect(Self.names(findings, .fail) == [.dns])
        #expect(Self.names(findings, .skip) == [.tcp, .tls, .clock, .token, .ingestion])
        #expect(findings[.dns]?.what.contains("nobody.invalid") == true)
    }

    @Test(arguments: ["http", "https"]) func `a refused port`(scheme: String) async throws {
        let port = try await ServiceDouble.deadPort()
        let findings = try await Self.findings(
            "InstrumentationKey=\(ServiceDouble.key);IngestionEndpoint=\(scheme)://127.0.0.1:\(port)/"
        )
        #expect(Self.names(findings, .fail) == [.tcp])
        #expect(Self.names(findings, .skip) == [.tls, .clock, .token, .ingestion])
        #expect(findings[.tcp]?.what.contains("127.0.0.1:\(port)") == true)
        #expect(findings[.tcp]?.what.contains("refused") == true)
    }

    @Test func `a service that accepts and says nothing`() async throws {
        let service = try await ServiceDouble { _ in
            ServiceDouble.Answer(status: 200, isSilent: true)
        }
        let findings = try await Self.findings(
            service.connectionString,
            // Long enough for what comes before the request.
            timeLimit: .seconds(5)
        )
        await service.stop()
        #expect(Self.names(findings, .fail) == [.ingestion])
        #expect(findings[.clock]?.status == .skip)
    }

    @Test(.enabled(if: TLSDouble.isAvailable))
    func `a certificate that is right, of another name, expired, and of an unknown authority`()
        async throws
    {
        func findings(
            _ double: TLSDouble,
            trusted: Bool = true
        ) async throws -> [CheckName: Finding] {
            defer { double.stop() }
            return try await Self.findings(
                double.connectionString,
                environment: trusted ? ["SSL_CERT_FILE": double.authority] : [:],
                timeLimit: .seconds(10)
            )
        }
        var found = try await findings(TLSDouble())
        #expect(found[.tls]?.status == .ok)
        found = try await findings(TLSDouble(name: "DNS:other.example"))
        #expect(Self.names(found, .fail) == [.tls])
        #expect(found[.tls]?.what.contains("another name") == true)
        #expect(Self.names(found, .skip) == [.clock, .token, .ingestion])
        found = try await findings(TLSDouble(end: "20200201000000Z"))
        #expect(Self.names(found, .fail) == [.tls])
        #expect(found[.tls]?.what.hasPrefix("the certificate of 127.0.0.1 has expired") == true)
        found = try await findings(TLSDouble(), trusted: false)
        #expect(Self.names(found, .fail) == [.tls])
        #expect(found[.tls]?.what.contains("not trusted") == true)
    }

    @Test func `a service that speaks no TLS, and a trust store that is none`() async throws {
        let service = try await ServiceDouble { _ in .accepted }
        let text = service.connectionString.replacing("http:", with: "https:")
        var findings = try await Self.findings(text)
        #expect(Self.names(findings, .fail) == [.tls])
        #expect(findings[.tls]?.what.contains("does not speak TLS") == true)
        findings = try await Self.findings(text, environment: ["SSL_CERT_FILE": "/nowhere"])
        #expect(Self.names(findings, .fail) == [.tls])
        #expect(findings[.tls]?.remedy?.contains("SSL_CERT_FILE") == true)
        await service.stop()
    }

    @Test(arguments: [403, 407, 502]) func `a proxy that refuses`(status: Int) async throws {
        let proxy = try await ServiceDouble { _ in ServiceDouble.Answer(status: status) }
        let address = "http://user:hush@127.0.0.1:\(proxy.port)"
        let variables = ["https_proxy": address, "http_proxy": address]
        for scheme in ["https", "http"] {
            let findings = try await Self.findings(
                "InstrumentationKey=\(ServiceDouble.key);IngestionEndpoint=\(scheme)://127.0.0.1:9/",
                environment: variables
            )
            #expect(Self.names(findings, .fail) == [.proxy])
            #expect(findings[.proxy]?.what.contains("\(status)") == true)
            #expect(
                Self.names(findings, .skip).isSuperset(of: [.dns, .tcp, .tls, .token, .ingestion])
            )
        }
        await proxy.stop()
    }

    @Test func `a proxy that is not there, and one that leads there`() async throws {
        let port = try await ServiceDouble.deadPort()
        let service = try await ServiceDouble { _ in .accepted }
        let text =
            "InstrumentationKey=\(ServiceDouble.key);IngestionEndpoint=http://nobody.invalid/"
        var findings = try await Self.findings(
            text,
            environment: ["ALL_PROXY": "http://127.0.0.1:\(port)"]
        )
        #expect(Self.names(findings, .fail) == [.proxy])
        #expect(findings[.proxy]?.what.contains("ALL_PROXY") == true)
        findings = try await Self.findings(text, environment: ["http_proxy": service.url])
        #expect(Self.names(findings, .fail).isEmpty)
        #expect(findings[.proxy]?.status == .ok)
        #expect(service.requests.contains { $0.path == "http://nobody.invalid/v2.1/track" })
        findings = try await Self.findings(
            service.connectionString,
            environment: ["http_proxy": "http://127.0.0.1:\(port)", "NO_PROXY": "127.0.0.1, [x"]
        )
        #expect(Self.names(findings, .fail).isEmpty)
        #expect(findings[.proxy]?.status == .warn)
        await service.stop()
    }

    // MARK: The clock

    @Test(
        arguments: [
            (600, .fail), (-600, .fail), (120, .warn), (-120, .warn), (30, .ok),
            (nil, .skip),
        ] as [(Double?, Finding.Status)]
    )
    func `a clock that is off`(clock: Double?, status: Finding.Status) async throws {
        let service = try await ServiceDouble { _ in
            var answer = ServiceDouble.Answer.accepted
            answer.clock = clock
            return answer
        }
        let findings = try await Self.findings(service.connectionString)
        await service.stop()
        #expect(findings[.clock]?.status == status)
        #expect(findings[.ingestion]?.status == .ok)
        if status == .fail {
            #expect(
                findings[.clock]?.what.contains((clock ?? 0) > 0 ? "behind" : "ahead of") == true
            )
        }
    }

    @Test func `the answer to the item has a time, too`() async throws {
        let service = try await ServiceDouble { request in
            var answer = ServiceDouble.Answer.accepted
            if request.method == "POST" { answer.clock = 600 }
            return answer
        }
        let findings = try await Self.findings(service.connectionString)
        await service.stop()
        #expect(Self.names(findings, .fail) == [.clock])
    }

    // MARK: The token

    @Test func `who gave the token`() async throws {
        let identity = try await ServiceDouble { _ in Self.token }
        let service = try await ServiceDouble { _ in .accepted }
        let findings = try await Self.findings(
            service.connectionString,
            credential: Self.credential(identity)
        )
        for double in [identity, service] { await double.stop() }
        #expect(findings[.token]?.status == .ok)
        #expect(findings[.token]?.what.hasPrefix("ManagedIdentityCredential") == true)
        #expect(findings[.token]?.what.contains("https://monitor.azure.com/.default") == true)
        #expect(findings[.ingestion]?.status == .ok)
        let post = service.requests.last { $0.method == "POST" }
        #expect(post?.headers["authorization"] == ["Bearer hush-token"])
    }

    @Test func `a token that is refused`() async throws {
        let identity = try await ServiceDouble { _ in
            ServiceDouble.Answer(
                status: 400,
                body: #"{"error":"invalid_request","error_description":"Identity not found"}"#
            )
        }
        let service = try await ServiceDouble { _ in .accepted }
        let findings = try await Self.findings(
            service.connectionString,
            credential: Self.credential(identity)
        )
        for double in [identity, service] { await double.stop() }
        #expect(Self.names(findings, .fail) == [.token])
        #expect(findings[.token]?.what.contains("ManagedIdentityCredential") == true)
        #expect(findings[.token]?.what.contains("Identity not found") == true)
        #expect(findings[.ingestion]?.status == .skip)
        #expect(!service.requests.contains { $0.method == "POST" })
    }

    @Test func `an authentication string that cannot be read`() async throws {
        let service = try await ServiceDouble { _ in .accepted }
        let findings = try await Self.findings(
            service.connectionString,
            environment: ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "Authorization=hush"]
        )
        await service.stop()
        #expect(Self.names(findings, .fail) == [.token])
    }

    // MARK: The item

    @Test(arguments: [401, 403]) func `a token that is not good enough`(status: Int) async throws {
        let identity = try await ServiceDouble { _ in Self.token }
        let service = try await ServiceDouble { _ in ServiceDouble.Answer(status: status) }
        var findings = try await Self.findings(
            service.connectionString,
            credential: Self.credential(identity)
        )
        #expect(Self.names(findings, .fail) == [.ingestion])
        #expect(findings[.ingestion]?.what.contains("\(status)") == true)
        #expect(findings[.ingestion]?.what.contains("ManagedIdentityCredential") == true)
        let role = "Monitoring Metrics Publisher"
        #expect(findings[.ingestion]?.remedy?.contains(role) == true)
        findings = try await Self.findings(service.connectionString)
        #expect(Self.names(findings, .fail) == [.ingestion])
        #expect(findings[.ingestion]?.what.contains("\(status)") == true)
        #expect(findings[.ingestion]?.remedy?.contains(role) == true)
        for double in [identity, service] { await double.stop() }
    }

    @Test(arguments: [
        (402, "quota"), (439, "quota"), (404, "nobody takes telemetry"),
        (400, "says 'Invalid instrumentation key …'"), (206, "says 'Invalid"), (429, "429"),
        (500, "500"), (503, "503"), (418, "418"), (301, "301"),
    ])
    func `an item that is not taken`(status: Int, words: String) async throws {
        let service = try await ServiceDouble { request in
            guard request.method == "POST" else { return ServiceDouble.Answer(status: status) }
            return ServiceDouble.Answer(
                status: status,
                body: [206, 400].contains(status)
                    ? #"{"itemsReceived":1,"itemsAccepted":0,"errors":[{"index":0,"statusCode":400,"#
                        + #""message":"Invalid instrumentation key \#(ServiceDouble.key)"}]}"# : ""
            )
        }
        let findings = try await Self.findings(service.connectionString)
        await service.stop()
        #expect(Self.names(findings, .fail) == [.ingestion])
        #expect(findings[.ingestion]?.what.contains(words) == true)
    }

    @Test func `redirects are followed as the exporter follows them`() async throws {
        let service = try await ServiceDouble { _ in .accepted }
        let other = service.url
        let first = try await ServiceDouble { request in
            request.method == "POST"
                ? ServiceDouble.Answer(status: 308, headers: ["Location": "\(other)/v2.1/track"])
                : .accepted
        }
        var findings = try await Self.findings(first.connectionString)
        #expect(findings[.ingestion]?.status == .ok)
        #expect(findings[.ingestion]?.what.contains(service.url) == true)
        let lost = try await ServiceDouble { request in
            ServiceDouble.Answer(status: 307, headers: ["Location": "https://other.example/"])
        }
        findings = try await Self.findings(lost.connectionString)
        #expect(Self.names(findings, .fail) == [.ingestion])
        #expect(findings[.ingestion]?.what.contains("redirect not followed") == true)
        for double in [service, first, lost] { await double.stop() }
    }

    // MARK: Interruption

    @Test func `what was interrupted is skipped`() async throws {
        let examination = Examination(
            connectionString: "InstrumentationKey=\(ServiceDouble.key)",
            storage: "/nowhere",
            environment: [:]
        )
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await examination.run { _ in }
        }
        task.cancel()
        let results = await task.value
        #expect(results.map(\.name) == CheckName.allCases)
        #expect(!results.contains { $0.finding.status == .fail })
        #expect(results.last?.finding.status == .skip)
    }
}
