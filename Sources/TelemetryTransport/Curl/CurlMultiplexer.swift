/// The transport over libcurl: all connections on one thread.
///
/// Connections are kept and shared: HTTP/1.1 ones are used again, and over TLS HTTP/2 is spoken
/// where the server offers it. No thread waits for a request; libcurl alone starts one for as
/// long as a name is being resolved.
///
/// The thread starts with the first request and ends in ``shutdown()``. A multiplexer that is
/// released without it ends its thread, too, but nobody knows when.
///
/// With libcurl before 7.80 a request that met a connection the server had just closed is sent
/// once more by libcurl itself; later versions are told to report ``TransportError/Code/reset``.
public actor CurlMultiplexer: HTTPTransport {
    /// How connections are made.
    public nonisolated let configuration: TransportConfiguration

    /// Counts what is held of libcurl's.
    package nonisolated let ledger: HandleLedger

    nonisolated let executor: CurlExecutor
    private var lastID: UInt64 = 0

    /// Creates a multiplexer, which has no thread yet.
    ///
    /// - Parameter configuration: How connections are made.
    public init(configuration: TransportConfiguration = TransportConfiguration()) {
        self.configuration = configuration
        self.ledger = HandleLedger()
        self.executor = CurlExecutor(
            driver: CurlDriver(configuration: configuration, ledger: self.ledger),
            ledger: self.ledger
        )
    }

    deinit {
        self.executor.abandon()
    }

    /// The executor that runs the actor on the thread of the connections.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe self.executor.asUnownedSerialExecutor()
    }

    /// Whether the thread runs: from the first request until ``shutdown()`` has returned.
    public nonisolated var isRunning: Bool {
        self.executor.isRunning
    }

    /// Sends a request and waits for its response.
    ///
    /// - Parameter request: What to send.
    /// - Returns: The response, whose status is always known.
    /// - Throws: ``TransportError`` if there is no status.
    public nonisolated func send(
        _ request: TransportRequest
    ) async throws(TransportError) -> TransportResponse {
        let timeout = request.timeout ?? self.configuration.timeout
        let deadline = SuspendingClock.now.advanced(by: max(.zero, timeout))
        guard !Task.isCancelled else {
            throw TransportError(code: .cancelled, message: "The request was cancelled.")
        }
        try self.executor.start()
        var response = try await self.transfer(request, deadline, timeout).get()
        response.decodeBody(maximumSize: request.maximumResponseBodySize)
        return response
    }

    /// Ends all requests, closes all connections and ends the thread.
    ///
    /// Requests under way and later ones fail with ``TransportError/Code/shutDown``.
    public nonisolated func shutdown() async {
        await self.executor.shutDown()
    }

    private func transfer(
        _ request: TransportRequest,
        _ deadline: SuspendingClock.Instant,
        _ timeout: Duration
    ) async -> Result<TransportResponse, TransportError> {
        self.lastID += 1
        let id = self.lastID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.executor.driver.start(id, request, deadline: deadline, timeout: timeout) {
                    continuation.resume(returning: $0)
                }
            }
        } onCancel: {
            // Always behind the start, which runs in the job this thread is in now or later.
            self.executor.perform {
                self.assumeIsolated { $0.executor.driver.cancel(id) }
            }
        }
    }
}
