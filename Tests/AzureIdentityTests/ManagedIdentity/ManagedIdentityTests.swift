import HTTPTypes
import TelemetryTesting
import TelemetryTransport
import Testing

@testable import AzureIdentity

private func credential(
    _ id: ManagedIdentityID? = nil,
    _ environment: [String: String],
    _ transport: ScriptedTransport,
    probesFirst: Bool = false,
    pauses: Pauses? = nil,
    arcTokenFolder: String = "/nonexistent",
    arcAgentPath: String = "/nonexistent"
) -> ManagedIdentityCredential {
    ManagedIdentityCredential(
        id: id,
        probesFirst: probesFirst,
        context: .test(environment, transport: transport, pauses: pauses),
        arcTokenFolder: arcTokenFolder,
        arcAgentPath: arcAgentPath
    )
}

private let resource = "https://monitor.azure.com"

@Suite struct `A managed identity` {
    struct Host: Sendable, CustomTestStringConvertible {
        let name: String
        let environment: [String: String]
        var id: ManagedIdentityID?
        var method: HTTPRequest.Method = .get
        let address: String
        var query: [String: String] = [:]
        var form: [String: String] = [:]
        let headers: [String: String]
        let reply: String
        let credential: String

        var testDescription: String { self.name }
    }

    private static let appService = [
        "IDENTITY_ENDPOINT": "http://127.0.0.1:41/msi/token", "IDENTITY_HEADER": "hdr",
    ]
    private static let machine = "http://169.254.169.254/metadata/identity/oauth2/token"

    @Test(arguments: [
        Host(
            name: "a virtual machine",
            environment: [:],
            address: machine,
            query: ["api-version": "2018-02-01", "resource": resource],
            headers: ["Metadata": "true"],
            reply: #"{"access_token":"t","expires_in":"3600","refresh_in":"1800"}"#,
            credential: "ManagedIdentityCredential (virtual machine)"
        ),
        Host(
            name: "a virtual machine, by client id",
            environment: ["AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9/"],
            id: .clientID("c"),
            address: "http://127.0.0.1:9/metadata/identity/oauth2/token",
            query: ["api-version": "2018-02-01", "resource": resource, "client_id": "c"],
            headers: ["Metadata": "true"],
            reply: #"{"access_token":"t","expires_in":"3600"}"#,
            credential: "ManagedIdentityCredential (virtual machine)"
        ),
        Host(
            name: "a virtual machine, by object id",
            environment: [:],
            id: .objectID("o"),
            address: machine,
            query: ["api-version": "2018-02-01", "resource": resource, "object_id": "o"],
            headers: ["Metadata": "true"],
            reply: #"{"access_token":"t","expires_in":"3600"}"#,
            credential: "ManagedIdentityCredential (virtual machine)"
        ),
        Host(
            name: "a virtual machine, by resource id",
            environment: [:],
            id: .resourceID("/subscriptions/s"),
            address: machine,
            query: [
                "api-version": "2018-02-01", "resource": resource,
                "msi_res_id": "/subscriptions/s",
            ],
            headers: ["Metadata": "true"],
            reply: #"{"access_token":"t","expires_in":"3600"}"#,
            credential: "ManagedIdentityCredential (virtual machine)"
        ),
        Host(
            name: "App Service",
            environment: appService,
            address: "http://127.0.0.1:41/msi/token",
            query: ["api-version": "2019-08-01", "resource": resource],
            headers: ["Metadata": "true", "X-IDENTITY-HEADER": "hdr"],
            reply: #"{"access_token":"t","expires_on":"1767229200"}"#,
            credential: "ManagedIdentityCredential (App Service)"
        ),
        Host(
            name: "App Service, by resource id",
            environment: appService,
            id: .resourceID("/r"),
            address: "http://127.0.0.1:41/msi/token",
            query: ["api-version": "2019-08-01", "resource": resource, "mi_res_id": "/r"],
            headers: ["X-IDENTITY-HEADER": "hdr"],
            reply: #"{"access_token":"t","expires_on":"1767229200"}"#,
            credential: "ManagedIdentityCredential (App Service)"
        ),
        Host(
            name: "Azure Machine Learning",
            environment: ["MSI_ENDPOINT": "http://127.0.0.1:42/msi", "MSI_SECRET": "sec"],
            id: .clientID("c"),
            address: "http://127.0.0.1:42/msi",
            query: ["api-version": "2017-09-01", "resource": resource, "clientid": "c"],
            headers: ["secret": "sec"],
            reply: #"{"access_token":"t","expires_on":1767229200}"#,
            credential: "ManagedIdentityCredential (Azure Machine Learning)"
        ),
        Host(
            name: "Cloud Shell",
            environment: ["MSI_ENDPOINT": "http://127.0.0.1:43/oauth2/token"],
            method: .post,
            address: "http://127.0.0.1:43/oauth2/token",
            form: ["resource": resource],
            headers: [
                "Metadata": "true", "Content-Type": "application/x-www-form-urlencoded",
            ],
            reply: #"{"access_token":"t","expires_on":"1767229200"}"#,
            credential: "ManagedIdentityCredential (Cloud Shell)"
        ),
    ])
    func `asks its host as the host wants to be asked`(_ host: Host) async throws {
        let transport = ScriptedTransport([.status(200, body: host.reply)])
        let token = try await credential(host.id, host.environment, transport)
            .token(for: .monitor)
        #expect(token.token == "t")
        #expect(token.expiresOn == testNow + 3_600)
        #expect(token.credential == host.credential)
        let request = try #require(await transport.requests.first)
        #expect(request.method == host.method)
        #expect(request.address == host.address)
        #expect(request.query == host.query)
        #expect(request.form == host.form)
        for (name, value) in host.headers { #expect(request.header(name) == value) }
        #expect(request.header("Authorization") == nil)
    }

    @Test(arguments: [
        (["MSI_ENDPOINT": "http://x", "MSI_SECRET": "s"], ManagedIdentityID.objectID("o")),
        (["MSI_ENDPOINT": "http://x"], .clientID("c")),
    ])
    func `that cannot be chosen is not`(_ environment: [String: String], _ id: ManagedIdentityID)
        async
    {
        let transport = ScriptedTransport()
        let error = await credentialError { () async throws(CredentialError) in
            try await credential(id, environment, transport).token(for: .monitor)
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(await transport.requests.isEmpty)
    }

    @Test func `of a workload is had from its issuer`() async throws {
        let file = try TemporaryFile("assertion")
        let transport = ScriptedTransport([.token()])
        let token = try await credential(
            .clientID("mine"),
            [
                "AZURE_FEDERATED_TOKEN_FILE": file.path, "AZURE_TENANT_ID": "tenant",
                "AZURE_CLIENT_ID": "other", "AZURE_AUTHORITY_HOST": "login.example",
            ],
            transport
        ).token(for: .monitor)
        #expect(token.credential == "ManagedIdentityCredential (workload identity)")
        let request = try #require(await transport.requests.first)
        #expect(request.url == "https://login.example/tenant/oauth2/v2.0/token")
        #expect(request.form["client_id"] == "mine")
    }
}

@Suite struct `The metadata service of a virtual machine` {
    @Test func `is tried again while it starts or is updated`() async throws {
        let transport = ScriptedTransport([
            .status(404), .status(410), .status(429), .status(500), .failure(.timeout), .token(),
        ])
        let pauses = Pauses()
        _ = try await credential(nil, [:], transport, pauses: pauses).token(for: .monitor)
        #expect(await transport.requests.count == 6)
        #expect(
            await pauses.durations
                == [800, 5_000, 3_200, 6_400, 12_800].map { .milliseconds($0) }
        )
    }

    @Test func `is tried for more than 70 seconds while it says that it is gone`() async {
        let transport = ScriptedTransport(Array(repeating: .status(410), count: 6))
        let pauses = Pauses()
        let error = await credentialError { () async throws(CredentialError) in
            try await credential(nil, [:], transport, pauses: pauses).token(for: .monitor)
        }
        #expect(error?.code == .failed)
        #expect(await transport.requests.count == 6)
        #expect(await pauses.durations.reduce(.zero, +) > .seconds(70))
    }

    @Test(arguments: ["<html>Welcome</html>", "", "Sign in."])
    func `is not what answers something else than JSON`(_ body: String) async {
        let transport = ScriptedTransport([.status(200, body: body)])
        let error = await credentialError { () async throws(CredentialError) in
            try await credential(nil, [:], transport).token(for: .monitor)
        }
        #expect(error?.code == .unavailable)
    }

    @Test(arguments: [#"{"access_token":"t","expi"#, "{}"])
    func `that gives half a reply is there`(_ body: String) async {
        let transport = ScriptedTransport([.status(200, body: body)])
        let error = await credentialError { () async throws(CredentialError) in
            try await credential(nil, [:], transport).token(for: .monitor)
        }
        #expect(error?.code == .failed)
    }

    @Test func `is not there if nobody answers, however often`() async {
        let transport = ScriptedTransport(
            Array(repeating: .failure(.connectionRefused), count: 6)
        )
        let error = await credentialError { () async throws(CredentialError) in
            try await credential(nil, [:], transport).token(for: .monitor)
        }
        #expect(error?.code == .unavailable)
        #expect(await transport.requests.count == 6)
    }

    @Test func `is looked for in a chain that was made by hand, too`() async throws {
        let transport = ScriptedTransport([.failure(.timeout)])
        let chain = ChainedTokenCredential([
            credential(nil, [:], transport),
            ClosureCredential { _ in AccessToken(token: "next", expiresOn: .max) },
        ])
        #expect(try await chain.token(for: .monitor).token == "next")
        #expect(await transport.requests.count == 1)
    }

    @Test func `is asked with all patience by a chain that has nobody else`() async throws {
        let transport = ScriptedTransport([.failure(.timeout), .token()])
        let chain = ChainedTokenCredential([credential(nil, [:], transport)])
        _ = try await chain.token(for: .monitor)
        #expect(await transport.requests.allSatisfy { $0.header("Metadata") == "true" })
    }

    @Test func `says of a machine without identity that it has none`() async {
        let transport = ScriptedTransport(
            [
                .status(
                    400,
                    body: #"{"error":"invalid_request","error_description":"Identity not found"}"#
                )
            ]
        )
        let error = await credentialError { () async throws(CredentialError) in
            try await credential(nil, [:], transport).token(for: .monitor)
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("Identity not found") == true)
    }

    @Test func `is looked for first in a chain, without the field that opens it`() async throws {
        let transport = ScriptedTransport([.status(400), .token()])
        _ = try await credential(nil, [:], transport, probesFirst: true).token(for: .monitor)
        let requests = await transport.requests
        #expect(requests.count == 2)
        #expect(requests[0].header("Metadata") == nil)
        #expect(requests[0].timeout == .seconds(1))
        #expect(requests[1].header("Metadata") == "true")
    }

    @Test(arguments: [
        ScriptedTransport.Reply.failure(.timeout), .failure(.connectionRefused),
        .failure(.connectionFailed), .status(403, body: "A socket operation: host unreachable"),
    ])
    func `that is not there makes room for the next at once`(_ reply: ScriptedTransport.Reply)
        async
    {
        let transport = ScriptedTransport([reply])
        let error = await credentialError { () async throws(CredentialError) in
            try await credential(nil, [:], transport, probesFirst: true).token(for: .monitor)
        }
        #expect(error?.code == .unavailable)
        #expect(await transport.requests.count == 1)
    }
}

@Suite struct `The agent of Azure Arc` {
    private static let environment = [
        "IDENTITY_ENDPOINT": "http://127.0.0.1:40342/metadata/identity/oauth2/token",
        "IMDS_ENDPOINT": "http://127.0.0.1:40342",
    ]

    private static func challenge(_ field: String) -> ScriptedTransport.Reply {
        .status(401, headers: [.wwwAuthenticate: field])
    }

    @Test(arguments: [false, true])
    func `gets the content of the file it names`(_ isQuoted: Bool) async throws {
        let file = try TemporaryFile("s3cr3t\n", name: "a.key")
        let realm = isQuoted ? "\"\(file.path)\"" : file.path
        let transport = ScriptedTransport([Self.challenge("Basic realm=\(realm)"), .token()])
        let token = try await credential(
            nil,
            Self.environment,
            transport,
            arcTokenFolder: file.folder
        ).token(for: .monitor)
        #expect(token.credential == "ManagedIdentityCredential (Azure Arc)")
        let requests = await transport.requests
        #expect(requests.count == 2)
        for request in requests {
            #expect(request.query == ["api-version": "2020-06-01", "resource": resource])
            #expect(request.header("Metadata") == "true")
        }
        #expect(requests[0].header("Authorization") == nil)
        #expect(requests[1].header("Authorization") == "Basic s3cr3t")
    }

    @Test(arguments: [
        "Basic realm=/etc/shadow", "Basic realm=FOLDER/../other/a.key", "Basic realm=FOLDER/a.txt",
        "Basic realm=FOLDER/.key", "Basic realm=a.key", "Basic realm=FOLDER/sub/a.key",
        "Basic realm=", "Basic", "Bearer realm=FOLDER/a.key", "", "Basic realm=FOLDER//a.key",
    ])
    func `learns nothing of any other file`(_ field: String) async throws {
        let file = try TemporaryFile("s3cr3t", name: "a.key")
        let transport = ScriptedTransport(
            [Self.challenge(field.replacing("FOLDER", with: file.folder))],
            otherwise: .token()
        )
        let error = await credentialError { () async throws(CredentialError) in
            try await credential(
                nil,
                Self.environment,
                transport,
                arcTokenFolder: file.folder
            ).token(for: .monitor)
        }
        #expect(error?.code == .failed)
        #expect(await transport.requests.count == 1)
    }

    @Test(arguments: ["", "two words", String(repeating: "x", count: 4_097), "a\u{0}b"])
    func `gets no key that is none`(_ content: String) async throws {
        let file = try TemporaryFile(content, name: "a.key")
        let transport = ScriptedTransport([Self.challenge("Basic realm=\(file.path)")])
        let error = await credentialError { () async throws(CredentialError) in
            try await credential(
                nil,
                Self.environment,
                transport,
                arcTokenFolder: file.folder
            ).token(for: .monitor)
        }
        #expect(error?.code == .failed)
        #expect(await transport.requests.count == 1)
    }

    @Test func `must give the identity that was asked for`() async throws {
        let file = try TemporaryFile("s3cr3t", name: "a.key")
        for (id, isSame) in [("C", true), ("other", false)] {
            let transport = ScriptedTransport([
                Self.challenge("Basic realm=\(file.path)"),
                .status(
                    200,
                    body: #"{"access_token":"t","expires_in":"60","client_id":"\#(id)"}"#
                ),
            ])
            let error = await credentialError { () async throws(CredentialError) in
                try await credential(
                    .clientID("c"),
                    Self.environment,
                    transport,
                    arcTokenFolder: file.folder
                ).token(for: .monitor)
            }
            #expect(error?.code == (isSame ? nil : .rejected))
        }
    }

    @Test func `is found by its program where no variable names it`() async throws {
        let agent = try TemporaryFile("", name: "himds", permissions: 0o755)
        let transport = ScriptedTransport([.status(500)], otherwise: .status(500))
        _ = await credentialError { () async throws(CredentialError) in
            try await credential(nil, [:], transport, arcAgentPath: agent.path)
                .token(for: .monitor)
        }
        #expect(
            await transport.requests.first?.address
                == "http://localhost:40342/metadata/identity/oauth2/token"
        )
    }
}
