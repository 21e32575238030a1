/// Why a request has no response, or a response no complete body.
public struct TransportError: Error, Hashable, Sendable {
    /// The kind of failure, to compare and to count.
    public struct Code: Hashable, Sendable {
        private enum Value: String {
            case nameResolution, connectionRefused, connectionFailed, tls, timeout, reset, proxy
            case cancelled, invalidRequest, invalidResponse, shutDown, other
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The host's name has no address, or no name server answered.
        public static let nameResolution = Self(.nameResolution)

        /// Nobody listens at the address.
        public static let connectionRefused = Self(.connectionRefused)

        /// The connection could not be made for another reason, such as an unreachable network.
        public static let connectionFailed = Self(.connectionFailed)

        /// The certificate, the trust store or the handshake was not acceptable.
        public static let tls = Self(.tls)

        /// The time allowed was over.
        public static let timeout = Self(.timeout)

        /// The connection ended before the response did.
        public static let reset = Self(.reset)

        /// The proxy could not be reached or refused its service.
        public static let proxy = Self(.proxy)

        /// The task that sent the request was cancelled.
        public static let cancelled = Self(.cancelled)

        /// The request itself cannot be sent, such as one with a malformed URL.
        public static let invalidRequest = Self(.invalidRequest)

        /// What came back is not HTTP, or not in the encoding it claims.
        public static let invalidResponse = Self(.invalidResponse)

        /// The transport was shut down.
        public static let shutDown = Self(.shutDown)

        /// Anything else.
        public static let other = Self(.other)
    }

    /// The kind of failure.
    public var code: Code

    /// A sentence for people, without secrets, header fields or parts of the URL but the host.
    public var message: String

    /// Whether the request was handed to the network to its last byte.
    ///
    /// If not, the server cannot have accepted it. If so, it may have, and sending the same
    /// again may give it a duplicate.
    public var requestWasSent: Bool

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - message: A sentence for people; it must not contain secrets.
    ///   - requestWasSent: Whether the server may have received the whole request.
    public init(code: Code, message: String, requestWasSent: Bool = false) {
        self.code = code
        self.message = message
        self.requestWasSent = requestWasSent
    }
}

extension TransportError.Code: CustomStringConvertible {
    /// The code's name, one of a small fixed set, fit for a metric's dimension.
    public var description: String { self.value.rawValue }
}

extension TransportError: CustomStringConvertible {
    /// The code and the message.
    public var description: String { "\(self.code): \(self.message)" }
}
