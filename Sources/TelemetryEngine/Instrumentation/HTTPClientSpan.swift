internal import Instrumentation
public import Tracing

/// Runs an HTTP request in a client span, for clients that start none.
///
/// The span is started by the current tracer, under the current span, and follows the stable
/// semantic conventions:
///
/// | Attribute                      | Value                                                     |
/// | ------------------------------ | --------------------------------------------------------- |
/// | `http.request.method`          | `method`, or `_OTHER` if it is none of the usual ones     |
/// | `http.request.method_original` | `method`, if it is not that                               |
/// | `url.full`                     | `url` without user, password, fragment and the values of  |
/// |                                | parameters that sign it                                   |
/// | `url.template`                 | `template`                                                |
/// | `server.address`, `server.port` | from `url`; the scheme's port if it has none             |
/// | `http.response.status_code`    | what ``HTTPClientSpan/setResponseStatus(_:)`` is given    |
/// | `error.type`                   | a status of 400 or more, or the type of the error thrown  |
///
/// The span is called after method and template. Without `setResponseStatus` in `body` the span
/// has no status code, and without the headers of ``HTTPClientSpan/forEachHeader(_:)`` whoever is
/// called cannot continue the trace.
///
/// ```swift
/// try await withHTTPClientSpan(method: "GET", url: "https://example.com/carts/7") { span in
///     var request = Request("https://example.com/carts/7")
///     span.forEachHeader { request.headers[$0] = $1 }
///     let response = try await client.send(request)
///     span.setResponseStatus(response.status)
///     return response
/// }
/// ```
///
/// - Parameters:
///   - method: the method, in any case.
///   - url: the whole address.
///   - template: the path with placeholders, if it is known; part of the name, so of few values.
///   - body: the request, which receives the span.
/// - Returns: what `body` returns.
/// - Throws: what `body` throws; the span then fails and has an event `exception`.
/// - SeeAlso: [Semantic conventions 1.38, HTTP client spans](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/http/http-spans.md#http-client-span)
public func withHTTPClientSpan<Result>(
    method: String,
    url: String,
    template: String? = nil,
    function: String = #function,
    file fileID: String = #fileID,
    line: UInt = #line,
    _ body: (HTTPClientSpan) async throws -> Result
) async rethrows -> Result {
    let call = HTTPClientCall(method: method, url: url, template: template)
    return try await withClientSpan(
        call.spanName,
        function: function,
        file: fileID,
        line: line,
        describe: call.describe
    ) { span in
        try await body(HTTPClientSpan(span: span))
    }
}

/// Runs a synchronous HTTP request in a client span, for clients that start none.
///
/// The same as the asynchronous form.
public func withHTTPClientSpan<Result>(
    method: String,
    url: String,
    template: String? = nil,
    function: String = #function,
    file fileID: String = #fileID,
    line: UInt = #line,
    _ body: (HTTPClientSpan) throws -> Result
) rethrows -> Result {
    let call = HTTPClientCall(method: method, url: url, template: template)
    return try withClientSpan(
        call.spanName,
        function: function,
        file: fileID,
        line: line,
        describe: call.describe
    ) { span in
        try body(HTTPClientSpan(span: span))
    }
}

/// The span of an HTTP request that is about to be sent.
public struct HTTPClientSpan: Sendable {
    /// The span itself, for further attributes.
    public let span: any Tracing.Span

    /// Calls `body` with name and value of every header that carries the trace.
    ///
    /// With the propagators on by default these are `traceparent`, `tracestate` and `baggage`.
    public func forEachHeader(_ body: (_ name: String, _ value: String) -> Void) {
        var headers: [(name: String, value: String)] = []
        InstrumentationSystem.instrument.inject(
            self.span.context,
            into: &headers,
            using: PairInjector()
        )
        for header in headers {
            body(header.name, header.value)
        }
    }

    /// Records the status code of the response; 400 and more make the span fail.
    public func setResponseStatus(_ code: Int) {
        self.span.attributes["http.response.status_code"] = code
        if code >= 400 {
            self.span.attributes["error.type"] = String(code)
            self.span.setStatus(SpanStatus(code: .error))
        }
    }
}

private struct PairInjector: Injector {
    func inject(
        _ value: String,
        forKey key: String,
        into carrier: inout [(name: String, value: String)]
    ) {
        carrier.append((key, value))
    }
}

/// An HTTP request in the words of the semantic conventions.
struct HTTPClientCall {
    private let method: String
    private let originalMethod: String?
    private let template: String?
    private let url: RequestURL

    private static let knownMethods: Set<String> = [
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE",
    ]

    init(method: String, url: String, template: String?) {
        let capitals = method.uppercased()
        let isKnown = Self.knownMethods.contains(capitals)
        self.method = isKnown ? capitals : "_OTHER"
        self.originalMethod = isKnown && capitals == method ? nil : method
        self.template = template
        self.url = RequestURL(url)
    }

    var spanName: String {
        let method = self.method == "_OTHER" ? "HTTP" : self.method
        return self.template.map { "\(method) \($0)" } ?? method
    }

    func describe(_ attributes: inout SpanAttributes) {
        attributes.set("http.request.method", value: .string(self.method))
        attributes.set(
            "http.request.method_original",
            value: self.originalMethod.map { .string($0) }
        )
        attributes.set("url.full", value: .string(self.url.redacted))
        attributes.set("url.template", value: self.template.map { .string($0) })
        attributes.set("server.address", value: self.url.host.map { .string($0) })
        attributes.set("server.port", value: self.url.port.map { .int64(Int64($0)) })
    }
}
