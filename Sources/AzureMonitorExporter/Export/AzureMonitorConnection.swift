package import AzureIdentity
package import TelemetryEngine
package import TelemetryModel
package import TelemetryTransport

#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

/// What the exporters of one connection string share: mapping, token, redirects, connections.
///
/// The distribution makes one and three exporters of it; an exporter that is made alone makes its
/// own.
package struct AzureMonitorConnection: Sendable {
    /// Where telemetry goes, and whose it is.
    package let connectionString: ConnectionString

    /// The destination of all the exporters.
    package let destination: Destination

    /// What maps and writes records.
    package let encoder: EnvelopeEncoder

    private let transport: any HTTPTransport
    private let client: IngestionClient
    private let resourceItems = ResourceItemLedger()
    private let workspaces = EncodingWorkspaces(
        // What a body needs that is as large as bodies may be, and its next record.
        keeping: EnvelopeEncoder.maximumBody + EnvelopeEncoder.maximumSharedItem
    )
    private let statistics: CustomerStatistics?
    private let time: TimeSource

    /// Creates a connection, which opens nothing before the first request.
    ///
    /// - Parameters:
    ///   - connectionString: Where telemetry goes.
    ///   - credential: Who gets tokens; `nil` to send without.
    ///   - transport: What sends; `nil` for libcurl with proxy and trust store as in
    ///     `environment`.
    ///   - options: How records are mapped; `nil` for the defaults of this process.
    ///   - environment: The environment variables; `nil` for those of the process.
    ///   - statistics: Who counts what becomes of items, if anybody does.
    ///   - time: The clocks.
    /// - Throws: ``AzureMonitorError`` if there is a credential, and an endpoint that no token may
    ///   be sent to.
    package init(
        connectionString: ConnectionString,
        credential: (any TokenCredential)? = nil,
        transport: (any HTTPTransport)? = nil,
        options: EnvelopeOptions? = nil,
        environment: [String: String]? = nil,
        statistics: CustomerStatistics? = nil,
        time: TimeSource = .system
    ) throws(AzureMonitorError) {
        let endpoint = connectionString.ingestion
        guard credential == nil || endpoint.isSecure || endpoint.isLoopback else {
            throw AzureMonitorError(
                code: .invalidEndpoint,
                message: "IngestionEndpoint in the connection string "
                    + "(\(connectionString.source)) begins with http://, and a token is only "
                    + "sent over https. Use an https endpoint, or no credential."
            )
        }
        let environment = environment ?? ProcessInfo.processInfo.environment
        let transport =
            transport
            ?? CurlMultiplexer(configuration: TransportConfiguration(environment: environment))
        self.connectionString = connectionString
        self.destination = connectionString.destination
        self.encoder = EnvelopeEncoder(
            options: options
                ?? EnvelopeOptions(connectionString: connectionString, environment: environment)
        )
        self.transport = transport
        self.client = IngestionClient(
            connectionString: connectionString,
            tokens: credential.map { TokenSource.of($0, time: time) },
            transport: statistics == nil ? transport : AnsweringTransport(transport: transport),
            time: time
        )
        self.statistics = statistics
        self.time = time
    }

    /// Maps, writes and compresses a batch.
    @concurrent package func encode(_ batch: ExportBatch) async -> EncodedBatch {
        // The service learns what the resource is once; a batch that is lost loses that, too.
        let isFirst =
            batch.signal == .traces && batch.count > 0 && self.resourceItems.isNew(batch.resource)
        let workspace = self.workspaces.take()
        defer { self.workspaces.giveBack(workspace) }
        var payloads: [Payload] = []
        let envelopes = unsafe self.encoder.encode(
            batch,
            resourceItemAt: isFirst ? self.time.wallNow() : nil,
            in: &workspace.buffer
        ) { bytes, layout, leadingItems in
            unsafe workspace.compressor.append(bytes)
            payloads.append(
                Payload(
                    signal: batch.signal,
                    body: workspace.compressor.finish(),
                    mediaType: "application/json",
                    isCompressed: true,
                    layout: layout,
                    leadingItems: leadingItems
                )
            )
        }
        return EncodedBatch(
            payloads: payloads,
            dropped: envelopes.dropped,
            omitted: envelopes.omitted,
            cutTexts: envelopes.cutTexts
        )
    }

    /// Sends a payload once; if one of its items is too large for the service, then also what is left
    /// of its record.
    package func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
        let start = self.time.monotonicNow()
        let answer = self.statistics.map { _ in IngestionAnswer() }
        var outcome = await IngestionAnswer.$current.withValue(answer) {
            await self.client.send(payload, within: timeLimit)
        }
        if case .refused = outcome, let record = await Self.oversize(payload, outcome) {
            let taken = Int64(clamping: self.time.monotonicNow() - start)
            outcome = record.outcome(
                ofRest: await self.client.send(
                    record.rest,
                    within: timeLimit - .nanoseconds(taken)
                )
            )
        }
        if let answer, let statistics {
            await Self.count(payload, outcome, answer.reply, in: statistics)
        }
        switch outcome {
        case .refused, .partiallyAccepted:
            return await Self.namingOversize(outcome, of: payload)
        case .accepted, .failed, .payloadTooLarge:
            return outcome
        }
    }

    // Taking a payload apart is work for a processor, so it is done off every actor.

    @concurrent private static func oversize(
        _ payload: Payload,
        _ outcome: DeliveryOutcome
    ) async -> OversizeRecord? {
        OversizeRecord(payload, outcome)
    }

    @concurrent private static func namingOversize(
        _ outcome: DeliveryOutcome,
        of payload: Payload
    ) async -> DeliveryOutcome {
        PayloadBody.namingOversize(outcome, of: payload)
    }

    @concurrent private static func count(
        _ payload: Payload,
        _ outcome: DeliveryOutcome,
        _ reply: IngestionAnswer.Reply,
        in statistics: CustomerStatistics
    ) async {
        statistics.tried(payload, outcome, reply)
    }

    /// Makes a payload of some items of another; `nil` if it cannot be read.
    @concurrent package func payload(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) async -> Payload? {
        PayloadBody.payload(of: payload, keeping: items, layout: layout)
    }

    /// Closes all connections.
    package func shutdown() async {
        await self.client.shutdown()
        await self.transport.shutdown()
    }
}
