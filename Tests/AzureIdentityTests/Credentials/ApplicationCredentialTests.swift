import HTTPTypes
import TelemetryTesting
import TelemetryTransport
import Testing

@testable import AzureIdentity

private let tenant = "11111111-2222-3333-4444-555555555555"

@Suite struct `A client secret` {
    private static func credential(
        _ transport: ScriptedTransport,
        authorityHost: String? = nil,
        environment: [String: String] = [:],
        pauses: Pauses? = nil
    ) -> ClientSecretCredential {
        ClientSecretCredential(
            tenantID: tenant,
            clientID: "app",
            clientSecret: "p%20+ä&=",
            authorityHost: authorityHost,
            context: .test(environment, transport: transport, pauses: pauses)
        )
    }

    @Test func `is sent as a form, and nothing else is`() async throws {
        let transport = ScriptedTransport([.token()])
        let token = try await Self.credential(transport).token(for: .monitor)
        #expect(token.token == "t0")
        #expect(token.expiresOn == testNow + 3_600)
        #expect(token.credential == "ClientSecretCredential")
        let request = try #require(await transport.requests.first)
        #expect(request.method == .post)
        #expect(request.url == "https://login.microsoftonline.com/\(tenant)/oauth2/v2.0/token")
        #expect(
            request.form == [
                "client_id": "app", "client_secret": "p%20+ä&=",
                "grant_type": "client_credentials",
                "scope": "https://monitor.azure.com/.default",
            ]
        )
        #expect(request.headers[.contentType] == "application/x-www-form-urlencoded")
        #expect(request.headers[.accept] == "application/json")
        #expect(await transport.requests.count == 1)
    }

    @Test func `carries the claims that a resource asked for`() async throws {
        let transport = ScriptedTransport([.token()])
        var wish = TokenRequest.monitor
        wish.claims = #"{"access_token":{"nbf":{"essential":true}}}"#
        _ = try await Self.credential(transport).token(for: wish)
        #expect(await transport.requests.first?.form["claims"] == wish.claims)
    }

    struct Authority: Sendable {
        var explicit: String?
        var variable: String?
        var cloud: AzureCloud = .public
        let origin: String?
    }

    @Test(arguments: [
        Authority(cloud: .usGovernment, origin: "https://login.microsoftonline.us"),
        Authority(cloud: .china, origin: "https://login.chinacloudapi.cn"),
        Authority(variable: "login.example", cloud: .china, origin: "https://login.example"),
        Authority(variable: "https://login.example/", origin: "https://login.example"),
        Authority(variable: "HTTPS://login.example:8443", origin: "https://login.example:8443"),
        Authority(
            explicit: "code.example",
            variable: "env.example",
            origin: "https://code.example"
        ),
        Authority(variable: "http://login.example", origin: nil),
        Authority(variable: "https://me:secret@login.example", origin: nil),
        Authority(variable: "https://login.example/a?b", origin: nil),
        Authority(variable: "", cloud: .public, origin: "https://login.microsoftonline.com"),
    ])
    func `goes to the authority of code, environment or cloud, over https`(
        _ authority: Authority
    ) async {
        let transport = ScriptedTransport([.token()])
        let credential = Self.credential(
            transport,
            authorityHost: authority.explicit,
            environment: authority.variable.map { ["AZURE_AUTHORITY_HOST": $0] } ?? [:]
        )
        let error = await credentialError { () async throws(CredentialError) in
            try await credential.token(
                for: TokenRequest(scope: TokenRequest.monitor.scope, cloud: authority.cloud)
            )
        }
        let url = await transport.requests.first?.url
        #expect(url == authority.origin.map { "\($0)/\(tenant)/oauth2/v2.0/token" })
        #expect(error?.code == (authority.origin == nil ? .invalidConfiguration : nil))
    }

    @Test(arguments: ["", "a/b", "a b", "a?b", "ä", "../x"])
    func `is not sent to a tenant that none is called`(_ tenant: String) async {
        let transport = ScriptedTransport()
        let credential = ClientSecretCredential(
            tenantID: tenant,
            clientID: "app",
            clientSecret: "s",
            context: .test(transport: transport)
        )
        let error = await credentialError { () async throws(CredentialError) in
            try await credential.token(for: .monitor)
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(await transport.requests.isEmpty)
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let name: String
        let replies: [ScriptedTransport.Reply]
        let requests: Int
        var pauses: [Duration] = []
        let code: CredentialError.Code?
        var retryAfter: Duration?

        var testDescription: String { self.name }
    }

    private static func after(_ seconds: String) -> HTTPFields { [.retryAfter: seconds] }

    @Test(arguments: [
        Failure(
            name: "400",
            replies: [.status(400, body: #"{"error":"x"}"#)],
            requests: 1,
            code: .rejected
        ),
        Failure(name: "401", replies: [.status(401)], requests: 1, code: .rejected),
        Failure(name: "403", replies: [.status(403)], requests: 1, code: .rejected),
        Failure(name: "404", replies: [.status(404)], requests: 1, code: .rejected),
        Failure(
            name: "410",
            replies: [.status(410)],
            requests: 1,
            code: .failed
        ),
        Failure(
            name: "HTML",
            replies: [.status(200, body: "<html>")],
            requests: 1,
            code: .failed
        ),
        Failure(
            name: "429 without a time",
            replies: [.status(429), .token()],
            requests: 2,
            pauses: [.milliseconds(800)],
            code: nil
        ),
        Failure(
            name: "429 with a time",
            replies: [.status(429, headers: after("3")), .token()],
            requests: 2,
            pauses: [.seconds(3)],
            code: nil
        ),
        Failure(
            name: "429 with a long time",
            replies: [.status(429, headers: after("120"))],
            requests: 1,
            code: .failed,
            retryAfter: .seconds(120)
        ),
        Failure(
            name: "5xx for ever",
            replies: [.status(500), .status(502), .status(503), .status(504)],
            requests: 4,
            pauses: [.milliseconds(800), .milliseconds(1_600), .milliseconds(3_200)],
            code: .failed
        ),
        Failure(
            name: "refused, then there",
            replies: [.failure(.connectionRefused), .failure(.timeout), .token()],
            requests: 3,
            pauses: [.milliseconds(800), .milliseconds(1_600)],
            code: nil
        ),
        Failure(
            name: "a wrong certificate",
            replies: [.failure(.tls)],
            requests: 1,
            code: .failed
        ),
    ])
    func `meets failures with patience where it helps`(_ failure: Failure) async {
        let transport = ScriptedTransport(failure.replies, otherwise: .failure(.other))
        let pauses = Pauses()
        let credential = Self.credential(transport, pauses: pauses)
        let error = await credentialError { () async throws(CredentialError) in
            try await credential.token(for: .monitor)
        }
        #expect(error?.code == failure.code)
        #expect(error?.retryAfter == failure.retryAfter)
        #expect(await transport.requests.count == failure.requests)
        #expect(await pauses.durations == failure.pauses)
    }

    @Test func `is in no description`() async {
        let transport = ScriptedTransport([.status(401, body: #"{"error":"p%20+ä&="#)])
        let credential = Self.credential(transport)
        var text = "\(credential)" + String(reflecting: credential)
        dump(credential, to: &text)
        let error = await credentialError { () async throws(CredentialError) in
            try await credential.token(for: .monitor)
        }
        text += error.map { "\($0)" } ?? ""
        #expect(!text.contains("p%20"))
    }
}

@Suite struct `A workload identity` {
    private func environment(_ file: TemporaryFile) -> [String: String] {
        [
            "AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": "app",
            "AZURE_FEDERATED_TOKEN_FILE": file.path,
        ]
    }

    @Test func `shows the token of its file, without the line end`() async throws {
        let file = try TemporaryFile("issuer-token\n")
        let transport = ScriptedTransport([.token()])
        _ = try await WorkloadIdentityCredential(
            context: .test(self.environment(file), transport: transport)
        ).token(for: .monitor)
        #expect(
            await transport.requests.first?.form == [
                "client_id": "app", "grant_type": "client_credentials",
                "scope": "https://monitor.azure.com/.default",
                "client_assertion_type":
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": "issuer-token",
            ]
        )
    }

    @Test func `reads its file again when it was refused, and tries once more if it changed`()
        async throws
    {
        let file = try TemporaryFile("old")
        let transport = ScriptedTransport([
            .answer { request throws(TransportError) in
                #expect(request.form["client_assertion"] == "old")
                file.write("new")
                return TransportResponse(status: 401)
            },
            .token(),
        ])
        _ = try await WorkloadIdentityCredential(
            context: .test(self.environment(file), transport: transport)
        ).token(for: .monitor)
        #expect(await transport.requests.last?.form["client_assertion"] == "new")
        #expect(await transport.requests.count == 2)
    }

    @Test func `does not repeat itself with the same token`() async throws {
        let file = try TemporaryFile("old")
        let transport = ScriptedTransport([.status(401)])
        let error = await credentialError { () async throws(CredentialError) in
            try await WorkloadIdentityCredential(
                context: .test(self.environment(file), transport: transport)
            ).token(for: .monitor)
        }
        #expect(error?.code == .rejected)
        #expect(await transport.requests.count == 1)
    }

    @Test(arguments: ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"])
    func `is unavailable without one of its variables`(_ missing: String) async throws {
        let file = try TemporaryFile("token")
        var environment = self.environment(file)
        environment[missing] = nil
        let transport = ScriptedTransport()
        let error = await credentialError { () async throws(CredentialError) in
            try await WorkloadIdentityCredential(
                context: .test(environment, transport: transport)
            ).token(for: .monitor)
        }
        #expect(error?.code == .unavailable)
        #expect(await transport.requests.isEmpty)
    }

    @Test func `fails while its file is empty or gone`() async throws {
        let file = try TemporaryFile(" \n")
        let context = IdentityContext.test(
            self.environment(file),
            transport: ScriptedTransport()
        )
        for _ in 0..<2 {
            let error = await credentialError { () async throws(CredentialError) in
                try await WorkloadIdentityCredential(context: context).token(for: .monitor)
            }
            #expect(error?.code == .failed)
            file.remove()
        }
    }
}

@Suite struct `The environment` {
    @Test func `gives a secret to the application it names`() async throws {
        let transport = ScriptedTransport([.token()])
        let token = try await EnvironmentCredential(
            context: .test(
                [
                    "AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": "app",
                    "AZURE_CLIENT_SECRET": "s", "AZURE_CLIENT_CERTIFICATE_PATH": "/nowhere",
                ],
                transport: transport
            )
        ).token(for: .monitor)
        #expect(token.credential == "EnvironmentCredential")
        #expect(await transport.requests.first?.form["client_secret"] == "s")
    }

    @Test(arguments: [
        [:], ["AZURE_TENANT_ID": tenant], ["AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": "app"],
        ["AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": "app", "AZURE_CLIENT_SECRET": ""],
        [
            "AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": "app", "AZURE_USERNAME": "u",
            "AZURE_PASSWORD": "p",
        ],
    ])
    func `that is not complete is no credential`(_ environment: [String: String]) async {
        let error = await credentialError { () async throws(CredentialError) in
            try await EnvironmentCredential(
                context: .test(environment, transport: ScriptedTransport())
            ).token(for: .monitor)
        }
        #expect(error?.code == .unavailable)
    }

    #if !ClientCertificate
        @Test func `with a certificate names the trait that is missing`() async {
            let error = await credentialError { () async throws(CredentialError) in
                try await EnvironmentCredential(
                    context: .test(
                        [
                            "AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": "app",
                            "AZURE_CLIENT_CERTIFICATE_PATH": "/some.pem",
                        ],
                        transport: ScriptedTransport()
                    )
                ).token(for: .monitor)
            }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.message.contains("ClientCertificate") == true)
        }
    #endif
}
