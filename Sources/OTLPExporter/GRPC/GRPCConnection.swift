#if OTLPGRPC
    import GRPCCore
    import GRPCNIOTransportHTTP2Posix
    import NIOCore
    import NIOPosix
    import TelemetryEngine
    import TelemetryTransport

    #if canImport(FoundationEssentials)
        private import FoundationEssentials
    #else
        private import Foundation
    #endif

    /// The connection to a collector that speaks gRPC, and the thread that serves it.
    ///
    /// Both begin with the first use. Calls that come before ``run()`` wait for it, within their
    /// time limits.
    actor GRPCConnection {
        /// Where the collector listens.
        struct Target: Hashable, Sendable {
            /// A name or an address, without brackets.
            var host: String
            /// The port.
            var port: Int
            /// Whether TLS is spoken.
            var isSecure: Bool
        }

        /// Messages that are bytes already.
        private struct Bytes: MessageSerializer, MessageDeserializer {
            func serialize<Buffer: GRPCContiguousBytes>(_ message: [UInt8]) -> Buffer {
                Buffer(message)
            }

            func deserialize<Buffer: GRPCContiguousBytes>(_ buffer: Buffer) -> [UInt8] {
                unsafe buffer.withUnsafeBytes { unsafe [UInt8]($0) }
            }
        }

        private struct Open {
            let client: GRPCClient<HTTP2ClientTransport.Posix>
            let threads: MultiThreadedEventLoopGroup
        }

        /// The most bytes of a reply that are read; a reply holds one sentence.
        private static let maximumReplySize = 1 << 20

        private let target: Target
        private let tls: TLSConfiguration
        private var open: Open?
        private var isClosed = false
        private var readsGzip = true

        /// Creates a connection, which connects to nothing yet.
        ///
        /// - Parameters:
        ///   - target: where the collector listens.
        ///   - tls: whom to trust, and the certificate to present, if TLS is spoken.
        init(to target: Target, tls: TLSConfiguration) {
            self.target = target
            self.tls = tls
        }

        /// How long to wait for what keeps the connection from being made.
        private static let patience: Duration = .seconds(1)

        /// Keeps the connection until the task is cancelled.
        func run() async {
            while !self.isClosed, !Task.isCancelled {
                if let open = try? self.opened() {
                    // It throws if it was closed meanwhile, or runs already.
                    try? await open.client.runConnections()
                    return
                }
                // Calls say what is wrong; a certificate that is missing may still come.
                try? await Task.sleep(for: Self.patience)
            }
        }

        /// Calls a method once; a server that does not read gzip gets the message as it is.
        ///
        /// - Returns: the reply's message.
        func call(
            _ method: MethodDescriptor,
            message: [UInt8],
            metadata: Metadata,
            isCompressed: Bool,
            within timeLimit: Duration
        ) async throws -> [UInt8] {
            let open = try self.opened()
            var options = CallOptions.defaults
            options.timeout = timeLimit
            options.waitForReady = false
            options.maxResponseMessageBytes = Self.maximumReplySize
            let request = ClientRequest(message: message, metadata: metadata)
            let deadline = ContinuousClock.now.advanced(by: timeLimit)
            if isCompressed, self.readsGzip {
                do {
                    options.compression = .gzip
                    return try await Self.reply(to: request, method, options, from: open.client)
                } catch let error as RPCError where error.refusesCompression {
                    self.readsGzip = false
                    options.timeout = max(.zero, ContinuousClock.now.duration(to: deadline))
                }
            }
            options.compression = CompressionAlgorithm.none
            return try await Self.reply(to: request, method, options, from: open.client)
        }

        private static func reply(
            to request: ClientRequest<[UInt8]>,
            _ method: MethodDescriptor,
            _ options: CallOptions,
            from client: GRPCClient<HTTP2ClientTransport.Posix>
        ) async throws -> [UInt8] {
            try await client.unary(
                request: request,
                descriptor: method,
                serializer: Bytes(),
                deserializer: Bytes(),
                options: options
            ) { response in
                try response.message
            }
        }

        /// Closes the connection and ends its thread.
        func close() async {
            self.isClosed = true
            guard let open = self.open else { return }
            self.open = nil
            open.client.beginGracefulShutdown()
            // It fails if the threads have ended already.
            try? await open.threads.shutdownGracefully()
        }

        private func opened() throws -> Open {
            if let open = self.open { return open }
            guard !self.isClosed else {
                throw RPCError(code: .cancelled, message: "The connection was closed.")
            }
            let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            var configuration = HTTP2ClientTransport.Posix.Config.defaults
            configuration.compression.enabledAlgorithms = .all
            // When to try again is the business of the lane; this only spreads reconnections.
            configuration.backoff.max = .seconds(5)
            do {
                let client = GRPCClient(
                    transport: try HTTP2ClientTransport.Posix(
                        target: self.target.resolvable,
                        transportSecurity: self.security,
                        config: configuration,
                        eventLoopGroup: threads
                    )
                )
                let open = Open(client: client, threads: threads)
                self.open = open
                return open
            } catch {
                threads.shutdownGracefully { _ in }
                throw error
            }
        }

        private var security: HTTP2ClientTransport.Posix.TransportSecurity {
            guard self.target.isSecure else { return .plaintext }
            return .tls { tls in
                if let files = self.tls.trustRoots.pemFiles {
                    tls.trustRoots = .certificates(files.map { .file(path: $0, format: .pem) })
                }
                if let client = self.tls.clientCertificate {
                    tls.certificateChain = [.file(path: client.certificatePath, format: .pem)]
                    tls.privateKey = .file(path: client.keyPath, format: .pem)
                }
            }
        }
    }

    extension RPCError {
        /// Whether the server says that it does not read compressed messages: it has to say then
        /// which compressions it reads.
        ///
        /// - SeeAlso: [gRPC compression](https://github.com/grpc/grpc/blob/master/doc/compression.md)
        fileprivate var refusesCompression: Bool {
            self.code == .unimplemented
                && (self.metadata["grpc-accept-encoding"].contains { _ in true }
                    || self.message.lowercased().contains("compress"))
        }
    }

    extension GRPCConnection.Target {
        /// What is resolved; an address is not, and no name is asked for in the handshake then.
        fileprivate var resolvable: any ResolvableTarget {
            if self.host.contains(":") { return .ipv6(address: self.host, port: self.port) }
            if self.host.allSatisfy({ $0.isNumber || $0 == "." }) {
                return .ipv4(address: self.host, port: self.port)
            }
            return .dns(host: self.host, port: self.port)
        }
    }

    extension TLSConfiguration.TrustRoots {
        /// The files of authorities; `nil` for those of the system.
        ///
        /// In a folder, files named by hash count, as for everybody else.
        fileprivate var pemFiles: [String]? {
            guard self != .system else { return nil }
            var files = [self.file].compactMap(\.self)
            if let folder = self.directory {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
                files += names.filter(Self.isHash).sorted().map { "\(folder)/\($0)" }
            }
            return files
        }

        /// Whether a name is like `5ed36f99.0`.
        private static func isHash(_ name: String) -> Bool {
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 2 && parts[0].count == 8 && parts[0].allSatisfy(\.isHexDigit)
                && !parts[1].isEmpty && parts[1].allSatisfy(\.isNumber)
        }
    }
#endif
