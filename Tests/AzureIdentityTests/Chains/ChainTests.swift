import TelemetryTesting
import TelemetryTransport
import Testing

@testable import AzureIdentity

private actor Script: TokenCredential {
    private let name: String
    private var codes: [CredentialError.Code?]
    private(set) var calls = 0

    /// What each call throws; `nil`, and every further call, gives a token.
    init(_ name: String, _ codes: [CredentialError.Code?] = []) {
        self.name = name
        self.codes = codes
    }

    func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        self.calls += 1
        if !self.codes.isEmpty, let code = self.codes.removeFirst() {
            throw CredentialError(code: code, credential: self.name, message: "No.")
        }
        return AccessToken(token: self.name, expiresOn: .max)
    }
}

@Suite struct `A chain of credentials` {
    @Test func `passes over those that cannot work here`() async throws {
        let chain = ChainedTokenCredential([
            Script("a", [.unavailable]), Script("b", [.unavailable]), Script("c"),
        ])
        #expect(try await chain.token(for: .monitor).token == "c")
    }

    @Test(arguments: [CredentialError.Code.rejected, .failed, .invalidConfiguration])
    func `ends at one that is meant and does not work`(_ code: CredentialError.Code) async {
        let last = Script("b")
        let chain = ChainedTokenCredential([Script("a", [code]), last])
        let error = await credentialError { () async throws(CredentialError) in
            try await chain.token(for: .monitor)
        }
        #expect(error?.code == code)
        #expect(error?.credential == "a")
        #expect(await last.calls == 0)
    }

    @Test func `stays with the first that gave a token, for three failures`() async throws {
        let first = Script("a", [.unavailable])
        let second = Script("b", [nil, .failed, nil, .failed, .failed, .failed])
        let chain = ChainedTokenCredential([first, second])
        func token() async -> String? { try? await chain.token(for: .monitor).token }
        #expect(await token() == "b")
        #expect(await token() == nil)
        #expect(await token() == "b")
        #expect(await token() == nil)
        #expect(await token() == nil)
        #expect(await token() == nil)
        #expect(await first.calls == 1)
        #expect(await token() == "a")
    }

    @Test func `that nobody answers says why, of each`() async {
        let chain = ChainedTokenCredential([
            Script("a", [.unavailable]), Script("b", [.unavailable]),
        ])
        let error = await credentialError { () async throws(CredentialError) in
            try await chain.token(for: .monitor)
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("a: No. b: No.") == true)
    }

    @Test func `without links has nothing to ask`() async {
        let error = await credentialError { () async throws(CredentialError) in
            try await ChainedTokenCredential([]).token(for: .monitor)
        }
        #expect(error?.code == .unavailable)
    }
}

@Suite struct `The default credential` {
    typealias Kind = DefaultAzureCredential.Kind

    @Test(
        arguments: [
            (nil, Kind.allCases), ("", Kind.allCases),
            ("prod", [.environment, .workloadIdentity, .managedIdentity]),
            ("DEV", [.azureCLI, .azurePowerShell, .azureDeveloperCLI]),
            ("ManagedIdentityCredential", [.managedIdentity]),
            ("azureclicredential", [.azureCLI]),
            ("AzureDeveloperCliCredential", [.azureDeveloperCLI]),
        ] as [(String?, [Kind])]
    )
    func `asks whom the variable allows`(_ value: String?, _ kinds: [Kind]) {
        let environment = value.map { ["AZURE_TOKEN_CREDENTIALS": $0] } ?? [:]
        #expect(DefaultAzureCredential(environment: environment).kinds == kinds)
    }

    @Test func `asks nobody whom code excludes`() {
        let credential = DefaultAzureCredential(
            excluding: [.managedIdentity, .azureCLI],
            environment: ["AZURE_TOKEN_CREDENTIALS": "prod"]
        )
        #expect(credential.kinds == [.environment, .workloadIdentity])
    }

    @Test func `refuses a variable that makes no sense`() async {
        let error = await credentialError { () async throws(CredentialError) in
            try await DefaultAzureCredential(
                context: .test(["AZURE_TOKEN_CREDENTIALS": "production"])
            ).token(for: .monitor)
        }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func `gets from nothing to the managed identity`() async throws {
        let transport = ScriptedTransport([.status(400), .token("machine")])
        let credential = DefaultAzureCredential(context: .test(transport: transport))
        #expect(try await credential.token(for: .monitor).token == "machine")
    }

    @Test func `alone, a managed identity is asked without a look first`() async throws {
        let transport = ScriptedTransport([.token("machine")])
        let credential = DefaultAzureCredential(
            context: .test(
                [
                    "AZURE_TOKEN_CREDENTIALS": "managedidentitycredential",
                    "AZURE_CLIENT_ID": "mine",
                ],
                transport: transport
            )
        )
        _ = try await credential.token(for: .monitor)
        #expect(await transport.requests.first?.query["client_id"] == "mine")
    }

    @Test func `does not go on to tools when a secret is wrong`() async {
        let transport = ScriptedTransport([.status(401)])
        let error = await credentialError { () async throws(CredentialError) in
            try await DefaultAzureCredential(
                context: .test(
                    [
                        "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c",
                        "AZURE_CLIENT_SECRET": "s",
                    ],
                    transport: transport
                )
            ).token(for: .monitor)
        }
        #expect(error?.code == .rejected)
        #expect(await transport.requests.count == 1)
    }

    @Test func `names every way that did not work`() async {
        let transport = ScriptedTransport(otherwise: .failure(.connectionFailed))
        let error = await credentialError { () async throws(CredentialError) in
            try await DefaultAzureCredential(
                context: .test(["PATH": "/nonexistent"], transport: transport)
            ).token(for: .monitor)
        }
        for name in [
            "EnvironmentCredential", "WorkloadIdentityCredential", "ManagedIdentityCredential",
            "AzureCLICredential", "AzurePowerShellCredential", "AzureDeveloperCLICredential",
        ] {
            #expect(error?.message.contains("\(name):") == true)
        }
    }
}
