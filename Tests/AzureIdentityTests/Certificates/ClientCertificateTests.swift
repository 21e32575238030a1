#if ClientCertificate
    import Crypto
    import Foundation
    import JWTKit
    import TelemetryTesting
    import TelemetryTransport
    import Testing

    @testable import AzureIdentity

    private struct Statement: JWTPayload {
        var aud: String
        var iss: String
        var sub: String
        var jti: String
        var iat: Int64
        var nbf: Int64
        var exp: Int64

        func verify(using algorithm: some JWTAlgorithm) {}
    }

    @Suite struct `A client certificate` {
        private static let endpoint = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"

        private func form(
            _ path: String,
            password: String? = nil,
            sendsChain: Bool = false
        ) async throws -> [String: String] {
            let transport = ScriptedTransport([.token()])
            _ = try await ClientCertificateCredential(
                tenantID: "tenant",
                clientID: "app",
                certificatePath: path,
                password: password,
                sendsChain: sendsChain,
                context: .test(transport: transport)
            ).token(for: .monitor)
            let request = try #require(await transport.requests.first)
            #expect(request.url == Self.endpoint)
            return request.form
        }

        private func code(_ path: String, password: String? = nil) async -> CredentialError? {
            await credentialError { () async throws(CredentialError) in
                try await ClientCertificateCredential(
                    tenantID: "tenant",
                    clientID: "app",
                    certificatePath: path,
                    password: password,
                    context: .test(transport: ScriptedTransport())
                ).token(for: .monitor)
            }
        }

        private func check(_ form: [String: String], _ certificate: TestCertificate) async throws {
            #expect(
                form["client_assertion_type"]
                    == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            )
            #expect(form["grant_type"] == "client_credentials")
            #expect(form["scope"] == "https://monitor.azure.com/.default")
            #expect(form["client_id"] == "app")
            #expect(form["client_secret"] == nil)
            let assertion = try #require(form["client_assertion"])
            let key = try JWTKit.Insecure.RSA.PublicKey(
                certificatePEM: certificate.content("cert.pem")
            )
            let keys = JWTKeyCollection()
            await keys.add(pss: key, digestAlgorithm: .sha256)
            let statement = try await keys.verify(assertion, as: Statement.self)
            #expect(statement.aud == Self.endpoint)
            #expect(statement.iss == "app")
            #expect(statement.sub == "app")
            #expect(UUID(uuidString: statement.jti) != nil)
            #expect(statement.iat == testNow)
            #expect(statement.nbf == testNow)
            #expect(statement.exp == testNow + 600)
        }

        private func header(_ form: [String: String]) throws -> JSONObject {
            let text = try #require(form["client_assertion"]?.split(separator: ".").first)
            let bytes = try #require(Base64.decode(text))
            return try #require(try JSONValue(parsing: bytes).objectValue)
        }

        @Test(arguments: [false, true])
        func `signs for the application, whatever comes first in the file`(_ keyFirst: Bool)
            async throws
        {
            let certificate = try TestCertificate()
            let form = try await self.form(certificate.pem(keyFirst: keyFirst))
            try await self.check(form, certificate)
            let header = try self.header(form)
            #expect(header["alg"]?.stringValue == "PS256")
            #expect(header["typ"]?.stringValue == "JWT")
            #expect(header["x5c"] == nil)
            let digest = Array(SHA256.hash(data: try certificate.der()))
            #expect(header["x5t#S256"]?.stringValue == Base64.encodeForURL(digest))
        }

        @Test func `is sent with its chain on demand, its own first`() async throws {
            let certificate = try TestCertificate()
            let other = try TestCertificate()
            let path = certificate.path("chain.pem")
            try [
                other.content("cert.pem"), certificate.content("cert.pem"),
                certificate.content("key.pem"),
            ].joined().write(toFile: path, atomically: true, encoding: .utf8)
            let form = try await self.form(path, sendsChain: true)
            try await self.check(form, certificate)
            let chain = try self.header(form)["x5c"]?.arrayValue?.compactMap(\.stringValue)
            #expect(
                try chain == [
                    certificate.der().base64EncodedString(), other.der().base64EncodedString(),
                ]
            )
        }

        @Test func `may be PKCS#12, with a password and without`() async throws {
            let certificate = try TestCertificate()
            for password in ["", "pässword"] {
                try certificate.openssl([
                    "pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-out",
                    "cert.pfx", "-passout", "pass:\(password)",
                ])
                let form = try await self.form(
                    certificate.path("cert.pfx"),
                    password: password.isEmpty ? nil : password
                )
                try await self.check(form, certificate)
            }
            #expect(
                await self.code(certificate.path("cert.pfx"), password: "wrong")?.code
                    == .invalidConfiguration
            )
        }

        @Test func `may have a key that a password protects`() async throws {
            let certificate = try TestCertificate()
            try certificate.openssl([
                "pkcs8", "-topk8", "-in", "key.pem", "-out", "locked.pem", "-v2", "aes256",
                "-passout", "pass:secret0",
            ])
            let path = try certificate.pem(keyFile: "locked.pem")
            try await self.check(self.form(path, password: "secret0"), certificate)
            let error = await self.code(path, password: "other0")
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.description.contains("other0") == false)
        }

        @Test func `of no use is named as such, without anything of it`() async throws {
            let certificate = try TestCertificate()
            let elliptic = try TestCertificate(
                key: ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
            )
            let short = try TestCertificate(key: ["rsa:1024"])
            let other = try TestCertificate()
            let mixed = certificate.path("mixed.pem")
            try (certificate.content("cert.pem") + other.content("key.pem"))
                .write(toFile: mixed, atomically: true, encoding: .utf8)
            let cases = [
                (certificate.path("missing.pem"), "No such file"),
                (certificate.path("cert.pem"), "no certificate with a key"),
                (certificate.path("key.pem"), "no"),
                (try elliptic.pem(), "RSA"),
                (try short.pem(), "RSA"),
                (mixed, "none of its certificates"),
                ("/dev/null", "not a regular file"),
            ]
            for (path, part) in cases {
                let error = await self.code(path)
                #expect(error?.code == .invalidConfiguration)
                #expect(error?.message.contains(part) == true, "\(path)")
                #expect(error?.message.contains("BEGIN") == false)
            }
        }

        @Test func `that has expired is not shown to anybody`() async throws {
            let certificate = try TestCertificate()
            let transport = ScriptedTransport()
            let path = try certificate.pem()
            let error = await credentialError { () async throws(CredentialError) in
                try await ClientCertificateCredential(
                    tenantID: "tenant",
                    clientID: "app",
                    certificatePath: path,
                    context: IdentityContext(
                        environment: [:],
                        transport: transport,
                        now: { 4_000_000_000 }
                    )
                ).token(for: .monitor)
            }
            #expect(error?.code == .rejected)
            #expect(error?.message.contains("expired") == true)
            #expect(await transport.requests.isEmpty)
        }

        @Test func `is taken from the environment`() async throws {
            let certificate = try TestCertificate()
            let transport = ScriptedTransport([.token()])
            let token = try await EnvironmentCredential(
                context: .test(
                    [
                        "AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "app",
                        "AZURE_CLIENT_CERTIFICATE_PATH": certificate.pem(),
                        "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN": "false",
                    ],
                    transport: transport
                )
            ).token(for: .monitor)
            #expect(token.credential == "EnvironmentCredential")
            let form = try #require(await transport.requests.first?.form)
            try await self.check(form, certificate)
            // Any text means yes.
            #expect(try self.header(form)["x5c"]?.arrayValue?.count == 1)
        }
    }
#endif
