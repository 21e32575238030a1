/// Why a request as a whole cannot be read.
public struct OTLPDecodingError: Error, Hashable, Sendable {
    /// The kind of trouble.
    public struct Code: Hashable, Sendable {
        private enum Value: String { case malformed, unexpectedShape }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The bytes are not in the encoding they should be in.
        public static let malformed = Self(.malformed)

        /// The bytes are well-formed, but not an export request.
        public static let unexpectedShape = Self(.unexpectedShape)
    }

    /// The kind of trouble.
    public var code: Code

    /// What is wrong and where, without any part of the content.
    public var message: String

    /// Creates an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }
}

extension OTLPDecodingError.Code: CustomStringConvertible {
    /// The code's name, one of a small fixed set.
    public var description: String { self.value.rawValue }
}

extension OTLPDecodingError: CustomStringConvertible {
    /// The message.
    public var description: String { self.message }
}
