public import HTTPTypes

/// What came back for a request, as far as it could be read.
///
/// The status is always that of the server. Whatever happened to the body afterwards changes
/// nothing about it.
public struct TransportResponse: Hashable, Sendable {
    /// The status code, 200 or higher.
    public var status: Int

    /// The header fields as received, those about the body's encoding and length included.
    public var headers: HTTPFields

    /// The body, without its `gzip` encoding.
    ///
    /// If ``isBodyTruncated`` or ``bodyError`` is set, it is the part that could be read.
    public var body: [UInt8]

    /// Whether the body was longer than the request wanted to keep.
    public var isBodyTruncated: Bool

    /// What kept the rest of the body from being read or decoded.
    ///
    /// `nil` if nothing did. ``TransportError/Code/invalidResponse`` stands for a broken `gzip`
    /// encoding, which leaves the connection intact.
    public var bodyError: TransportError?

    /// Creates a response.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields.
    ///   - body: The decoded body.
    ///   - isBodyTruncated: Whether the body was longer than what is kept.
    ///   - bodyError: What kept the body from being read to its end.
    public init(
        status: Int,
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        isBodyTruncated: Bool = false,
        bodyError: TransportError? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isBodyTruncated = isBodyTruncated
        self.bodyError = bodyError
    }
}

extension TransportResponse {
    /// Replaces a body that came with `Content-Encoding: gzip` by its content.
    ///
    /// - Parameter maximumSize: How many decoded bytes are kept.
    mutating func decodeBody(maximumSize: Int) {
        guard let encoding = self.headers[.contentEncoding]?.lowercased(),
            encoding == "gzip" || encoding == "x-gzip", !self.body.isEmpty
        else {
            return
        }
        let decoded = Gzip.decompressPrefix(of: self.body, maximumSize: maximumSize)
        self.body = decoded.bytes
        switch decoded.error?.code {
        case nil: break
        case .some(.tooLarge): self.isBodyTruncated = true
        case .some(.truncated) where self.isBodyTruncated || self.bodyError != nil: break
        case .some:
            self.bodyError =
                self.bodyError
                ?? TransportError(
                    code: .invalidResponse,
                    message: "The response's gzip encoding is damaged.",
                    requestWasSent: true
                )
        }
    }
}
