package import HTTPTypes
package import TelemetryModel
package import TelemetryTransport

/// Where the requests of one signal go, and how: a configuration worked out.
package struct OTLPRoute: Sendable {
    /// The signal.
    package let signal: Signal

    /// How requests travel.
    package let `protocol`: OTLPProtocol

    /// The address without its query; of gRPC, scheme, host and port are all that counts.
    package let endpoint: EndpointURL

    /// The address as requests have it, with its query and with any slash at its end.
    package let url: String

    /// The address that the one of the signal was or could have been made of, if there is one.
    package let base: EndpointURL?

    /// The header fields of every request, but for those that describe the body.
    package let headers: HTTPFields

    /// Whether requests are compressed.
    package let isCompressed: Bool

    /// How long one request may take.
    package let timeout: Duration

    /// How connections are made.
    package let transport: TransportConfiguration

    /// Fields that the exporter or the transport sets, whatever a configuration says.
    package static let ownFields: Set<HTTPField.Name> = [
        .contentType, .contentEncoding, .contentLength, .transferEncoding, .connection, .accept,
        .acceptEncoding, .expect, .te, .trailer, .upgrade,
    ]

    /// The path that a signal's address has behind that of the base.
    package static func path(of signal: Signal) -> String { "/v1/\(signal.rawValue)" }

    /// Values of header fields that nobody may see, for whoever shows what a server says.
    package var secrets: [String] {
        self.headers.flatMap { OTLPServerText.secrets(in: $0.value) }
    }
}

extension OTLPConfiguration {
    /// Works out where the requests of a signal go.
    ///
    /// | Endpoint                         | Address for traces over HTTP            |
    /// | -------------------------------- | --------------------------------------- |
    /// | none                             | `http://localhost:4318/v1/traces`       |
    /// | `http://host:4318`, with or without `/` | `http://host:4318/v1/traces`     |
    /// | `https://host/otlp/`             | `https://host/otlp/v1/traces`           |
    /// | of the signal: `http://host`     | `http://host/`                          |
    /// | of the signal: `http://host/in/` | `http://host/in/`                       |
    ///
    /// - Parameters:
    ///   - signal: The signal.
    ///   - transport: How connections are made, where the configuration does not say.
    /// - SeeAlso: [Endpoint URLs for OTLP/HTTP](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/protocol/exporter.md#endpoint-urls-for-otlphttp)
    package func route(
        of signal: Signal,
        transport: TransportConfiguration
    ) throws(OTLPError) -> OTLPRoute {
        let own = self[signal]
        let `protocol` = own.protocol ?? self.protocol
        let isGRPC = `protocol` == .grpc
        var text = own.endpoint ?? self.endpoint ?? `protocol`.defaultEndpoint
        if isGRPC, !text.contains("://") {
            text = (own.isInsecure ?? self.isInsecure ? "http://" : "https://") + text
        }
        let endpoint: EndpointURL
        do throws(EndpointURL.Problem) {
            endpoint = try EndpointURL(text)
        } catch {
            throw self.invalidEndpoint(of: signal, error)
        }
        var place = endpoint
        var base: EndpointURL?
        var url = endpoint.appending(path: "")
        if !isGRPC, own.endpoint == nil {
            base = endpoint
            place.path += OTLPRoute.path(of: signal)
            url = place.appending(path: "")
        } else if !isGRPC {
            url = Self.asItIs(text, endpoint)
            let isExact = url.prefix { $0 != "?" } == endpoint.description
            if isExact, endpoint.path.hasSuffix(OTLPRoute.path(of: signal)) {
                base = endpoint
                base?.path.removeLast(OTLPRoute.path(of: signal).count)
            }
        }
        place.query = nil
        base?.query = nil
        var connection = self.transport ?? transport
        // A proxy of the environment cannot reach what listens on this machine only.
        if self.transport == nil, endpoint.isLoopback { connection.proxy = ProxyConfiguration() }
        if let tls = own.tls ?? self.tls { connection.tls = tls }
        return OTLPRoute(
            signal: signal,
            protocol: `protocol`,
            endpoint: place,
            url: url,
            base: isGRPC ? nil : base,
            headers: try self.fields(of: signal),
            isCompressed: (own.compression ?? self.compression) == .gzip,
            timeout: own.timeout ?? self.timeout,
            transport: connection
        )
    }

    /// An address as it was given, but for its fragment, and with a path.
    private static func asItIs(_ text: String, _ endpoint: EndpointURL) -> String {
        let tail = text.drop { $0 != ":" }.dropFirst(3)
            .drop { $0 != "/" && $0 != "?" && $0 != "#" }
            .prefix { $0 != "#" }
        return endpoint.origin + (tail.first == "/" ? "" : "/") + tail
    }

    private func fields(of signal: Signal) throws(OTLPError) -> HTTPFields {
        var fields = HTTPFields()
        // Sorted, so that of two spellings of one name the same one wins every time.
        let headers = (self[signal].headers ?? self.headers).sorted { $0.key < $1.key }
        for (text, value) in headers {
            guard let name = HTTPField.Name(text) else {
                throw OTLPError(
                    code: .invalidHeader,
                    message: "OTLPConfiguration.headers has a name that no header can have, with "
                        + "\(text.count) characters. Use letters, digits and hyphens."
                )
            }
            guard HTTPField.isValidValue(value) else {
                throw OTLPError(
                    code: .invalidHeader,
                    message: "The header \(name) in OTLPConfiguration.headers has a value with a "
                        + "line end or a control character, or blanks around it. Leave them out."
                )
            }
            if !OTLPRoute.ownFields.contains(name) { fields[name] = value }
        }
        return fields
    }

    private func invalidEndpoint(
        of signal: Signal,
        _ problem: EndpointURL.Problem
    ) -> OTLPError {
        let settings =
            self[signal].endpoint == nil
            ? "OTLPConfiguration.endpoint or OTEL_EXPORTER_OTLP_ENDPOINT"
            : "OTLPConfiguration.\(signal.rawValue).endpoint or "
                + "OTEL_EXPORTER_OTLP_\(signal.rawValue.uppercased())_ENDPOINT"
        return OTLPError(
            code: .invalidEndpoint,
            message: "The OTLP endpoint for \(signal.rawValue) (\(settings)) "
                + "\(problem.explanation). Use an address such as https://collector.example:4318, "
                + "and OTLPConfiguration.headers for keys and passwords."
        )
    }
}
