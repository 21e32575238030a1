/// Why an exporter cannot be made from what it was given.
///
/// The message names the setting, the shape of its value and the remedy. It never contains the
/// value itself, which may be a secret.
public struct AzureMonitorError: Error, Hashable, Sendable {
    /// The kind of trouble, to compare and to count.
    public struct Code: Hashable, Sendable {
        private enum Value: String {
            case missingConnectionString, malformedConnectionString, invalidInstrumentationKey
            case invalidEndpoint, unsupportedAuthorization, otherResource
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// Neither the code nor the environment has a connection string.
        public static let missingConnectionString = Self(.missingConnectionString)

        /// A part of the connection string is not `key=value`.
        public static let malformedConnectionString = Self(.malformedConnectionString)

        /// The instrumentation key is missing or not a UUID.
        public static let invalidInstrumentationKey = Self(.invalidInstrumentationKey)

        /// An endpoint is not an `http` or `https` URL with a host.
        public static let invalidEndpoint = Self(.invalidEndpoint)

        /// The connection string asks for an authorization other than `ikey`.
        public static let unsupportedAuthorization = Self(.unsupportedAuthorization)

        /// The connection string is not that of the resource that stored payloads are for.
        public static let otherResource = Self(.otherResource)
    }

    /// The kind of trouble.
    public var code: Code

    /// What is wrong and what to do about it, for people.
    public var message: String

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: The kind of trouble.
    ///   - message: What is wrong and what to do about it; it must not contain secrets.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }
}

extension AzureMonitorError.Code: CustomStringConvertible {
    /// The code's name, one of a small fixed set, fit for a metric's dimension.
    public var description: String { self.value.rawValue }
}

extension AzureMonitorError: CustomStringConvertible {
    /// The code and the message.
    public var description: String { "\(self.code): \(self.message)" }
}
