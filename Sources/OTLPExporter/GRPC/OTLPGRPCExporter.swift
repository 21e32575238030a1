#if OTLPGRPC
    import GRPCCore
    import HTTPTypes
    package import TelemetryEngine
    package import TelemetryModel
    import TelemetryTransport

    /// Sends spans, log records and metrics to one place by the OpenTelemetry protocol over gRPC.
    ///
    /// It encodes and sends; queues, retries and offline storage are those of the pipeline it is put
    /// into. Requests go straight to the server: the transport of grpc-swift knows no proxy.
    package struct OTLPGRPCExporter: ConventionalExporter {
        /// Where the exporter sends to.
        package let destination: Destination

        /// The signals that the exporter takes.
        package let signals: Set<Signal>

        /// Whether what cannot be delivered is kept on disk.
        package let keepsUndelivered: Bool

        /// The directory below which that is kept; `nil` for that of the pipeline.
        package let storageDirectory: String?

        /// How the destination wants its metrics.
        package let metricPreference: MetricPreference

        private let channels: [Signal: Channel]
        private let connections: [GRPCConnection]
        private let payloads: OTLPPayloads
        private let encoder = OTLPEncoder(encoding: .protobuf)
        private let authorizer: (any OTLPAuthorizer)?
        private let notes: OTLPNotes
        private let time: TimeSource

        /// A route, and the connection that it has.
        private struct Channel: Sendable {
            let route: OTLPRoute
            let metadata: Metadata
            let connection: GRPCConnection
        }

        /// Creates an exporter, which connects to nothing yet.
        ///
        /// - Parameters:
        ///   - destination: Where it sends to.
        ///   - signals: The signals that it takes of a pipeline.
        ///   - routes: How it sends each signal, all to one server; perhaps more of them than it
        ///     takes, for payloads that were stored before.
        ///   - configuration: What else there is to know.
        ///   - notes: What says what the server says.
        ///   - time: The clocks.
        init(
            destination: Destination,
            signals: Set<Signal>,
            routes: [OTLPRoute],
            configuration: OTLPConfiguration,
            notes: OTLPNotes,
            time: TimeSource
        ) {
            self.destination = destination
            self.signals = signals
            self.keepsUndelivered = configuration.keepsUndelivered
            self.storageDirectory = configuration.storageDirectory
            self.metricPreference = configuration.metricPreference
            self.payloads = OTLPPayloads(maximumRequestSize: configuration.maximumRequestSize)
            self.authorizer = configuration.authorizer
            self.notes = notes
            self.time = time
            // Signals whose certificates differ cannot share a connection.
            var connections: [TLSConfiguration: GRPCConnection] = [:]
            var channels: [Signal: Channel] = [:]
            for route in routes {
                let tls = route.transport.tls
                let connection =
                    connections[tls]
                    ?? GRPCConnection(
                        to: .init(
                            host: route.endpoint.host.filter { $0 != "[" && $0 != "]" },
                            port: route.endpoint.port ?? (route.endpoint.isSecure ? 443 : 80),
                            isSecure: route.endpoint.isSecure
                        ),
                        tls: tls
                    )
                connections[tls] = connection
                channels[route.signal] = Channel(
                    route: route,
                    metadata: Metadata(
                        // The names of HTTP/2 are in lower case.
                        route.headers.map {
                            ($0.name.canonicalName.lowercased(), .string($0.value))
                        }
                    ),
                    connection: connection
                )
            }
            self.channels = channels
            self.connections = Array(connections.values)
        }

        /// What OpenTelemetry calls exporters that speak gRPC.
        package func componentType(for signal: Signal) -> String {
            OTLPProtocol.grpc.componentType(for: signal)
        }

        /// Encodes a batch; records of a signal that is not sent are counted as invalid.
        ///
        /// Nothing is compressed here: gRPC compresses messages itself.
        @concurrent package func encode(_ batch: ExportBatch) async -> EncodedBatch {
            guard self.signals.contains(batch.signal) else {
                return EncodedBatch(dropped: [.invalid: batch.count])
            }
            return self.payloads.encode(batch, by: self.encoder, isCompressed: false)
        }

        /// Calls the server once; a refused token is replaced on the way.
        package func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
            guard let channel = self.channels[payload.signal] else {
                return .refused(
                    .rejected,
                    explanation: "there is no address for \(payload.signal.rawValue)"
                )
            }
            let deadline = OTLPDeadline(min(timeLimit, channel.route.timeout), time: self.time)
            var refused: OTLPAuthorization?
            while true {
                let authorization: OTLPAuthorization?
                do throws(OTLPAuthorizationError) {
                    authorization = try await deadline.authorization(
                        of: self.authorizer,
                        replacing: refused,
                        challenge: nil
                    )
                } catch {
                    return .failed(DeliveryFailure(noAuthorization: error))
                }
                guard let remaining = deadline.remaining else { return .failed(.noTimeLeft) }
                let secrets =
                    channel.route.secrets
                    + [authorization, refused].flatMap {
                        $0.map { OTLPServerText.secrets(in: $0.value) } ?? []
                    }
                let result = await self.call(channel, payload, authorization, within: remaining)
                switch result {
                case .success(var reply):
                    reply.message = OTLPServerText.harmless(reply.message, hiding: secrets)
                    self.notes.took(reply, signal: payload.signal)
                    return reply.outcome(of: payload)
                case .failure(let error)
                where error.code == .unauthenticated && authorization != nil && refused == nil:
                    refused = authorization
                case .failure(var error):
                    error.message = OTLPServerText.harmless(error.message, hiding: secrets)
                    return DeliveryOutcome(
                        error,
                        recordCount: payload.recordCount,
                        authorization: authorization
                    )
                }
            }
        }

        private func call(
            _ channel: Channel,
            _ payload: Payload,
            _ authorization: OTLPAuthorization?,
            within timeLimit: Duration
        ) async -> Result<OTLPReply, RPCError> {
            var metadata = channel.metadata
            if let authorization {
                metadata.replaceOrAddString(authorization.value, forKey: "authorization")
            }
            do {
                let reply = try await channel.connection.call(
                    payload.signal.exportMethod,
                    message: payload.body,
                    metadata: metadata,
                    isCompressed: channel.route.isCompressed,
                    within: timeLimit
                )
                return .success(OTLPReply.ofSuccess(reply, .protobuf))
            } catch let error as RPCError {
                return .failure(error)
            } catch {
                // The client was stopped, or could not be made.
                return .failure(RPCError(code: .unavailable, message: "\(error)"))
            }
        }

        /// Makes a payload of some of the records of another.
        @concurrent package func payload(
            of payload: Payload,
            keeping items: [Int],
            layout: RecordLayout
        ) async -> Payload? {
            self.payloads.part(of: payload, keeping: items, layout: layout)
        }

        /// Keeps the connections.
        package func run() async {
            await withDiscardingTaskGroup { group in
                for connection in self.connections { group.addTask { await connection.run() } }
            }
        }

        /// Closes the connections, and ends the search for tokens.
        package func shutdown() async {
            await self.authorizer?.shutdown()
            for connection in self.connections { await connection.close() }
        }
    }

    extension Signal {
        /// What a collector calls the method that takes the signal's requests.
        fileprivate var exportMethod: MethodDescriptor {
            let service =
                switch self {
                case .traces: "opentelemetry.proto.collector.trace.v1.TraceService"
                case .metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService"
                case .logs: "opentelemetry.proto.collector.logs.v1.LogsService"
                }
            return MethodDescriptor(fullyQualifiedService: service, method: "Export")
        }
    }
#endif
