package import TelemetryEngine
package import TelemetryModel
import TelemetryTransport

/// Sends spans, log records and metrics to one place by the OpenTelemetry protocol over HTTP.
///
/// It encodes and sends; queues, retries and offline storage are those of the pipeline it is put
/// into.
package struct OTLPHTTPExporter: ConventionalExporter {
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
    private let client: OTLPHTTPClient
    private let payloads: OTLPPayloads

    /// A route, what writes for it, and what sends on it.
    struct Channel: Sendable {
        let route: OTLPRoute
        let encoder: OTLPEncoder
        let transport: any HTTPTransport

        init(route: OTLPRoute, transport: any HTTPTransport) {
            self.route = route
            self.encoder = OTLPEncoder(encoding: route.protocol.encoding)
            self.transport = transport
        }
    }

    /// Creates an exporter.
    ///
    /// - Parameters:
    ///   - destination: Where it sends to.
    ///   - signals: The signals that it takes of a pipeline.
    ///   - channels: How it sends each signal; perhaps more of them than it takes, for payloads that
    ///     were stored before.
    ///   - configuration: What else there is to know.
    ///   - client: What judges answers.
    init(
        destination: Destination,
        signals: Set<Signal>,
        channels: [Signal: Channel],
        configuration: OTLPConfiguration,
        client: OTLPHTTPClient
    ) {
        self.destination = destination
        self.signals = signals
        self.keepsUndelivered = configuration.keepsUndelivered
        self.storageDirectory = configuration.storageDirectory
        self.metricPreference = configuration.metricPreference
        self.channels = channels
        self.client = client
        self.payloads = OTLPPayloads(maximumRequestSize: configuration.maximumRequestSize)
    }

    /// What OpenTelemetry calls exporters that speak the protocol of the signal.
    package func componentType(for signal: Signal) -> String {
        (self.channels[signal]?.route.protocol ?? .httpProtobuf).componentType(for: signal)
    }

    /// Encodes and compresses a batch; records of a signal that is not sent are counted as invalid.
    @concurrent package func encode(_ batch: ExportBatch) async -> EncodedBatch {
        guard self.signals.contains(batch.signal), let channel = self.channels[batch.signal] else {
            return EncodedBatch(dropped: [.invalid: batch.count])
        }
        return self.payloads.encode(
            batch,
            by: channel.encoder,
            isCompressed: channel.route.isCompressed
        )
    }

    /// Sends a payload once; redirects on its host are followed, and a refused token is replaced on
    /// the way.
    package func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
        guard let channel = self.channels[payload.signal] else {
            return .refused(
                .rejected,
                explanation: "there is no address for \(payload.signal.rawValue)"
            )
        }
        return await self.client.send(
            payload,
            on: channel.route,
            by: channel.transport,
            within: timeLimit
        )
    }

    /// Makes a payload of some of the records of another, in its encoding.
    @concurrent package func payload(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) async -> Payload? {
        self.payloads.part(of: payload, keeping: items, layout: layout)
    }

    /// Closes the connections, and ends the search for tokens.
    package func shutdown() async {
        await self.client.authorizer?.shutdown()
        for channel in self.channels.values { await channel.transport.shutdown() }
    }
}
