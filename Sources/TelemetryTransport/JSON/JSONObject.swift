/// The members of a JSON object, in the order of the text.
///
/// A key that occurs twice stays twice; looking it up finds the last. Looking up is linear, since
/// the objects of the protocols read here have a dozen members.
public struct JSONObject: Hashable, Sendable {
    /// One member.
    public struct Member: Hashable, Sendable {
        /// The key.
        public var key: String
        /// The value.
        public var value: JSONValue

        /// Creates a member.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The members, in the order of the text.
    public var members: [Member]

    /// Creates an object.
    public init(_ members: [Member] = []) {
        self.members = members
    }

    /// The value of the last member called `key`, if there is one.
    public subscript(_ key: String) -> JSONValue? {
        self.members.last { $0.key == key }?.value
    }
}
