import TelemetryTransport

#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

extension ConnectionString {
    /// Finds a connection string in code or in the environment.
    ///
    /// The first of these that is not blank counts as a whole; the others are not even read:
    /// `explicit`, `APPLICATIONINSIGHTS_CONNECTION_STRING`, `APPINSIGHTS_INSTRUMENTATIONKEY` (a
    /// bare key, with the global endpoints).
    ///
    /// - Parameters:
    ///   - explicit: What was given in code, if anything.
    ///   - environment: The environment variables; `nil` for those of the process.
    /// - Throws: ``AzureMonitorError``; ``AzureMonitorError/Code/missingConnectionString`` if
    ///   there is none.
    public init(
        explicit: String?,
        environment: [String: String]? = nil
    ) throws(AzureMonitorError) {
        if let explicit, !explicit.trimmingBlanks.isEmpty {
            try self.init(explicit)
            return
        }
        let environment = environment ?? ProcessInfo.processInfo.environment
        let variable = Source.connectionStringVariable
        if let text = environment[variable.description], !text.trimmingBlanks.isEmpty {
            try self.init(text, source: variable)
            return
        }
        let keyVariable = Source.instrumentationKeyVariable
        if let text = environment[keyVariable.description]?.trimmingBlanks, !text.isEmpty {
            guard let key = InstrumentationKey(String(text)) else {
                throw Self.invalidKey("The instrumentation key", String(text), keyVariable)
            }
            try self.init("InstrumentationKey=\(key.value)", source: keyVariable)
            return
        }
        throw AzureMonitorError(
            code: .missingConnectionString,
            message: "There is no connection string: pass one in code, or set "
                + "\(variable.description). \(Self.remedy)"
        )
    }
}
