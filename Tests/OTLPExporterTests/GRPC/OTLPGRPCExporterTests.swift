#if OTLPGRPC
    import Foundation
    import GRPCCore
    import GRPCNIOTransportHTTP2Posix
    import TelemetryEngine
    import TelemetryModel
    import TelemetryTransport
    import Testing

    @testable import OTLPExporter

    @Suite("The OTLP exporter over gRPC", .timeLimit(.minutes(10)))
    struct OTLPGRPCExporterTests {
        private let collector = CollectorDouble()

        /// Runs the body with an exporter that is connected to the collector.
        private func withExporter(
            _ change: (inout OTLPConfiguration) -> Void = { _ in },
            _ body: (any TelemetryExporter) async throws -> Void
        ) async throws {
            try await self.collector.serving { port in
                try await Self.withExporter(port: port, change, body)
            }
        }

        private static func withExporter(
            port: Int,
            _ change: (inout OTLPConfiguration) -> Void = { _ in },
            _ body: (any TelemetryExporter) async throws -> Void
        ) async throws {
            var configuration = OTLPConfiguration(environment: [:])
            configuration.protocol = .grpc
            configuration.endpoint = "http://127.0.0.1:\(port)"
            // Nothing here is about how fast a busy machine is.
            configuration.timeout = .seconds(3_600)
            change(&configuration)
            let exporters = try configuration.makeExporters(
                transport: nil,
                connections: TransportConfiguration(),
                diagnostics: Diagnostics(level: .off)
            )
            let exporter = try #require(exporters.first)
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { await exporter.run() }
                try await body(exporter)
                group.cancelAll()
            }
            await exporter.shutdown()
        }

        private static func send(
            _ batch: ExportBatch,
            by exporter: any TelemetryExporter,
            within timeLimit: Duration = .seconds(3_600)
        ) async throws -> DeliveryOutcome {
            let payload = try #require(await exporter.encode(batch).payloads.first)
            return await exporter.send(payload, within: timeLimit)
        }

        @Test(
            "every signal arrives by its method, compressed or not",
            arguments: OTLPCompression.allCases
        )
        func signals(compression: OTLPCompression) async throws {
            try await self.withExporter {
                $0.compression = compression
                $0.headers = ["X-Key": "k1"]
            } _: { exporter in
                #expect(exporter.destination.name == "otlp")
                #expect(exporter.destination.identity.hasPrefix("grpc http://127.0.0.1:"))
                for signal in Signal.allCases {
                    let batch = Sample.batch(signal, 300)
                    #expect(try await Self.send(batch, by: exporter) == .accepted)
                    let call = try #require(self.collector.calls.last)
                    let service = ["traces": "Trace", "metrics": "Metrics", "logs": "Logs"]
                    #expect(call.service.hasSuffix("\(service[signal.rawValue]!)Service"))
                    #expect(Array(call.metadata[stringValues: "x-key"]) == ["k1"])
                    let encodings = Array(call.metadata[stringValues: "grpc-encoding"])
                    #expect(encodings.contains("gzip") == (compression == .gzip))
                    let received = try OTLPProtobufDecoder().decode(call.message, signal: signal)
                    #expect(received.batches.first?.count == 300)
                    #expect(received.batches.first?.resource == Sample.resource)
                }
            }
        }

        @Test("a collector that does not read gzip gets messages as they are")
        func withoutGzip() async throws {
            try await self.collector.serving(readsGzip: false) { port in
                try await Self.withExporter(port: port) { exporter in
                    for _ in 0..<3 {
                        let outcome = try await Self.send(Sample.spans(5), by: exporter)
                        #expect(outcome == .accepted)
                    }
                }
            }
            #expect(self.collector.calls.count == 3)
        }

        @Test(
            "a status means what OTLP says",
            arguments: [
                (RPCError.Code.unavailable, DeliveryFailure.Kind.network),
                (.deadlineExceeded, .network), (.cancelled, .server), (.aborted, .server),
                (.outOfRange, .server), (.dataLoss, .server),
            ]
        )
        func retryable(code: RPCError.Code, kind: DeliveryFailure.Kind) async throws {
            self.collector.script(.failure(RPCError(code: code, message: "not now")))
            try await self.withExporter { exporter in
                let outcome = try await Self.send(Sample.spans(2), by: exporter)
                guard case .failed(let failure) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(failure.kind == kind)
                #expect(failure.explanation.contains("not now"))
                #expect(failure.retryAfter == nil)
            }
        }

        @Test(
            "what will never be taken is refused",
            arguments: [
                RPCError.Code.invalidArgument, .unimplemented, .internalError, .unknown,
                .notFound, .failedPrecondition, .unauthenticated, .permissionDenied,
            ]
        )
        func refused(code: RPCError.Code) async throws {
            self.collector.script(.failure(RPCError(code: code, message: "never")))
            try await self.withExporter { exporter in
                let outcome = try await Self.send(Sample.spans(2), by: exporter)
                guard case .refused(.rejected, let explanation) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(explanation.contains("never"))
            }
        }

        @Test("exhausted resources are waited for if the collector says how long")
        func exhausted() async throws {
            // Status { code: 8, details: Any { type, RetryInfo { Duration { 2 s, 500 ms } } } }
            let duration: [UInt8] = [0x08, 2, 0x10, 0x80, 0xCA, 0xB5, 0xEE, 0x01]
            let info = [0x0A, UInt8(duration.count)] + duration
            let type = Array("type.googleapis.com/google.rpc.RetryInfo".utf8)
            let detail = [0x0A, UInt8(type.count)] + type + [0x12, UInt8(info.count)] + info
            let status = [0x08, 8, 0x1A, UInt8(detail.count)] + detail
            var asks = RPCError(code: .resourceExhausted, message: "slow down")
            asks.metadata.addBinary(status, forKey: "grpc-status-details-bin")
            let mute = RPCError(code: .resourceExhausted, message: "larger than max")
            self.collector.script(.failure(asks), .failure(mute), .failure(mute))
            try await self.withExporter { exporter in
                guard
                    case .failed(let failure) = try await Self.send(Sample.spans(2), by: exporter)
                else {
                    Issue.record("not a failure")
                    return
                }
                #expect(failure.kind == .throttled)
                #expect(failure.retryAfter == .milliseconds(2_500))
                #expect(try await Self.send(Sample.spans(2), by: exporter) == .payloadTooLarge)
                guard
                    case .refused(.tooLarge, _) = try await Self.send(Sample.spans(1), by: exporter)
                else {
                    Issue.record("not refused")
                    return
                }
            }
        }

        @Test("a partial success is counted and not sent again")
        func partialSuccess() async throws {
            self.collector.script(.reply([0x0A, 7, 0x08, 2, 0x12, 3] + Array("bad".utf8)))
            try await self.withExporter { exporter in
                let outcome = try await Self.send(Sample.spans(5), by: exporter)
                guard case .partiallyAccepted(let refusals) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(refusals.map(\.verdict) == [.drop(.rejected), .drop(.rejected)])
            }
            #expect(self.collector.calls.count == 1)
        }

        @Test("a collector that says nothing costs no more than the time limit")
        func silence() async throws {
            self.collector.script(.silence)
            try await self.withExporter { exporter in
                let outcome = try await Self.send(
                    Sample.spans(1),
                    by: exporter,
                    within: .milliseconds(300)
                )
                guard case .failed(let failure) = outcome else {
                    Issue.record("not a failure")
                    return
                }
                #expect(failure.kind == .network)
                #expect(failure.mayHaveArrived)
                // If the call never got there, silence is still what the next would get.
                self.collector.script()
                #expect(try await Self.send(Sample.spans(1), by: exporter) == .accepted)
            }
        }

        @Test("nobody there is a failure of the network, at once")
        func nobody() async throws {
            try await Self.withExporter(port: 1) { exporter in
                guard
                    case .failed(let failure) = try await Self.send(Sample.spans(1), by: exporter)
                else {
                    Issue.record("not a failure")
                    return
                }
                #expect(failure.kind == .network)
            }
        }

        @Test("a refused token is replaced once, and named if that does not help")
        func token() async throws {
            let denied = CollectorDouble.Answer.failure(
                RPCError(code: .unauthenticated, message: "no to token-2.secret")
            )
            self.collector.script(denied, .reply([]), denied, denied)
            let tokens = NumberedTokens()
            try await self.withExporter {
                $0.authorizer = tokens
            } _: { exporter in
                #expect(try await Self.send(Sample.spans(1), by: exporter) == .accepted)
                guard
                    case .failed(let failure) = try await Self.send(Sample.spans(1), by: exporter)
                else {
                    Issue.record("not a failure")
                    return
                }
                #expect(failure.kind == .authentication)
                #expect(failure.explanation.contains("numbered tokens"))
                #expect(!failure.explanation.contains("token-2"))
            }
            let sent = self.collector.calls.map {
                Array($0.metadata[stringValues: "authorization"])
            }
            #expect(sent.count == 4)
            #expect(sent.prefix(2) == [["Bearer token-0.secret"], ["Bearer token-1.secret"]])
        }

        @Test("half of a payload is a payload")
        func parts() async throws {
            try await self.withExporter { exporter in
                let payload = try #require(await exporter.encode(Sample.spans(10)).payloads.first)
                let part = await exporter.payload(
                    of: payload,
                    keeping: [1, 2, 7],
                    layout: RecordLayout(records: 3)
                )
                let outcome = await exporter.send(try #require(part), within: .seconds(3_600))
                #expect(outcome == .accepted)
                let call = try #require(self.collector.calls.last)
                let received = try OTLPProtobufDecoder().decode(call.message, signal: .traces)
                guard case .spans(let spans) = received.batches.first?.records else {
                    Issue.record("no spans")
                    return
                }
                #expect(spans.map(\.name) == ["span 1", "span 2", "span 7"])
            }
        }

        @Test(
            "TLS is spoken to those whom we trust, with our certificate",
            .enabled(if: TLSReceiver.isAvailable)
        )
        func tls() async throws {
            let files = try CertificateFiles()
            defer { files.remove() }
            let security = HTTP2ServerTransport.Posix.TransportSecurity.mTLS(
                certificateChain: [.file(path: files.path("server.pem"), format: .pem)],
                privateKey: .file(path: files.path("server-key.pem"), format: .pem)
            ) {
                $0.trustRoots = .certificates([
                    .file(path: files.path("client.pem"), format: .pem)
                ])
            }
            try await self.collector.serving(security) { port in
                func outcome(
                    _ change: (inout TLSConfiguration) -> Void
                ) async throws -> DeliveryOutcome {
                    var outcome: DeliveryOutcome?
                    try await Self.withExporter(port: port) {
                        $0.endpoint = "https://127.0.0.1:\(port)"
                        var tls = TLSConfiguration()
                        change(&tls)
                        $0.tls = tls
                    } _: { exporter in
                        outcome = try await Self.send(Sample.spans(1), by: exporter)
                    }
                    return try #require(outcome)
                }
                let client = TLSConfiguration.ClientCertificate(
                    certificatePath: files.path("client.pem"),
                    keyPath: files.path("client-key.pem")
                )
                #expect(
                    try await outcome {
                        $0.trustRoots = .file(files.path("server.pem"))
                        $0.clientCertificate = client
                    } == .accepted
                )
                for change: (inout TLSConfiguration) -> Void in [
                    { $0.clientCertificate = client },
                    { $0.trustRoots = .file(files.path("server.pem")) },
                    { $0.trustRoots = .directory(files.path("")) },
                ] {
                    guard case .failed(let failure) = try await outcome(change) else {
                        Issue.record("not a failure")
                        continue
                    }
                    #expect(failure.kind == .network)
                }
            }
            #expect(self.collector.calls.count == 1)
        }

        @Test(
            "a certificate that comes late is used when it is there",
            .enabled(if: TLSReceiver.isAvailable)
        )
        func lateCertificate() async throws {
            let files = try CertificateFiles()
            defer { files.remove() }
            let security = HTTP2ServerTransport.Posix.TransportSecurity.tls(
                certificateChain: [.file(path: files.path("server.pem"), format: .pem)],
                privateKey: .file(path: files.path("server-key.pem"), format: .pem)
            )
            try await self.collector.serving(security) { port in
                try await Self.withExporter(port: port) {
                    $0.endpoint = "https://127.0.0.1:\(port)"
                    var tls = TLSConfiguration()
                    tls.trustRoots = .file(files.path("late.pem"))
                    $0.tls = tls
                } _: { exporter in
                    guard
                        case .failed = try await Self.send(Sample.spans(1), by: exporter)
                    else {
                        Issue.record("not a failure")
                        return
                    }
                    try FileManager.default.copyItem(
                        atPath: files.path("server.pem"),
                        toPath: files.path("late.pem")
                    )
                    #expect(try await Self.send(Sample.spans(1), by: exporter) == .accepted)
                }
            }
        }
    }

    /// An authorizer that never has the same token twice.
    private actor NumberedTokens: OTLPAuthorizer {
        private var number = 0

        func authorization(
            replacing refused: OTLPAuthorization?,
            challenge: String?
        ) async throws(OTLPAuthorizationError) -> OTLPAuthorization {
            defer { self.number += 1 }
            return OTLPAuthorization(
                value: "Bearer token-\(self.number).secret",
                source: "numbered tokens"
            )
        }
    }
#endif
