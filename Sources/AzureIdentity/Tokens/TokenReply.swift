import HTTPTypes
import TelemetryTransport

/// What the services that issue tokens answer.
///
/// | Field                          | Form                             | Meaning                     |
/// | ------------------------------ | -------------------------------- | --------------------------- |
/// | `access_token`                 | text                             | the token                   |
/// | `expires_in`                   | number, or text of digits        | seconds it is good for      |
/// | `expires_on`                   | number, or text of digits        | when it expires, since 1970 |
/// | `refresh_in`                   | number, or text of digits        | seconds until a new one should be had |
/// | `refresh_on`                   | number, or text of digits        | when a new one should be had |
/// | `error`, `error_description`   | text                             | why there is none           |
/// | `message`, `statusCode`        | text, number                     | why there is none (App Service) |
///
/// A life that is given as a moment is counted from the reply's `Date`, if it has one, so that a
/// wrong clock on this machine neither shortens nor lengthens it.
enum TokenReply {
    /// Reads a reply with status 200.
    ///
    /// - Parameters:
    ///   - response: The reply.
    ///   - credential: The credential's name.
    ///   - now: The wall clock, in seconds since 1970.
    static func token(
        in response: TransportResponse,
        credential: String,
        now: Int64
    ) throws(CredentialError) -> AccessToken {
        func failure(_ message: String) -> CredentialError {
            CredentialError(code: .failed, credential: credential, message: message)
        }
        guard let reply = Self.object(in: response) else {
            throw failure(
                "The answer is not the JSON of a token service. "
                    + "Something between here and there may have answered instead."
            )
        }
        guard let text = reply["access_token"]?.stringValue, !text.isEmpty else {
            throw failure("The answer has no access_token.")
        }
        // A line end would let the token write a header field of its own.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw failure("The access_token in the answer has characters no token has.")
        }
        let date = response.headers[.date].flatMap { HTTPDate.secondsSinceEpoch($0) } ?? now
        guard
            let life = Self.seconds(reply["expires_in"])
                ?? Self.seconds(reply["expires_on"]).map({ $0.subtractingClamped(date) })
        else {
            throw failure("The answer does not say when its token expires.")
        }
        guard life > 0 else {
            throw failure(
                "The answer's token has expired already. Check the clock of this machine."
            )
        }
        let wait =
            Self.seconds(reply["refresh_in"])
            ?? Self.seconds(reply["refresh_on"]).map { $0.subtractingClamped(date) }
        return AccessToken(
            token: text,
            expiresOn: now.addingClamped(life),
            refreshOn: wait.flatMap { $0 > 0 && $0 < life ? now.addingClamped($0) : nil },
            credential: credential
        )
    }

    /// Reads a reply with another status.
    ///
    /// - Parameters:
    ///   - response: The reply.
    ///   - credential: The credential's name.
    ///   - now: The wall clock, in seconds since 1970.
    static func error(
        in response: TransportResponse,
        credential: String,
        now: Int64
    ) -> CredentialError {
        let reply = Self.object(in: response)
        let description =
            reply?["error_description"]?.stringValue ?? reply?["message"]?.stringValue
        let number = description.flatMap(EntraErrorNumber.init(in:))
        let code: CredentialError.Code
        switch response.status {
        case 400, 401, 403, 404: code = .rejected
        default: code = .failed
        }
        var message = "Status \(response.status)"
        if let name = reply?["error"]?.stringValue { message += ", \(IdentityText.excerpt(name))" }
        if let description, !description.isEmpty {
            message += ": \(IdentityText.excerpt(description))"
        }
        if message.last != "." { message += "." }
        if let remedy = number?.remedy { message += " \(remedy)" }
        return CredentialError(
            code: code,
            credential: credential,
            message: message,
            retryAfter: RetryAfter.duration(in: response.headers, now: now)
        )
    }

    /// The body, if it is a JSON object.
    static func object(in response: TransportResponse) -> JSONObject? {
        guard response.bodyError == nil, !response.isBodyTruncated else { return nil }
        return (try? JSONValue(parsing: response.body))?.objectValue
    }

    /// A number of seconds, which some write as a number and others as text.
    static func seconds(_ value: JSONValue?) -> Int64? {
        switch value {
        case .number(let number)?: Int64(exactly: number.doubleValue.rounded(.down))
        case .string(let text)?: Int64(text.trimmingBlanks)
        default: nil
        }
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = self.addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }

    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = self.subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
