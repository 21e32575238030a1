#if ClientCertificate
    import Crypto
    import Foundation
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOSSL
    import Synchronization
    import TelemetryTransport
    import Testing

    @testable import AzureIdentity

    /// A server with a certificate of its own that answers each request with a token.
    private final class TokenServer: Sendable {
        final class Handler: ChannelInboundHandler, Sendable {
            typealias InboundIn = HTTPServerRequestPart
            typealias OutboundOut = HTTPServerResponsePart

            let heads: Mutex<[HTTPRequestHead]>
            let body: String

            init(body: String) {
                self.heads = Mutex([])
                self.body = body
            }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                switch self.unwrapInboundIn(data) {
                case .head(let head): self.heads.withLock { $0.append(head) }
                case .body: break
                case .end:
                    let head = HTTPResponseHead(
                        version: .http1_1,
                        status: .ok,
                        headers: ["Content-Length": "\(self.body.utf8.count)"]
                    )
                    context.write(self.wrapOutboundOut(.head(head)), promise: nil)
                    context.write(
                        self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: self.body)))),
                        promise: nil
                    )
                    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
                }
            }
        }

        let handler: Handler
        private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        private let channel: any Channel

        init(_ certificate: TestCertificate, body: String) async throws {
            let handler = Handler(body: body)
            let context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: [
                        .certificate(
                            try NIOSSLCertificate.fromPEMFile(certificate.path("cert.pem"))[0]
                        )
                    ],
                    privateKey: .privateKey(
                        try NIOSSLPrivateKey(file: certificate.path("key.pem"), format: .pem)
                    )
                )
            )
            self.handler = handler
            self.channel = try await ServerBootstrap(group: self.group)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLServerHandler(context: context)
                        )
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
        }

        var port: Int { self.channel.localAddress?.port ?? 0 }

        func stop() async throws {
            try await self.channel.close()
            try await self.group.shutdownGracefully()
        }
    }

    @Suite struct `Service Fabric` {
        private func thumbprint(_ certificate: TestCertificate) throws -> String {
            Insecure.SHA1.hash(data: try certificate.der())
                .map { String(format: "%02X", $0) }.joined()
        }

        private func credential(
            _ id: ManagedIdentityID? = nil,
            port: Int,
            thumbprint: String,
            scheme: String = "https"
        ) -> ManagedIdentityCredential {
            ManagedIdentityCredential(
                id: id,
                probesFirst: false,
                context: .test([
                    "IDENTITY_ENDPOINT": "\(scheme)://127.0.0.1:\(port)/metadata/token",
                    "IDENTITY_HEADER": "hdr", "IDENTITY_SERVER_THUMBPRINT": thumbprint,
                ])
            )
        }

        @Test(.timeLimit(.minutes(10)))
        func `is known by the SHA-1 of its certificate`() async throws {
            let certificate = try TestCertificate()
            let server = try await TokenServer(
                certificate,
                body: #"{"token_type":"Bearer","access_token":"t","expires_on":1767229200}"#
            )
            let token = try await self.credential(
                port: server.port,
                thumbprint: self.thumbprint(certificate)
            ).token(for: .monitor)
            #expect(token.token == "t")
            #expect(token.expiresOn == testNow + 3_600)
            #expect(token.credential == "ManagedIdentityCredential (Service Fabric)")
            let head = try #require(server.handler.heads.withLock { $0.first })
            #expect(head.method == .GET)
            #expect(
                head.uri == "/metadata/token?api-version=2019-07-01-preview"
                    + "&resource=https%3A%2F%2Fmonitor.azure.com"
            )
            #expect(head.headers["Secret"] == ["hdr"])
            try await server.stop()
        }

        @Test(.timeLimit(.minutes(10)))
        func `with another certificate gets no secret`() async throws {
            let certificate = try TestCertificate()
            let server = try await TokenServer(certificate, body: "{}")
            let other = try self.thumbprint(TestCertificate())
            let error = await credentialError { () async throws(CredentialError) in
                try await self.credential(port: server.port, thumbprint: other)
                    .token(for: .monitor)
            }
            #expect(error?.code == .failed)
            #expect((error?.cause as? TransportError)?.code == .tls)
            #expect(server.handler.heads.withLock { $0.isEmpty })
            try await server.stop()
        }

        /// A server that never answers, and its address.
        private func mute(
            on group: MultiThreadedEventLoopGroup,
            hangsUp: Bool
        ) async throws -> String {
            let channel = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    hangsUp ? channel.close() : channel.eventLoop.makeSucceededVoidFuture()
                }
                .bind(host: "127.0.0.1", port: 0).get()
            return "https://127.0.0.1:\(channel.localAddress?.port ?? 0)/"
        }

        @Test(
            .timeLimit(.minutes(10)),
            arguments: [
                (true, Duration.seconds(50), TransportError.Code.tls),
                (false, .milliseconds(100), .timeout),
            ]
        )
        func `that does not finish a handshake`(
            hangsUp: Bool,
            timeout: Duration,
            code: TransportError.Code
        ) async throws {
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let url = try await self.mute(on: group, hangsUp: hangsUp)
            await #expect {
                try await PinnedTransport(thumbprint: "00").send(
                    TransportRequest(url: url, timeout: timeout)
                )
            } throws: {
                ($0 as? TransportError)?.code == code
            }
            try await group.shutdownGracefully()
        }

        @Test func `chooses the identity itself, and speaks https alone`() async {
            for credential in [
                self.credential(.clientID("c"), port: 1, thumbprint: "00"),
                self.credential(port: 1, thumbprint: "00", scheme: "http"),
            ] {
                let error = await credentialError { () async throws(CredentialError) in
                    try await credential.token(for: .monitor)
                }
                #expect(error?.code == .invalidConfiguration)
            }
        }
    }
#endif
