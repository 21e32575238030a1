/// Who issues tokens: a host name, and a port where it is not the usual one.
///
/// The first of these counts: what code says, `AZURE_AUTHORITY_HOST`, the cloud of the request.
struct AuthorityHost: Hashable {
    /// Scheme and host, such as `https://login.microsoftonline.com`.
    let origin: String

    /// Finds the authority.
    ///
    /// - Parameters:
    ///   - explicit: What code says; a host name, or a URL that begins with `https://`.
    ///   - context: Where the variables are.
    ///   - cloud: The cloud of the request.
    ///   - credential: The credential's name, for the error.
    init(
        explicit: String?,
        context: IdentityContext,
        cloud: AzureCloud,
        credential: String
    ) throws(CredentialError) {
        let text = explicit ?? context.variable(Self.variable) ?? cloud.authorityHost
        guard let origin = Self.origin(of: text) else {
            throw CredentialError(
                code: .invalidConfiguration,
                credential: credential,
                message: "The authority (\(explicit == nil ? Self.variable : "authorityHost")) "
                    + "must be a host name or begin with https://."
            )
        }
        self.origin = origin
    }

    /// Where a tenant's tokens are had.
    func tokenEndpoint(tenant: String) -> String {
        "\(self.origin)/\(tenant)/oauth2/v2.0/token"
    }

    private static let variable = "AZURE_AUTHORITY_HOST"

    private static func origin(of text: String) -> String? {
        var rest = text[...]
        let scheme = "https://"
        if rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
        } else if rest.contains("://") {
            return nil
        }
        while rest.last == "/" { rest.removeLast() }
        let isAllowed: (UInt8) -> Bool = { byte in
            byte > 0x20 && byte < 0x7F
                && !["/", "?", "#", "@", "\\", "\""].contains(Character(Unicode.Scalar(byte)))
        }
        guard !rest.isEmpty, rest.utf8.allSatisfy(isAllowed) else { return nil }
        return scheme + rest
    }
}
