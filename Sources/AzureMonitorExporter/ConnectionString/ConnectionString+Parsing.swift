import TelemetryTransport

extension ConnectionString {
    /// Reads a connection string: pairs of `key=value`, separated by semicolons.
    ///
    /// | Key                      | Meaning                                     | When absent |
    /// | ------------------------ | ------------------------------------------- | ----------- |
    /// | `InstrumentationKey`     | a UUID                                      | an error    |
    /// | `IngestionEndpoint`      | base URL for telemetry                      | from `EndpointSuffix`, else the global one |
    /// | `LiveEndpoint`           | base URL for live metrics                   | from `EndpointSuffix`, else the global one |
    /// | `EndpointSuffix`         | domain that both endpoints are made from    | none        |
    /// | `Location`               | first part of such a host name              | none        |
    /// | `Authorization`          | must be `ikey`                              | `ikey`      |
    /// | `AADAudience`            | audience of tokens                          | the cloud's |
    /// | `ApplicationId`          | id of the resource                          | none        |
    ///
    /// Keys are recognised in any case, and unknown ones ignored; of equal ones the last counts.
    /// Blanks around keys and values, empty segments and a trailing semicolon do not matter. A
    /// value may contain `=`. An empty value is as good as none.
    ///
    /// - Parameters:
    ///   - text: The connection string, as the Azure portal shows it.
    ///   - source: Where it was found, for messages.
    /// - Throws: ``AzureMonitorError``.
    public init(_ text: String, source: Source = .code) throws(AzureMonitorError) {
        let values = try Self.split(text, source: source)
        if let authorization = values["authorization"], authorization.lowercased() != "ikey" {
            throw AzureMonitorError(
                code: .unsupportedAuthorization,
                message: "Authorization in the connection string (\(source)) must be ikey, which "
                    + "is also the default; its value has \(authorization.count) characters. "
                    + "To authenticate with Microsoft Entra, pass a credential."
            )
        }
        guard let keyText = values.nonEmpty("instrumentationkey") else {
            throw AzureMonitorError(
                code: .invalidInstrumentationKey,
                message: "The connection string (\(source)) has no InstrumentationKey. "
                    + Self.remedy
            )
        }
        guard let key = InstrumentationKey(keyText) else {
            throw Self.invalidKey("InstrumentationKey in the connection string", keyText, source)
        }
        self.init(
            instrumentationKey: key,
            ingestion: try Self.endpoint(
                "IngestionEndpoint",
                service: "dc",
                values,
                source: source,
                fallback: "https://dc.services.visualstudio.com"
            ),
            live: try Self.endpoint(
                "LiveEndpoint",
                service: "live",
                values,
                source: source,
                fallback: "https://rt.services.visualstudio.com"
            ),
            audience: values.nonEmpty("aadaudience").flatMap { audience in
                let trimmed = audience.trimmingTrailingSlashes
                return trimmed.isEmpty ? nil : trimmed
            },
            applicationID: values.nonEmpty("applicationid"),
            source: source
        )
    }

    static let remedy =
        "Copy it from the overview page of the Application Insights resource in the Azure portal."

    static func invalidKey(
        _ name: String,
        _ value: String,
        _ source: Source
    ) -> AzureMonitorError {
        AzureMonitorError(
            code: .invalidInstrumentationKey,
            message: "\(name) (\(source)) is not a UUID such as "
                + "00000000-0000-0000-0000-000000000000; its value has \(value.count) "
                + "characters. \(Self.remedy)"
        )
    }

    /// The values by their keys in lower case.
    private static func split(
        _ text: String,
        source: Source
    ) throws(AzureMonitorError) -> [String: String] {
        do throws(KeyValuePairs.Problem) {
            return try KeyValuePairs.read(text)
        } catch {
            throw AzureMonitorError(
                code: .malformedConnectionString,
                message: "Part \(error.part) of the connection string (\(source)) is not "
                    + "key=value; it has \(error.length) characters. \(Self.remedy)"
            )
        }
    }

    private static func endpoint(
        _ key: String,
        service: String,
        _ values: [String: String],
        source: Source,
        fallback: String
    ) throws(AzureMonitorError) -> EndpointURL {
        var name = key
        var text = fallback
        if let explicit = values.nonEmpty(key.lowercased()) {
            text = explicit
        } else if let suffix = values.nonEmpty("endpointsuffix") {
            name = "EndpointSuffix"
            let location = values.nonEmpty("location").map { "\($0)." } ?? ""
            text = "https://\(location)\(service).\(suffix)"
        }
        do {
            return try EndpointURL(text)
        } catch {
            throw AzureMonitorError(
                code: .invalidEndpoint,
                message: "\(name) in the connection string (\(source)) \(error.explanation); "
                    + "its value has \(text.count) characters. \(Self.remedy)"
            )
        }
    }
}

extension [String: String] {
    fileprivate func nonEmpty(_ key: String) -> String? {
        guard let value = self[key], !value.isEmpty else { return nil }
        return value
    }
}

extension StringProtocol {
    /// The text without slashes at its end.
    fileprivate var trimmingTrailingSlashes: String {
        var text = Substring(self)
        while text.last == "/" { text.removeLast() }
        return String(text)
    }
}
