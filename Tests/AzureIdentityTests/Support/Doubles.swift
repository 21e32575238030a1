import AzureIdentity
import HTTPTypes
import TelemetryTesting
import TelemetryTransport

/// 2026-01-01T00:00:00Z, when these tests take place.
let testNow: Int64 = 1_767_225_600

extension TokenRequest {
    static let monitor = TokenRequest(scope: "https://monitor.azure.com/.default")
}

extension IdentityContext {
    /// A context in which nothing waits and the time stands still.
    static func test(
        _ environment: [String: String] = [:],
        transport: (any HTTPTransport)? = nil,
        pauses: Pauses? = nil
    ) -> IdentityContext {
        IdentityContext(
            environment: environment,
            transport: transport,
            now: { testNow },
            sleep: { duration in
                await pauses?.add(duration)
                try Task.checkCancellation()
            }
        )
    }
}

/// How long somebody wanted to wait.
actor Pauses {
    private(set) var durations: [Duration] = []

    func add(_ duration: Duration) {
        self.durations.append(duration)
    }
}

extension ScriptedTransport.Reply {
    /// A token as the authority gives it.
    static func token(_ text: String = "t0", expiresIn: Int = 3_600) -> Self {
        .status(
            200,
            body: #"{"token_type":"Bearer","expires_in":\#(expiresIn),"access_token":"\#(text)"}"#
        )
    }
}

extension TransportRequest {
    /// The URL before the query.
    var address: String { String(self.url.prefix { $0 != "?" }) }

    /// The fields of the query.
    var query: [String: String] {
        let text = self.url.drop { $0 != "?" }.dropFirst()
        return Self.fields(of: text)
    }

    /// The fields of the form in the body.
    var form: [String: String] { Self.fields(of: String(decoding: self.body, as: UTF8.self)[...]) }

    /// A header field by its name.
    func header(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { self.headers[$0] }
    }

    private static func fields(of text: Substring) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            fields[unescaped(parts[0])] = unescaped(parts[1])
        }
        return fields
    }

    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The error that a closure throws, or a recorded issue.
func credentialError(
    _ body: () async throws(CredentialError) -> AccessToken
) async -> CredentialError? {
    do throws(CredentialError) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
