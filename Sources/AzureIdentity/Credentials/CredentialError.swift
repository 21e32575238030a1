/// Why a credential gave no token.
public struct CredentialError: Error, Sendable {
    /// The kind of trouble, to compare and to count.
    public struct Code: Hashable, Sendable {
        private enum Value: String { case unavailable, rejected, failed, invalidConfiguration }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The credential cannot work here, such as a managed identity on a laptop; another may.
        public static let unavailable = Self(.unavailable)

        /// The identity was refused: a wrong secret, an expired certificate, no such tenant.
        public static let rejected = Self(.rejected)

        /// It did not work this time; another try may.
        public static let failed = Self(.failed)

        /// A setting is missing or malformed.
        public static let invalidConfiguration = Self(.invalidConfiguration)
    }

    /// The kind of trouble.
    public var code: Code

    /// The credential's name, such as `ManagedIdentityCredential`.
    public var credential: String

    /// What happened and what to do about it, for people; no secret.
    public var message: String

    /// The error beneath, if there is one.
    public var cause: (any Error)?

    /// How long whoever refused wants to be left alone, between 1 s and 1 h; `nil` if it did not
    /// say.
    public var retryAfter: Duration?

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: The kind of trouble.
    ///   - credential: The credential's name.
    ///   - message: What happened and what to do about it; it must not contain secrets.
    ///   - cause: The error beneath.
    ///   - retryAfter: How long to wait before the next try.
    public init(
        code: Code,
        credential: String,
        message: String,
        cause: (any Error)? = nil,
        retryAfter: Duration? = nil
    ) {
        self.code = code
        self.credential = credential
        self.message = message
        self.cause = cause
        self.retryAfter = retryAfter
    }
}

extension CredentialError.Code: CustomStringConvertible {
    /// The code's name, one of a small fixed set, fit for a metric's dimension.
    public var description: String { self.value.rawValue }
}

extension CredentialError: CustomStringConvertible {
    /// Credential and message; the cause is left out, since others wrote it.
    public var description: String { "\(self.credential): \(self.message)" }
}
