/// Which of the identities that a machine or service may have.
public struct ManagedIdentityID: Hashable, Sendable {
    enum Value: Hashable {
        case client(String)
        case object(String)
        case resource(String)
    }

    let value: Value

    /// The user-assigned identity with this client id.
    public static func clientID(_ id: String) -> Self { Self(value: .client(id)) }

    /// The user-assigned identity with this object id, also called principal id.
    public static func objectID(_ id: String) -> Self { Self(value: .object(id)) }

    /// The user-assigned identity with this id as a resource: `/subscriptions/…`.
    public static func resourceID(_ id: String) -> Self { Self(value: .resource(id)) }
}
