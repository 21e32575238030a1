/// Sends one HTTP request and returns what came back.
///
/// Exporters and credentials talk to the network through this protocol alone, so that a test or
/// a host with a client of its own can stand in. An implementation neither repeats a request nor
/// follows a redirect: both are decisions of the caller, who keeps the books.
public protocol HTTPTransport: Sendable {
    /// Sends a request and waits for its response, for at most ``TransportRequest/timeout``.
    ///
    /// Every status is a response, also 4xx and 5xx. Once the status is known the call no longer
    /// throws: what kept the body from being read is in ``TransportResponse/bodyError``.
    /// Cancelling the task ends the request at once.
    ///
    /// - Parameter request: What to send; its body is sent as it is.
    /// - Returns: The response to this very request.
    /// - Throws: ``TransportError`` if there is no status.
    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse

    /// Ends what is under way, closes all connections and returns when that is done.
    ///
    /// Requests under way and later ones fail with ``TransportError/Code/shutDown``. Calling it
    /// again is harmless.
    func shutdown() async
}
