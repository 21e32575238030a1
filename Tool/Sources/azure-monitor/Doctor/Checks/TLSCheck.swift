import TelemetryTransport

/// Whether the service proves who it is.
enum TLSCheck {
    static func finding(
        _ probe: Result<TransportResponse, TransportError>,
        of service: ServiceAddress,
        environment: [String: String]
    ) -> Finding {
        guard service.isSecure else { return .skip("the endpoint is http, without encryption") }
        switch probe {
        case .success:
            return .ok("\(service.host) has a certificate that is trusted and valid")
        case .failure(let error) where error.requestWasSent:
            return .ok(
                "\(service.host) has a certificate that is trusted and valid, "
                    + "but did not answer a first request"
            )
        case .failure(let error):
            return Self.failure(error, of: service, environment: environment)
        }
    }

    /// What libcurl says, sorted; what its words do not tell is passed on.
    private static func failure(
        _ error: TransportError,
        of service: ServiceAddress,
        environment: [String: String]
    ) -> Finding {
        let message = error.message
        let words = message.lowercased()
        func says(_ texts: String...) -> Bool { texts.contains { words.contains($0) } }

        if says("does not match target host", "subject name matches", "hostname mismatch") {
            return .fail(
                "the certificate is of another name than \(service.host): \(message)",
                "check the host in IngestionEndpoint, and whether somebody intercepts the "
                    + "connection"
            )
        }
        if says("has expired", "certificate expired") {
            return .fail(
                "the certificate of \(service.host) has expired: \(message)",
                "renew it, or set this machine's clock if that is wrong"
            )
        }
        if says("not yet valid") {
            return .fail(
                "the certificate of \(service.host) is not valid yet: \(message)",
                "set this machine's clock"
            )
        }
        if says("unable to get", "self-signed", "self signed", "unable to verify") {
            return .fail(
                "the certificate of \(service.host) is from an authority that is not trusted: "
                    + message,
                Self.trustRemedy(environment)
            )
        }
        if says("error setting certificate", "trust settings", "libcurl refused the tls") {
            return .fail(
                "the trust store cannot be read: \(message)",
                Self.trustRemedy(environment)
            )
        }
        if says("wrong version number", "unknown protocol", "packet length too long") {
            return .fail(
                "\(service.place) does not speak TLS: \(message)",
                "check the port in IngestionEndpoint, and whether it should begin with http://"
            )
        }
        return .fail(
            "there is no TLS connection to \(service.place): \(message)",
            "check whether a firewall or proxy interferes, and that TLS 1.2 or later is allowed"
        )
    }

    private static func trustRemedy(_ environment: [String: String]) -> String {
        let names = ["SSL_CERT_FILE", "SSL_CERT_DIR"].filter { environment[$0]?.isEmpty == false }
        guard !names.isEmpty else {
            return "install the authority's certificate, or name its file in SSL_CERT_FILE"
        }
        return "\(names.joined(separator: " and ")) replaced the system's trust store, so check "
            + "that the authority is in there"
    }
}
