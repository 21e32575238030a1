import CCurl

/// Where a request goes: what its URL says, and the proxy chosen for it.
struct Route {
    /// Whether the scheme is `https`.
    let isSecure: Bool

    /// The proxy to take, if any.
    let proxy: Proxy?

    /// Reads a URL with libcurl's parser, so that both of us understand the same.
    ///
    /// - Parameters:
    ///   - url: The URL of the request.
    ///   - proxies: The choice of proxies.
    /// - Throws: `invalidRequest` if the URL is malformed, not absolute, has another scheme than
    ///   `http` or `https`, or holds a user name or password.
    init(_ url: String, proxies: ProxyConfiguration) throws(TransportError) {
        guard !url.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
            throw Self.invalid("contains white space or control characters")
        }
        // Libcurl is generous with slashes, and would take the first part of a path for the host.
        let slashes = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let scheme = url[..<slashes].lowercased()
        guard scheme == "http://" || scheme == "https://", url[slashes...].first != "/" else {
            throw Self.invalid("is not an absolute http or https URL")
        }
        guard let parser = unsafe curl_url() else {
            throw TransportError(code: .other, message: "There is no memory for the URL.")
        }
        defer { unsafe curl_url_cleanup(parser) }
        guard unsafe curl_url_set(parser, CURLUPART_URL, url, 0) == CURLUE_OK else {
            throw Self.invalid("is not an absolute http or https URL")
        }
        func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            defer { unsafe curl_free(text) }
            guard unsafe curl_url_get(parser, part, &text, flags) == CURLUE_OK else {
                return nil
            }
            return unsafe text.map { unsafe String(cString: $0) }
        }
        guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
            throw Self.invalid("holds a user name or password")
        }
        guard let host = part(CURLUPART_HOST), !host.isEmpty else {
            throw Self.invalid("has no host")
        }
        self.isSecure = scheme == "https://"
        let port = part(CURLUPART_PORT).flatMap(Int.init) ?? (self.isSecure ? 443 : 80)
        self.proxy = proxies.proxy(
            scheme: self.isSecure ? "https" : "http",
            host: host,
            port: port
        )
    }

    private static func invalid(_ reason: String) -> TransportError {
        TransportError(code: .invalidRequest, message: "The URL \(reason).")
    }
}
