/// Why an OTLP exporter cannot be made from what it was given.
///
/// The message names the setting and the remedy; it never contains a header's value.
public struct OTLPError: Error, Hashable, Sendable {
    /// The kind of trouble, to compare and to count.
    public struct Code: Hashable, Sendable {
        private enum Value: String {
            case invalidEndpoint, invalidHeader, unsupportedProtocol, missingCredential
            case invalidRule, otherDestination
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// An endpoint is not an `http` or `https` URL with a host, or not one that may be used here.
        public static let invalidEndpoint = Self(.invalidEndpoint)

        /// A header has a name or a value that no header can have.
        public static let invalidHeader = Self(.invalidHeader)

        /// The protocol is not part of this build.
        public static let unsupportedProtocol = Self(.unsupportedProtocol)

        /// The destination takes tokens, and there is nobody to get them.
        public static let missingCredential = Self(.missingCredential)

        /// The id of a data collection rule, or the name of a stream, is none.
        public static let invalidRule = Self(.invalidRule)

        /// The configuration is not that of the place that stored payloads are for.
        public static let otherDestination = Self(.otherDestination)
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
    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }
}

extension OTLPError.Code: CustomStringConvertible {
    /// The code's name, one of a small fixed set, fit for a metric's dimension.
    public var description: String { self.value.rawValue }
}

extension OTLPError: CustomStringConvertible {
    /// The code and the message.
    public var description: String { "\(self.code): \(self.message)" }
}
