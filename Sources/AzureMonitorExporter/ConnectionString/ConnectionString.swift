public import AzureIdentity
package import TelemetryTransport

/// Where telemetry goes, and whose it is: the connection string of an Application Insights
/// resource.
///
/// Printing it shows the endpoints and the beginning of the instrumentation key.
public struct ConnectionString: Hashable, Sendable {
    /// The resource that telemetry belongs to.
    public let instrumentationKey: InstrumentationKey

    /// The audience of tokens, if the connection string names one; without slashes at its end.
    public let audience: String?

    /// The id of the resource, if the connection string names it.
    public let applicationID: String?

    /// Where the connection string was found.
    public let source: Source

    /// Where telemetry is posted to, without the API's own path.
    package let ingestion: EndpointURL

    /// Where live metrics are posted to, without the API's own path.
    package let live: EndpointURL

    /// The base URL of ingestion, without slashes at its end and without a query.
    public var ingestionEndpoint: String { self.ingestion.description }

    /// The base URL of live metrics, without slashes at its end and without a query.
    public var liveEndpoint: String { self.live.description }

    /// Where telemetry is posted to.
    package var trackURL: String { self.ingestion.appending(path: Self.trackPath) }

    /// The path of the API for telemetry.
    package static let trackPath = "/v2.1/track"

    /// The cloud that the endpoint is in, or else the audience; the public one if neither says.
    public var cloud: AzureCloud {
        AzureCloud(ingestionHost: self.ingestion.host)
            ?? self.audience
            .flatMap { try? EndpointURL($0) }
            .flatMap { AzureCloud(audienceHost: $0.host) }
            ?? .public
    }

    /// The scope that tokens must be good for.
    public var tokenScope: String {
        "\(self.audience ?? self.cloud.monitorAudience)/.default"
    }

    /// The region in the name of the ingestion host, if it is a region's.
    public var region: String? {
        guard let suffix = self.cloud.regionalSuffixes.first(where: self.ingestion.host.hasSuffix)
        else { return nil }
        let parts = self.ingestion.host.dropLast(suffix.count)
            .split(separator: "-", omittingEmptySubsequences: false)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let name = parts.first, !name.isEmpty, parts.count <= 2, !name.contains("."),
            parts.dropFirst().allSatisfy({
                !$0.isEmpty && $0.utf8.allSatisfy(digits.contains)
            })
        else { return nil }
        return String(name)
    }

    init(
        instrumentationKey: InstrumentationKey,
        ingestion: EndpointURL,
        live: EndpointURL,
        audience: String?,
        applicationID: String?,
        source: Source
    ) {
        self.instrumentationKey = instrumentationKey
        self.ingestion = ingestion
        self.live = live
        self.audience = audience
        self.applicationID = applicationID
        self.source = source
    }
}

extension ConnectionString {
    /// Where a connection string was found.
    public struct Source: Hashable, Sendable {
        private enum Value { case code, connectionStringVariable, instrumentationKeyVariable }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// It was passed in code.
        public static let code = Self(.code)

        /// The environment variable `APPLICATIONINSIGHTS_CONNECTION_STRING`.
        public static let connectionStringVariable = Self(.connectionStringVariable)

        /// The environment variable `APPINSIGHTS_INSTRUMENTATIONKEY`, a bare key.
        public static let instrumentationKeyVariable = Self(.instrumentationKeyVariable)
    }
}

extension ConnectionString.Source: CustomStringConvertible {
    /// The variable's name, or `code`.
    public var description: String {
        switch self.value {
        case .code: "code"
        case .connectionStringVariable: "APPLICATIONINSIGHTS_CONNECTION_STRING"
        case .instrumentationKeyVariable: "APPINSIGHTS_INSTRUMENTATIONKEY"
        }
    }
}

extension ConnectionString: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The parts, with the key shortened and without queries.
    public var description: String {
        var parts = [
            "InstrumentationKey=\(self.instrumentationKey)",
            "IngestionEndpoint=\(self.ingestion)",
            "LiveEndpoint=\(self.live)",
        ]
        if let audience { parts.append("AADAudience=\(audience)") }
        if let applicationID { parts.append("ApplicationId=\(applicationID)") }
        return parts.joined(separator: ";")
    }

    /// The parts, with the key shortened and without queries.
    public var debugDescription: String { self.description }

    /// The parts, with the key shortened and without queries.
    public var customMirror: Mirror { Mirror(self, children: ["value": self.description]) }
}
