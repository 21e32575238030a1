import TelemetryModel

extension RemoteDependencyData {
    /// Reads an HTTP call.
    ///
    /// | Field                  | From                                                              |
    /// | ---------------------- | ----------------------------------------------------------------- |
    /// | `type`                 | `HTTP`                                                            |
    /// | `data`                 | `url.full`, else `http.url`, else scheme, host and `http.target`  |
    /// | `name`                 | `http.request.method`\|`http.method`, and `url.template`, else the URL's path, else `/` |
    /// | `resultCode`           | `http.response.status_code`\|`http.status_code`                   |
    /// | `success`              | the status is no error and the code is below 400                  |
    /// | `target`               | ``consumeHTTPTarget(url:)``                                       |
    ///
    /// User name and password of the URL go nowhere. `http.route` is the server's and not read.
    ///
    /// - SeeAlso: [HTTP client spans 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/http/http-spans.md#http-client-span)
    mutating func applyHTTP(_ attributes: inout SemanticAttributes, redactsQueries: Bool) {
        self.type = "HTTP"
        let url = attributes.consumeHTTPURL()
        let parts = url.flatMap { URLParts($0) }
        self.data = url.map { URLParts.cleaned($0, redactsQuery: redactsQueries) }

        let method = attributes.consume(attributes.first(.httpRequestMethod, .httpMethod))
        let template = attributes.consumeFilledText(.urlTemplate)
        self.name = .http(method: method, template.map { $0[...] } ?? parts?.pathOrRoot ?? "/")

        self.target = attributes.consumeHTTPTarget(authority: parts?.authority)
        // The scheme says which port is the default; it is consumed only now.
        if url != nil { _ = attributes.consume(attributes.first(.urlScheme, .httpScheme)) }

        let status = StatusCode(consumingFrom: &attributes)
        self.resultCode = status.text
        self.isSuccess = self.isSuccess && status.isSuccess
    }
}

extension SemanticAttributes {
    /// Consumes what tells the URL of a call, its scheme apart; `nil` if it is not told.
    ///
    /// | First of these                      | Parts                                                     |
    /// | ----------------------------------- | --------------------------------------------------------- |
    /// | `url.full`, `http.url`, if present  |                                                           |
    /// | scheme, `http.target` and `http.host` | `url.scheme`\|`http.scheme`                             |
    /// | the same with a peer instead        | `net.peer.name` or `net.peer.ip`, and `net.peer.port`     |
    fileprivate mutating func consumeHTTPURL() -> String? {
        for key in [SemanticKey.urlFull, .httpURL] where self.has(key) {
            return self.consumeFilledText(key)
        }
        guard let scheme = self.first(.urlScheme, .httpScheme)?.text,
            let target = self.text(.httpTarget)
        else { return nil }
        var url = scheme + "://"
        if let host = self.filledText(.httpHost) {
            url += host
            self.consume(.httpHost)
        } else if let host = self.first(.netPeerName, .netPeerIP),
            let port = self.filledText(.netPeerPort)
        {
            url += host.text + ":" + port
            self.consume(host.key)
            self.consume(.netPeerPort)
        } else {
            return nil
        }
        self.consume(.httpTarget)
        return url + target
    }

    /// Consumes what tells the target of an HTTP call.
    ///
    /// | First of these                        | Target                                               |
    /// | ------------------------------------- | ---------------------------------------------------- |
    /// | `server.address`, `server.port`       | the address, and the port unless it is the default   |
    /// | `peer.service`                        | the service                                          |
    /// | `http.host`                           | the host, in lower case if its port is the default   |
    /// | the URL's authority                   | the same                                             |
    /// | the ``PeerTarget``                    |                                                      |
    ///
    /// - Parameter authority: host and port of the URL, without user name and password.
    mutating func consumeHTTPTarget(authority: Substring?) -> String? {
        let defaultPort = DefaultPort.ofScheme(self)
        if let address = self.text(.serverAddress) {
            if address.isEmpty { return PeerTarget(self).consume(from: &self) }
            self.consume(.serverAddress)
            guard let port = self.filledText(.serverPort) else { return address }
            self.consume(.serverPort)
            let isDefault = DefaultPort.number(self.value(.serverPort)) == defaultPort
            return isDefault ? address : address + ":" + port
        }
        if let service = self.consumeFilledText(.peerService) { return service }
        if let host = self.filledText(.httpHost) {
            if let target = Self.withoutDefaultPort(host, defaultPort) {
                self.consume(.httpHost)
                return target
            }
        } else if let authority, !authority.isEmpty {
            let authority = String(authority)
            return Self.withoutDefaultPort(authority, defaultPort) ?? authority
        }
        return PeerTarget(self).consume(from: &self)
    }

    /// The host alone if its port is the default, else the authority as it stands; `nil` if its
    /// port is no number.
    private static func withoutDefaultPort(_ authority: String, _ defaultPort: Int) -> String? {
        guard let parts = HostAndPort(authority) else { return nil }
        if let port = parts.port, port == defaultPort { return parts.host }
        guard let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) else { return authority }
        return String(authority[authority.utf8.index(after: at)...])
    }
}
