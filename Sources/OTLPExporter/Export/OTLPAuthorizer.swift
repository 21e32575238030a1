/// Who gets what goes into the `Authorization` header of export requests.
///
/// Headers that never change belong into ``OTLPConfiguration/headers``. An authorizer is asked for
/// each request, so it keeps what it got; it is only asked for addresses with `https`, or on this
/// machine.
public protocol OTLPAuthorizer: Sendable {
    /// Returns what to send.
    ///
    /// The time it takes is part of the time that a request has. When that is over the task is
    /// cancelled, and nothing is sent until this returns.
    ///
    /// - Parameters:
    ///   - refused: What the server did not accept a moment ago; `nil` at first.
    ///   - challenge: The field `WWW-Authenticate` of that answer, if it had one.
    /// - Throws: ``OTLPAuthorizationError``; the request is tried again later then.
    func authorization(
        replacing refused: OTLPAuthorization?,
        challenge: String?
    ) async throws(OTLPAuthorizationError) -> OTLPAuthorization

    /// Ends what is under way; nothing is asked for afterwards.
    func shutdown() async
}

extension OTLPAuthorizer {
    /// Nothing is under way.
    public func shutdown() async {}
}

/// The value of an `Authorization` header.
///
/// Printing, dumping or mirroring it never shows the value.
public struct OTLPAuthorization: Hashable, Sendable {
    /// The whole value, such as `Bearer …`.
    public var value: String

    /// Who got it, for diagnostics.
    public var source: String?

    /// What to do if the server does not accept it, for diagnostics.
    public var remedy: String?

    /// Creates an authorization.
    ///
    /// - Parameters:
    ///   - value: The whole value of the header.
    ///   - source: Who got it.
    ///   - remedy: What to do if the server does not accept it.
    public init(value: String, source: String? = nil, remedy: String? = nil) {
        self.value = value
        self.source = source
        self.remedy = remedy
    }
}

extension OTLPAuthorization: CustomStringConvertible, CustomReflectable {
    /// Who got it.
    public var description: String { "OTLPAuthorization(source: \(self.source ?? "unknown"))" }

    /// Who got it.
    public var customMirror: Mirror { Mirror(self, children: ["source": self.source as Any]) }
}

/// Why there is no authorization now.
public struct OTLPAuthorizationError: Error, Hashable, Sendable {
    /// What happened and what to do about it, for people; no secret.
    public var message: String

    /// How long to wait before the next try, if somebody asked for that.
    public var retryAfter: Duration?

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - message: What happened and what to do about it.
    ///   - retryAfter: How long to wait before the next try.
    public init(message: String, retryAfter: Duration? = nil) {
        self.message = message
        self.retryAfter = retryAfter
    }
}
