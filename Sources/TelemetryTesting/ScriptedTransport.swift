public import HTTPTypes
public import TelemetryTransport

/// A transport that opens no connection: it records requests and answers as it was told.
///
/// ```swift
/// let transport = ScriptedTransport([.status(503), .failure(.timeout)], otherwise: .status(200))
/// ```
///
/// Each request takes the next reply, in the order of arrival; when there is none left it takes
/// the one for otherwise. With ``hold()`` requests are recorded and wait for ``release()``.
///
/// A task that is cancelled while it waits fails with `cancelled`, as with a real transport.
public actor ScriptedTransport: HTTPTransport {
    /// How one request is answered.
    public struct Reply: Sendable {
        /// Answers a request as the real thing would.
        public typealias Answer =
            @Sendable (TransportRequest) async throws(TransportError) -> TransportResponse

        let answer: Answer

        /// Replies by running a closure, which may wait or count or look at the request.
        ///
        /// - Parameter answer: The closure; it runs outside of the transport's isolation.
        /// - Returns: A reply for a script.
        public static func answer(_ answer: @escaping Answer) -> Self {
            Self(answer: answer)
        }

        /// Replies with a response.
        ///
        /// - Parameter response: What `send` returns.
        /// - Returns: A reply for a script.
        public static func response(_ response: TransportResponse) -> Self {
            .answer { _ throws(TransportError) in response }
        }

        /// Replies with a status and perhaps a text.
        ///
        /// - Parameters:
        ///   - status: The status code.
        ///   - headers: The header fields.
        ///   - body: The body's text.
        /// - Returns: A reply for a script.
        public static func status(
            _ status: Int,
            headers: HTTPFields = [:],
            body: String = ""
        ) -> Self {
            .response(TransportResponse(status: status, headers: headers, body: Array(body.utf8)))
        }

        /// Replies with an error.
        ///
        /// - Parameter error: What `send` throws.
        /// - Returns: A reply for a script.
        public static func failure(_ error: TransportError) -> Self {
            .answer { _ throws(TransportError) in throw error }
        }

        /// Replies with an error of a kind.
        ///
        /// - Parameters:
        ///   - code: The kind.
        ///   - requestWasSent: Whether the server may have received the request.
        /// - Returns: A reply for a script.
        public static func failure(
            _ code: TransportError.Code,
            requestWasSent: Bool = false
        ) -> Self {
            .failure(
                TransportError(
                    code: code,
                    message: "Failed as scripted.",
                    requestWasSent: requestWasSent
                )
            )
        }
    }

    /// Every request so far, in the order of arrival, held ones included.
    public private(set) var requests: [TransportRequest] = []

    /// Whether ``shutdown()`` was called.
    public private(set) var isShutDown = false

    /// How many requests wait for ``release()``.
    public var heldCount: Int { self.held.count }

    private typealias Waiter = CheckedContinuation<Result<Void, TransportError>, Never>

    private var replies: [Reply]
    private let otherwise: Reply
    private var isHolding = false
    private var held: [Int: Waiter] = [:]
    private var observers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    /// Creates a transport with a script.
    ///
    /// - Parameters:
    ///   - replies: The replies to the first requests.
    ///   - otherwise: The reply to all later ones; by default 200 without a body.
    public init(_ replies: [Reply] = [], otherwise: Reply = .status(200)) {
        self.replies = replies
        self.otherwise = otherwise
    }

    /// Adds a reply at the end of the script.
    ///
    /// - Parameter reply: The reply to the first request that finds no other.
    public func enqueue(_ reply: Reply) {
        self.replies.append(reply)
    }

    /// Lets requests wait from now on.
    public func hold() {
        self.isHolding = true
    }

    /// Answers the requests that wait, and later ones at once.
    public func release() {
        self.isHolding = false
        self.resumeHeld(with: .success(()))
    }

    /// Waits until so many requests have arrived.
    ///
    /// - Parameter count: How many there must be, counted from the beginning.
    /// - Returns: All that have arrived by then.
    public func requests(atLeast count: Int) async -> [TransportRequest] {
        if self.requests.count < count {
            await withCheckedContinuation { self.observers.append((count, $0)) }
        }
        return self.requests
    }

    /// Records the request and answers as the script says.
    ///
    /// - Parameter request: What would be sent.
    /// - Returns: The scripted response.
    /// - Throws: The scripted error, `cancelled`, or `shutDown`.
    public func send(
        _ request: TransportRequest
    ) async throws(TransportError) -> TransportResponse {
        guard !self.isShutDown else {
            throw Self.shutDown
        }
        self.requests.append(request)
        let index = self.requests.count
        let arrived = self.observers.filter { $0.count <= index }
        self.observers.removeAll { $0.count <= index }
        for observer in arrived {
            observer.continuation.resume()
        }
        let reply = self.replies.isEmpty ? self.otherwise : self.replies.removeFirst()
        if self.isHolding {
            try await self.waitForRelease(index).get()
        }
        return try await reply.answer(request)
    }

    /// Fails requests that wait, and all later ones.
    public func shutdown() {
        self.isShutDown = true
        self.resumeHeld(with: .failure(Self.shutDown))
    }

    private static var shutDown: TransportError {
        TransportError(code: .shutDown, message: "The transport was shut down.")
    }

    private func waitForRelease(_ index: Int) async -> Result<Void, TransportError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(returning: .failure(Self.cancelled))
                } else {
                    self.held[index] = continuation
                }
            }
        } onCancel: {
            // An actor cannot be entered from here; the task dies with its only line.
            Task { await self.cancel(index) }
        }
    }

    private static var cancelled: TransportError {
        TransportError(
            code: .cancelled,
            message: "The request was cancelled.",
            requestWasSent: true
        )
    }

    private func cancel(_ index: Int) {
        self.held.removeValue(forKey: index)?.resume(returning: .failure(Self.cancelled))
    }

    private func resumeHeld(with result: Result<Void, TransportError>) {
        let waiters = self.held.sorted { $0.key < $1.key }
        self.held = [:]
        for waiter in waiters {
            waiter.value.resume(returning: result)
        }
    }
}
