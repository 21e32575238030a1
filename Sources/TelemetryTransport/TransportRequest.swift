public import HTTPTypes

/// An HTTP request with its whole body in memory.
public struct TransportRequest: Hashable, Sendable {
    /// The HTTP method, by default `POST`.
    public var method: HTTPRequest.Method

    /// The absolute URL, with the scheme `http` or `https` and without user name and password.
    public var url: String

    /// The header fields to send.
    ///
    /// `Content-Length` and `Transfer-Encoding` are left out, since the transport frames the body.
    /// `Accept-Encoding: gzip` and the configured `User-Agent` are added unless present.
    public var headers: HTTPFields

    /// The bytes of the body, already encoded as `Content-Encoding` says.
    public var body: [UInt8]

    /// How long everything may take, from name resolution to the last byte of the response.
    ///
    /// `nil`, the default, is ``TransportConfiguration/timeout``.
    public var timeout: Duration?

    /// How many bytes of the response's body are kept, before and after decoding.
    ///
    /// The default is 1 MiB. A longer body is cut and flagged, see
    /// ``TransportResponse/isBodyTruncated``.
    public var maximumResponseBodySize: Int

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - url: The absolute URL.
    ///   - headers: The header fields.
    ///   - body: The encoded body.
    ///   - timeout: The total time allowed; `nil` for the transport's own.
    ///   - maximumResponseBodySize: How many bytes of the response's body are kept.
    public init(
        method: HTTPRequest.Method = .post,
        url: String,
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        timeout: Duration? = nil,
        maximumResponseBodySize: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.maximumResponseBodySize = maximumResponseBodySize
    }
}

extension TransportRequest: CustomStringConvertible {
    /// Method, scheme and size; never the URL's query, a header field or the body.
    public var description: String {
        let end = self.url.firstIndex { $0 == "?" || $0 == "#" } ?? self.url.endIndex
        let address = self.url[..<end]
        let shown = address.contains("@") ? "(address not shown)" : String(address)
        return "\(self.method.rawValue) \(shown), \(self.body.count) bytes"
    }
}
