package import AzureIdentity
import TelemetryTransport

#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

/// How the environment asks for authenticated telemetry without a change of code.
///
/// | Key             | Value                                                          |
/// | --------------- | -------------------------------------------------------------- |
/// | `Authorization` | `AAD`: a managed identity; the only one there is               |
/// | `ClientId`      | the client id of a user-assigned identity; else the system's   |
///
/// Keys and values are read in letters of any case, a semicolon at the end is no mistake.
package enum AuthenticationString {
    /// The name of the variable.
    package static let variable = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"

    /// The credential of code, or else the one that the environment asks for; `nil` if neither
    /// wants any.
    ///
    /// - Parameters:
    ///   - explicit: What code says.
    ///   - environment: The variables; `nil` for those of the process.
    package static func credential(
        explicit: (any TokenCredential)? = nil,
        environment: [String: String]? = nil
    ) throws(AzureMonitorError) -> (any TokenCredential)? {
        if let explicit { return explicit }
        let environment = environment ?? ProcessInfo.processInfo.environment
        guard let text = environment[Self.variable], !text.trimmingBlanks.isEmpty else {
            return nil
        }
        return try Self.credential(in: text, environment: environment)
    }

    /// The credential that a text asks for.
    ///
    /// - Parameters:
    ///   - text: The value of the variable.
    ///   - environment: The variables, which say what the process runs on; `nil` for those of
    ///     the process.
    package static func credential(
        in text: String,
        environment: [String: String]? = nil
    ) throws(AzureMonitorError) -> any TokenCredential {
        let values: [String: String]
        do throws(KeyValuePairs.Problem) {
            values = try KeyValuePairs.read(text)
        } catch {
            throw Self.error("part \(error.part) is not key=value")
        }
        guard values["authorization"]?.lowercased() == "aad" else {
            throw Self.error("Authorization is not AAD")
        }
        let unknown = values.keys.filter { $0 != "authorization" && $0 != "clientid" }
        guard unknown.isEmpty else { throw Self.error("it has a key that is not known") }
        let id = values["clientid"].flatMap { $0.isEmpty ? nil : $0 }
        return ManagedIdentityCredential(
            id: id.map { .clientID($0) },
            environment: environment
        )
    }

    private static func error(_ problem: String) -> AzureMonitorError {
        AzureMonitorError(
            code: .unsupportedAuthorization,
            message: "\(Self.variable) cannot be understood: \(problem). "
                + "It should be Authorization=AAD, with ;ClientId=… for a user-assigned identity."
        )
    }
}
