#if OTLPGRPC
    import GRPCCore
    import GRPCNIOTransportHTTP2Posix
    import Synchronization

    /// A collector in this process that takes export requests over gRPC and answers as it is told.
    final class CollectorDouble: Sendable {
        /// One call that came.
        struct Call: Sendable {
            var service: String
            var metadata: Metadata
            var message: [UInt8]
        }

        /// What to answer.
        enum Answer: Sendable {
            case reply([UInt8])
            case failure(RPCError)
            /// Nothing, until the call is cancelled.
            case silence
        }

        private struct State {
            var calls: [Call] = []
            var answers: [Answer] = []
        }

        private let state = Mutex(State())

        /// What came so far.
        var calls: [Call] { self.state.withLock { $0.calls } }

        /// Answers the next calls so, and all later ones with an empty reply.
        func script(_ answers: Answer...) {
            self.state.withLock { $0.answers = answers }
        }

        fileprivate func take(_ call: Call) -> Answer {
            self.state.withLock { state in
                state.calls.append(call)
                return state.answers.isEmpty ? .reply([]) : state.answers.removeFirst()
            }
        }

        /// Runs the collector on a free port of this machine while the body does.
        func serving(
            _ security: HTTP2ServerTransport.Posix.TransportSecurity = .plaintext,
            readsGzip: Bool = true,
            _ body: (_ port: Int) async throws -> Void
        ) async throws {
            let server = GRPCServer(
                transport: HTTP2ServerTransport.Posix(
                    address: .ipv4(host: "127.0.0.1", port: 0),
                    transportSecurity: security,
                    config: .defaults {
                        $0.compression.enabledAlgorithms = readsGzip ? .all : .none
                    }
                ),
                services: [Service(collector: self)]
            )
            try await withThrowingDiscardingTaskGroup { group in
                // It throws when it is cancelled.
                group.addTask { try? await server.serve() }
                let address = try await server.listeningAddress
                try await body(address?.ipv4?.port ?? 0)
                group.cancelAll()
            }
        }

        private struct Service: RegistrableRPCService {
            struct Bytes: MessageSerializer, MessageDeserializer {
                func serialize<Buffer: GRPCContiguousBytes>(_ message: [UInt8]) -> Buffer {
                    Buffer(message)
                }

                func deserialize<Buffer: GRPCContiguousBytes>(_ buffer: Buffer) -> [UInt8] {
                    unsafe buffer.withUnsafeBytes { unsafe [UInt8]($0) }
                }
            }

            let collector: CollectorDouble

            func registerMethods<Transport: ServerTransport>(
                with router: inout RPCRouter<Transport>
            ) {
                for name in ["trace", "metrics", "logs"] {
                    let service =
                        "opentelemetry.proto.collector.\(name).v1."
                        + "\(name.prefix(1).uppercased() + name.dropFirst())Service"
                    router.registerHandler(
                        forMethod: MethodDescriptor(
                            fullyQualifiedService: service,
                            method: "Export"
                        ),
                        deserializer: Bytes(),
                        serializer: Bytes()
                    ) { request, _ in
                        let single = try await ServerRequest(stream: request)
                        let call = Call(
                            service: service,
                            metadata: single.metadata,
                            message: single.message
                        )
                        switch self.collector.take(call) {
                        case .reply(let message):
                            return StreamingServerResponse(
                                single: ServerResponse(message: message)
                            )
                        case .failure(let error):
                            throw error
                        case .silence:
                            try await Task.sleep(for: .seconds(86_400))
                            throw RPCError(code: .internalError, message: "nobody gave up")
                        }
                    }
                }
            }
        }
    }
#endif
