#if os(Linux) || os(macOS)
    import Foundation
    import TelemetryTransport
    import Testing

    @testable import AzureIdentity

    /// A program on a `PATH` of its own that writes down how it was called.
    private struct Tool {
        let file: TemporaryFile

        init(_ name: String, _ script: String) throws {
            self.file = try TemporaryFile(
                """
                #!/bin/sh
                here="$(dirname "$0")"
                printf '%s\\n' "$@" >"$here/arguments"
                pwd >"$here/folder"
                env >"$here/environment"
                \(script)
                """,
                name: "\(name).text"
            )
            // Another process writes the program. Had this one it open for that, whatever another
            // test starts meanwhile would have it open, too, and it could not be run ("busy").
            let copy = Process()
            copy.executableURL = URL(filePath: "/bin/sh")
            copy.arguments = [
                "-c", #"cat "$0" >"$1" && chmod 755 "$1""#, self.file.path,
                "\(self.file.folder)/\(name)",
            ]
            try copy.run()
            copy.waitUntilExit()
        }

        /// The environment in which it is found.
        func environment(_ more: [String: String] = [:]) -> [String: String] {
            ["PATH": "relative:\(self.file.folder):/usr/bin:/bin"].merging(more) { $1 }
        }

        func record(_ name: String) throws -> [String] {
            try String(contentsOfFile: "\(self.file.folder)/\(name)", encoding: .utf8)
                .split(separator: "\n").map(String.init)
        }
    }

    /// A context in which real programs have all the time that they need on a busy machine.
    private func context(_ environment: [String: String]) -> IdentityContext {
        IdentityContext(
            environment: environment,
            now: { testNow },
            sleep: { _ in try await Task.sleep(for: .seconds(86_400)) }
        )
    }

    @Suite struct `The Azure CLI` {
        @Test(arguments: ["1767229200", #""1767229200""#])
        func `is asked for a token of the resource`(_ expiry: String) async throws {
            let tool = try Tool(
                "az",
                #"echo '{"accessToken":"t","expires_on":\#(expiry),"tokenType":"Bearer"}'"#
            )
            let token = try await AzureCLICredential(
                tenantID: "ten.ant",
                subscription: "My Sub_1",
                context: context(tool.environment())
            ).token(for: .monitor)
            #expect(token.token == "t")
            #expect(token.expiresOn == testNow + 3_600)
            #expect(token.credential == "AzureCLICredential")
            #expect(
                try tool.record("arguments") == [
                    "account", "get-access-token", "--output", "json", "--resource",
                    "https://monitor.azure.com", "--tenant", "ten.ant", "--subscription",
                    "My Sub_1",
                ]
            )
            #expect(try tool.record("folder") == ["/bin"] || tool.record("folder") == ["/usr/bin"])
            #expect(try tool.record("environment").contains("AZURE_CORE_NO_COLOR=true"))
        }

        @Test func `that is older tells the time of the machine's zone`() async throws {
            // In a process of its own, since the zone belongs to the process.
            await #expect(processExitsWith: .success) {
                unsafe setenv("TZ", "America/New_York", 1)
                tzset()
                // Summer and winter in New York: four and five hours behind.
                precondition(
                    LocalTime.secondsSinceEpoch("2026-07-01 08:00:00.123456") == 1_782_907_200
                )
                precondition(
                    LocalTime.secondsSinceEpoch("2026-01-01 08:00:00.000000") == 1_767_272_400
                )
                precondition(
                    LocalTime.secondsSinceEpoch(utc: "2026-01-01T13:00:00Z") == 1_767_272_400
                )
                let tool = try Tool(
                    "az",
                    #"echo '{"accessToken":"t","expiresOn":"2026-01-01 08:00:00.000000"}'"#
                )
                let token = try await AzureCLICredential(
                    context: context(tool.environment())
                ).token(for: .monitor)
                precondition(token.expiresOn == 1_767_272_400)
            }
        }

        @Test(arguments: [
            "2026-01-01", "2026-13-01 00:00:00", "2026-01-01 25:00:00", "x", "", "a-b-c d:e:f",
            "99999-01-01 00:00:00", "2026-01-01T00:00:00Z",
        ])
        func `is not believed a time that is none`(_ text: String) {
            #expect(LocalTime.secondsSinceEpoch(text) == nil)
        }

        struct Failure: Sendable {
            let script: String
            let code: CredentialError.Code
            let part: String
        }

        @Test(arguments: [
            Failure(
                script: "echo 'ERROR: Please run '\"'az login'\"' to setup account.' >&2; exit 1",
                code: .unavailable,
                part: "az login"
            ),
            Failure(
                script: "echo 'AADSTS700024: token-abc. run az login' >&2; exit 1",
                code: .rejected,
                part: "AADSTS700024. Check the clock"
            ),
            Failure(script: "echo boom >&2; exit 3", code: .failed, part: "az failed"),
            Failure(script: "echo garbage", code: .failed, part: "something else"),
            Failure(
                script: #"echo '{"accessToken":"t"}'"#,
                code: .failed,
                part: "something else"
            ),
            Failure(
                script: #"echo '{"accessToken":"t","expires_on":5}'"#,
                code: .failed,
                part: "expired"
            ),
            Failure(
                script: "head -c 400000 /dev/zero | tr '\\0' x",
                code: .unavailable,
                part: "could not be run"
            ),
        ])
        func `has its failures named, without what it printed`(_ failure: Failure) async throws {
            let tool = try Tool("az", failure.script)
            let error = await credentialError { () async throws(CredentialError) in
                try await AzureCLICredential(context: context(tool.environment()))
                    .token(for: .monitor)
            }
            #expect(error?.code == failure.code)
            #expect(error?.message.contains(failure.part) == true)
            #expect(error?.message.contains("token-abc") == false)
        }

        @Test func `that is not installed is unavailable`() async {
            let error = await credentialError { () async throws(CredentialError) in
                try await AzureCLICredential(context: context(["PATH": "/nonexistent"]))
                    .token(for: .monitor)
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("not found") == true)
        }

        @Test(.timeLimit(.minutes(10)))
        func `that is slow is ended with its children after ten seconds`() async throws {
            let tool = try Tool(
                "az",
                "sleep 600 & echo $! >\"$here/child\"; echo $$ >\"$here/parent\"; wait"
            )
            let slept = Pauses()
            var context = context(tool.environment())
            context.sleep = { duration in
                await slept.add(duration)
                // Ten seconds pass as soon as the program has written down its child.
                while (try? tool.record("parent"))?.isEmpty != false {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            let error = await credentialError { () async throws(CredentialError) in
                try await AzureCLICredential(context: context).token(for: .monitor)
            }
            #expect(error?.code == .unavailable)
            #expect(await slept.durations == [.seconds(10)])
            for name in ["parent", "child"] {
                let id = try #require(try tool.record(name).first.flatMap { pid_t($0) })
                // Both were told at once, and each takes its time. Without a parent, one is a
                // zombie at most until somebody inherits it.
                for _ in 0..<20_000 where kill(id, 0) == 0 && !Self.isZombie(id) {
                    try await Task.sleep(for: .milliseconds(5))
                }
                #expect(kill(id, 0) != 0 || Self.isZombie(id))
            }
        }

        private static func isZombie(_ id: pid_t) -> Bool {
            guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8) else {
                return true
            }
            return text.split(separator: ")").last?.split(separator: " ").first == "Z"
        }

        @Test(arguments: ["a;b", "$(x)", "a b", "a\nb", "'"])
        func `is never given a tenant that none is called`(_ tenant: String) async throws {
            let tool = try Tool("az", "echo called")
            let error = await credentialError { () async throws(CredentialError) in
                try await AzureCLICredential(
                    tenantID: tenant,
                    context: context(tool.environment())
                ).token(for: .monitor)
            }
            #expect(error?.code == .invalidConfiguration)
            #expect(throws: (any Error).self) { try tool.record("arguments") }
        }
    }

    @Suite struct `The Azure Developer CLI` {
        @Test func `is asked for a token of the scope, and tells the time in UTC`() async throws {
            let tool = try Tool(
                "azd",
                #"echo '{"token":"t","expiresOn":"2026-01-01T01:00:00Z"}'"#
            )
            var request = TokenRequest.monitor
            request.claims = "{}"
            let token = try await AzureDeveloperCLICredential(
                tenantID: "tenant",
                context: context(tool.environment(["TZ": "America/New_York"]))
            ).token(for: request)
            #expect(token.token == "t")
            #expect(token.expiresOn == testNow + 3_600)
            #expect(
                try tool.record("arguments") == [
                    "auth", "token", "--output", "json", "--no-prompt", "--scope",
                    "https://monitor.azure.com/.default", "--tenant-id", "tenant", "--claims",
                    "e30=",
                ]
            )
            #expect(try tool.record("environment").contains("NO_COLOR=true"))
        }

        @Test(arguments: [
            ("echo 'not logged in, run `azd auth login` to login' >&2; exit 1", "unavailable"),
            ("exit 1", "failed"), ("echo '{\"token\":\"t\",\"expiresOn\":\"soon\"}'", "failed"),
        ])
        func `has its failures named`(_ script: String, _ code: String) async throws {
            let tool = try Tool("azd", script)
            let error = await credentialError { () async throws(CredentialError) in
                try await AzureDeveloperCLICredential(context: context(tool.environment()))
                    .token(for: .monitor)
            }
            #expect(error?.code.description == code)
        }
    }

    @Suite struct `Azure PowerShell` {
        @Test func `is given a script, and prints one line among others`() async throws {
            let tool = try Tool(
                "pwsh",
                "echo 'WARNING: news'; echo 'token-of-azure%t%1767229200'"
            )
            let token = try await AzurePowerShellCredential(
                tenantID: "tenant",
                context: context(tool.environment())
            ).token(for: .monitor)
            #expect(token.token == "t")
            #expect(token.expiresOn == testNow + 3_600)
            let arguments = try tool.record("arguments")
            #expect(arguments.dropLast() == ["-NoProfile", "-NonInteractive", "-EncodedCommand"])
            let data = try #require(arguments.last.flatMap { Data(base64Encoded: $0) })
            let script = try #require(String(data: data, encoding: .utf16LittleEndian))
            #expect(script.contains("ResourceUrl = 'https://monitor.azure.com'"))
            #expect(script.contains("TenantId = 'tenant'"))
        }

        @Test(arguments: [
            ("echo no-module-az-accounts; exit 1", "unavailable"),
            ("echo 'Run Connect-AzAccount to login.' >&2; exit 1", "unavailable"),
            ("exit 1", "failed"), ("echo 'token-of-azure%t%soon'", "failed"), ("true", "failed"),
        ])
        func `has its failures named`(_ script: String, _ code: String) async throws {
            let tool = try Tool("pwsh", script)
            let error = await credentialError { () async throws(CredentialError) in
                try await AzurePowerShellCredential(context: context(tool.environment()))
                    .token(for: .monitor)
            }
            #expect(error?.code.description == code)
        }
    }
#endif
