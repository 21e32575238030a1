public import AzureIdentity
public import TelemetryEngine
public import TelemetryModel
public import TelemetryTransport

/// Sends log records to Application Insights.
///
/// It maps, encodes and sends; queues, retries and offline storage are those of the pipeline it is
/// put into.
public struct AzureMonitorLogExporter: TelemetryExporter {
    private let connection: AzureMonitorConnection
    private let ownsConnection: Bool

    /// The folder in which a pipeline keeps what could not be sent; `nil` for its default.
    public let storageDirectory: String?

    /// Whether a pipeline keeps nothing on disk; what cannot be sent in time is lost then.
    public let disableOfflineStorage: Bool

    /// Creates an exporter.
    ///
    /// Without a connection string in code the environment is asked for it, see
    /// ``ConnectionString/init(explicit:environment:)``.
    ///
    /// - Parameters:
    ///   - connectionString: The connection string of the Application Insights resource.
    ///   - credential: Who gets tokens of Microsoft Entra; `nil` for a managed identity if
    ///     `APPLICATIONINSIGHTS_AUTHENTICATION_STRING` wants one, or else to send with the key
    ///     alone.
    ///   - storageDirectory: The folder for offline storage; `nil` for the pipeline's default.
    ///   - disableOfflineStorage: Whether nothing is kept on disk.
    ///   - transport: What sends, shut down with the exporter; `nil` for libcurl with proxy and trust
    ///     store as in the environment.
    /// - Throws: ``AzureMonitorError``, which says what is wrong and what to do about it.
    public init(
        connectionString: String? = nil,
        credential: (any TokenCredential)? = nil,
        storageDirectory: String? = nil,
        disableOfflineStorage: Bool = false,
        transport: (any HTTPTransport)? = nil
    ) throws(AzureMonitorError) {
        self.connection = try AzureMonitorConnection(
            connectionString: try ConnectionString(explicit: connectionString),
            credential: try AuthenticationString.credential(explicit: credential),
            transport: transport
        )
        self.ownsConnection = true
        self.storageDirectory = storageDirectory
        self.disableOfflineStorage = disableOfflineStorage
    }

    /// Creates an exporter on a connection that others use, too, and that somebody else closes.
    package init(
        connection: AzureMonitorConnection,
        closesConnection: Bool = false,
        storageDirectory: String? = nil,
        disableOfflineStorage: Bool = false
    ) {
        self.connection = connection
        self.ownsConnection = closesConnection
        self.storageDirectory = storageDirectory
        self.disableOfflineStorage = disableOfflineStorage
    }

    /// Where the exporter sends to; the same for all exporters of one connection string.
    public var destination: Destination { self.connection.destination }

    /// The signals that the exporter takes: logs alone.
    public var signals: Set<Signal> { [.logs] }

    /// Whether undelivered payloads are kept on disk.
    public var keepsUndelivered: Bool { !self.disableOfflineStorage }

    /// Maps, encodes and compresses a batch; records of another signal are counted as invalid.
    @concurrent public func encode(_ batch: ExportBatch) async -> EncodedBatch {
        guard batch.signal == .logs else { return EncodedBatch(dropped: [.invalid: batch.count]) }
        return await self.connection.encode(batch)
    }

    /// Sends a payload once; redirects are followed and a refused token is replaced on the way.
    public func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
        await self.connection.send(payload, within: timeLimit)
    }

    /// Makes a payload of some of the items of another.
    @concurrent public func payload(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) async -> Payload? {
        await self.connection.payload(of: payload, keeping: items, layout: layout)
    }

    /// Closes the connections that the exporter made itself.
    public func shutdown() async {
        if self.ownsConnection { await self.connection.shutdown() }
    }
}
