/// A token of Microsoft Entra, and how long it is good for.
///
/// Printing, dumping or mirroring a token shows its times, never its text.
public struct AccessToken: Hashable, Sendable {
    /// The text that goes into the `Authorization` header.
    public var token: String

    /// When the token ceases to be accepted, in seconds since 1970 (UTC).
    public var expiresOn: Int64

    /// When it should be replaced, in seconds since 1970; `nil` if its issuer did not say.
    ///
    /// The token is still good then. Without it, a token is replaced when four fifths of its life
    /// have passed.
    public var refreshOn: Int64?

    /// The name of the credential that got it, such as `ManagedIdentityCredential`, for
    /// diagnostics; `nil` if it does not say.
    public var credential: String?

    /// Creates a token.
    ///
    /// - Parameters:
    ///   - token: The text, without `Bearer`.
    ///   - expiresOn: When it ceases to be accepted, in seconds since 1970.
    ///   - refreshOn: When it should be replaced, in seconds since 1970.
    ///   - credential: The name of the credential that got it.
    public init(
        token: String,
        expiresOn: Int64,
        refreshOn: Int64? = nil,
        credential: String? = nil
    ) {
        self.token = token
        self.expiresOn = expiresOn
        self.refreshOn = refreshOn
        self.credential = credential
    }
}

extension AccessToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The times, without the token.
    public var description: String {
        let refresh = self.refreshOn.map { ", refreshOn: \($0)" } ?? ""
        return "AccessToken(expiresOn: \(self.expiresOn)\(refresh))"
    }

    /// The times, without the token.
    public var debugDescription: String { self.description }

    /// The times, without the token.
    public var customMirror: Mirror {
        Mirror(self, children: ["expiresOn": self.expiresOn, "refreshOn": self.refreshOn as Any])
    }
}
