import TelemetryTransport

/// Which proxy leads to the service, and whether it does.
enum ProxyCheck {
    static func none(for service: ServiceAddress) -> Finding {
        .ok("none applies to \(service.url)")
    }

    /// Whether the proxy can be reached.
    static func finding(
        _ proxy: Proxy,
        environment: [String: String],
        for service: ServiceAddress,
        within limit: Duration
    ) async -> Finding {
        let source = Self.variable(of: service, in: environment).map { " (\($0))" } ?? ""
        let remedy =
            "check \(Self.variable(of: service, in: environment) ?? "the proxy variables")"
            + ", or name the host in NO_PROXY"
        switch await ConnectionCheck.connect(to: ServiceAddress(proxy), within: limit) {
        case .connected:
            return .ok("\(proxy)\(source) leads to \(service.place)")
        case .refused:
            return .fail(
                "nobody listens at \(proxy)\(source): the connection was refused",
                remedy
            )
        case .failed(let reason):
            return .fail("there is no connection to \(proxy)\(source): \(reason)", remedy)
        }
    }

    /// What the proxy said against a tunnel, if it did.
    static func refusal(
        _ probe: Result<TransportResponse, TransportError>,
        by proxy: Proxy,
        for service: ServiceAddress
    ) -> Finding? {
        guard case .failure(let error) = probe, error.code == .proxy else { return nil }
        return .fail(
            "\(proxy) does not connect to \(service.place): \(error.message)",
            Self.remedy(proxy)
        )
    }

    /// What the proxy said against a request over http, if it did.
    ///
    /// There is no tunnel, so it may have been the service; but these are what proxies say.
    static func refusal(
        _ answer: WatchedTransport.Answer?,
        by proxy: Proxy,
        for service: ServiceAddress
    ) -> Finding? {
        guard let answer, !service.isSecure,
            [403, 407, 502, 503, 504].contains(answer.status)
        else { return nil }
        return .fail(
            "\(proxy), or \(service.place) behind it, answered \(answer.status)",
            Self.remedy(proxy)
        )
    }

    private static func remedy(_ proxy: Proxy) -> String {
        proxy.user == nil
            ? "have the proxy allow it, give it user and password if it asks for them, "
                + "or name the host in NO_PROXY"
            : "have the proxy allow it, check user and password, or name the host in NO_PROXY"
    }

    /// The variable that counts.
    private static func variable(
        of service: ServiceAddress,
        in environment: [String: String]
    ) -> String? {
        let name = service.isSecure ? "https_proxy" : "http_proxy"
        return [name, name.uppercased(), "all_proxy", "ALL_PROXY"].first {
            environment[$0] != nil
        }
    }
}
