import TelemetryModel

extension RequestData {
    /// Creates request data from a server or consumer span, and fills in the tags of requests.
    ///
    /// One branch applies, the first whose condition holds:
    ///
    /// | Branch | If present                             | See                                     |
    /// | ------ | -------------------------------------- | --------------------------------------- |
    /// | A      | `az.namespace`                         | `RequestData+ConsumerSpan`              |
    /// | B      | `http.request.method` or `http.method` | ``applyHTTP(_:tags:redactsQueries:)``          |
    /// | C      | `messaging.system`                     | `RequestData+ConsumerSpan`              |
    /// | D      | `rpc.system.name` or `rpc.system`      | `responseCode` from `rpc.response.status_code`\|`rpc.grpc.status_code` |
    ///
    /// What holds for every branch:
    ///
    /// | Field               | From                                                                     |
    /// | ------------------- | ------------------------------------------------------------------------ |
    /// | `name`              | `microsoft.request.name`\|operation name                                 |
    /// | `ai.operation.name` | `microsoft.operation_name`\|what the branch derived\|the span's name     |
    /// | `success`           | the status is no error, and an HTTP code is below 400                    |
    /// | `responseCode`      | `microsoft.request.resultCode`\|what the branch derived\|`0`             |
    /// | `source`, `url`     | `microsoft.request.source`, `.url`\|what the branch derived              |
    /// | `ai.location.ip`    | `microsoft.client.ip`\|`client.address`\|`http.client_ip`\|`net.peer.ip` |
    ///
    /// Overrides come last: what a branch read is consumed even if it is overridden.
    ///
    /// - SeeAlso: [HTTP server spans 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/http/http-spans.md#http-server-span)
    init(
        serverSpan span: BatchSpan,
        attributes: inout SemanticAttributes,
        tags: inout ItemTags,
        redactsQueries: Bool
    ) {
        self.name = span.name
        self.isSuccess = span.status.isSuccess

        if attributes.has(.azNamespace) {
            self.applyAzure(span, &attributes)
        } else if attributes.has(.httpRequestMethod, or: .httpMethod) {
            self.applyHTTP(&attributes, tags: &tags, redactsQueries: redactsQueries)
        } else if attributes.has(.messagingSystem) {
            self.applyMessaging(&attributes)
        } else if attributes.has(.rpcSystemName, or: .rpcSystem) {
            self.responseCode = attributes.consumeRPCStatus() ?? "0"
        }

        let address = attributes.first(.clientAddress, .httpClientIP, .netPeerIP)
        let clientIP = attributes.consume(address)
        tags.clientIP = attributes.consumeFilledText(.microsoftClientIP) ?? clientIP

        let operationName = attributes.consumeFilledText(.microsoftOperationName) ?? self.name
        tags.operationName = operationName
        self.name = attributes.consumeFilledText(.microsoftRequestName) ?? operationName
        if let url = attributes.consumeFilledText(.microsoftRequestURL) {
            self.url = URLParts.cleaned(url, redactsQuery: redactsQueries)
        }
        if let source = attributes.consumeFilledText(.microsoftRequestSource) {
            self.source = source
        }
        if let code = attributes.consumeFilledText(.microsoftRequestResultCode) {
            self.responseCode = code
        }
    }

    /// Reads an HTTP request.
    ///
    /// | Field               | From                                              | When absent         |
    /// | ------------------- | ------------------------------------------------- | ------------------- |
    /// | `url`               | `url.full`, else `http.url`, else its parts       | `""`                |
    /// | `name`              | method and `http.route`, else method and URL path | the span's name     |
    /// | `responseCode`      | `http.response.status_code`\|`http.status_code`   | `0`                 |
    /// | `ai.user.userAgent` | `user_agent.original`\|`http.user_agent`          |                     |
    ///
    /// Parts of a URL: `url.scheme`\|`http.scheme`; `url.path` and `url.query`, else
    /// `http.target`; `server.address` and `server.port`, else `http.host`, else `http.server_name`
    /// or `net.host.name` and `net.host.port`. They are consumed only if they make a URL.
    private mutating func applyHTTP(
        _ attributes: inout SemanticAttributes,
        tags: inout ItemTags,
        redactsQueries: Bool
    ) {
        let url =
            attributes.consumeText(.urlFull) ?? attributes.consumeText(.httpURL)
            ?? Self.urlFromParts(&attributes)
        self.url = URLParts.cleaned(url, redactsQuery: redactsQueries)

        var location: Substring?
        if let route = attributes.text(.httpRoute) {
            location = route[...]
        } else if !url.isEmpty {
            location = URLParts(url)?.pathOrRoot
        }
        if let location {
            let method = attributes.first(.httpRequestMethod, .httpMethod)
            let name = String.http(method: method?.text, location)
            if !name.isEmpty {
                self.name = name
                attributes.consume(.httpRoute)
                _ = attributes.consume(method)
            }
        }

        let status = StatusCode(consumingFrom: &attributes)
        self.responseCode = status.text
        self.isSuccess = self.isSuccess && status.isSuccess
        tags.userAgent = attributes.consume(attributes.first(.userAgentOriginal, .httpUserAgent))
    }

    private static func urlFromParts(_ attributes: inout SemanticAttributes) -> String {
        guard let scheme = attributes.first(.urlScheme, .httpScheme) else { return "" }
        var used: [SemanticKey] = [scheme.key]

        var target = ""
        if let path = attributes.text(.urlPath) {
            target = path
            used.append(.urlPath)
            if !path.isEmpty, let query = attributes.text(.urlQuery) {
                target += "?"
                target += query
                used.append(.urlQuery)
            }
        } else if let text = attributes.text(.httpTarget) {
            target = text
            used.append(.httpTarget)
        }
        guard !target.isEmpty else { return "" }

        var host = ""
        var portKey: SemanticKey?
        if attributes.has(.serverAddress) {
            host = attributes.text(.serverAddress) ?? ""
            used.append(.serverAddress)
            portKey = .serverPort
        } else if let text = attributes.text(.httpHost) {
            host = text
            used.append(.httpHost)
        }
        if host.isEmpty, let other = attributes.first(.httpServerName, .netHostName) {
            host = other.text
            used.removeAll { $0 == .serverAddress || $0 == .httpHost }
            used.append(other.key)
            portKey = .netHostPort
        }
        guard !host.isEmpty else { return "" }

        var url = scheme.text
        url += "://"
        url += host
        if let portKey, let port = attributes.filledText(portKey) {
            url += ":"
            url += port
            used.append(portKey)
        }
        url += target
        for key in used { attributes.consume(key) }
        return url
    }
}

extension SemanticAttributes {
    /// Consumes `rpc.response.status_code`\|`rpc.grpc.status_code`, of which 0 counts.
    mutating func consumeRPCStatus() -> String? {
        self.consumeFilledText(.rpcResponseStatusCode) ?? self.consumeFilledText(.rpcGrpcStatusCode)
    }
}

extension String {
    /// What an HTTP call is named: `GET /orders/{id}`, or the place alone without a method.
    static func http(method: String?, _ location: Substring) -> String {
        guard var name = method, !name.isEmpty else { return String(location) }
        name.reserveCapacity(name.utf8.count + 1 + location.utf8.count)
        name += " "
        name += location
        return name
    }
}
