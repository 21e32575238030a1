/// Why offline storage could not do what it was asked.
public struct StorageError: Error, Hashable, Sendable {
    /// The kind of trouble.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String { case unusable, refused, full, tooLarge, notHeld }
        private let value: Value

        /// The directory cannot be created, read or written.
        public static let unusable = Code(value: .unusable)
        /// The directory is a symbolic link, or belongs to somebody else.
        public static let refused = Code(value: .refused)
        /// There is no room, and nothing left that may go.
        public static let full = Code(value: .full)
        /// The payload alone is larger than the storage may be.
        package static let tooLarge = Code(value: .tooLarge)
        /// The caller does not hold the payload.
        package static let notHeld = Code(value: .notHeld)

        /// One word, fit for a metric's label.
        public var description: String { self.value.rawValue }
    }

    /// The kind of trouble.
    public var code: Code

    /// What happened and what helps, for people.
    public var message: String

    /// Creates an error.
    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }
}

extension StorageError: CustomStringConvertible {
    /// The message.
    public var description: String { self.message }
}
