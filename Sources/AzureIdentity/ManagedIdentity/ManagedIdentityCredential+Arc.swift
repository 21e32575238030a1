import HTTPTypes
import TelemetryTransport

/// The agent of Azure Arc on a machine outside of Azure.
///
/// It answers the first request with 401 and `WWW-Authenticate: Basic realm=PATH`. Who can read the
/// file at that path, which only members of a group can, sends its content with the second request.
///
/// The file is always read from the agent's own folder, and only a file with the extension `key`
/// and at most 4,096 bytes, so that who answers in the agent's place learns nothing else.
///
/// - SeeAlso: [The protocol](https://learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication)
extension ManagedIdentityCredential {
    private static let retries = TokenExchange.Retries(
        statuses: { $0 == 429 || $0 >= 500 },
        includesFailures: true,
        pauses: [.milliseconds(800), .milliseconds(1_600), .milliseconds(3_200)]
    )

    /// Asks the agent for a token.
    func arcToken(
        for request: TokenRequest,
        at endpoint: String
    ) async throws(CredentialError) -> AccessToken {
        var query: [(name: String, value: String)] = [
            ("api-version", "2020-06-01"), ("resource", request.resource),
        ]
        switch self.id?.value {
        case nil: break
        case .client(let id): query.append(("client_id", id))
        case .object(let id): query.append(("object_id", id))
        case .resource(let id): query.append(("msi_res_id", id))
        }
        let exchange = self.exchange(retries: Self.retries)
        var challenged = Self.get(endpoint, query: query, headers: Self.metadataField)
        let challenge = try await exchange.response(to: challenged)
        guard challenge.status == 401 else {
            throw self.error(
                .failed,
                "Azure Arc's agent answered \(challenge.status) where a challenge was due."
            )
        }
        challenged.headers[.authorization] = "Basic \(try self.key(in: challenge))"
        let response = try await exchange.response(to: challenged)
        let now = self.context.now()
        guard response.status == 200 else {
            throw TokenReply.error(in: response, credential: Self.name, now: now)
        }
        try self.checkIdentity(in: response)
        return try TokenReply.token(in: response, credential: Self.name, now: now)
    }

    /// The content of the file that the challenge names.
    private func key(in challenge: TransportResponse) throws(CredentialError) -> String {
        guard let path = Self.realm(in: challenge.headers[.wwwAuthenticate]) else {
            throw self.error(.failed, "Azure Arc's challenge names no file.")
        }
        guard let name = path.split(separator: "/", omittingEmptySubsequences: false).last,
            name.hasSuffix(".key"), name.utf8.count > ".key".utf8.count,
            path == "\(self.arcTokenFolder)/\(name)"
        else {
            throw self.error(
                .failed,
                "Azure Arc's challenge names a file that is not a key in "
                    + "\(self.arcTokenFolder). It was not read."
            )
        }
        switch SmallFile.text(at: path, maximumSize: 4_096) {
        case .success(let text):
            let key = String(text.trimmingBlanks)
            guard !key.isEmpty, key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw self.error(.failed, "The key of Azure Arc is no text of one word.")
            }
            return key
        case .failure(let problem):
            throw self.error(
                .failed,
                "The key of Azure Arc cannot be read: \(problem.explanation). "
                    + "The process must belong to the group himds."
            )
        }
    }

    /// The path in `Basic realm=PATH`, with or without quotation marks.
    static func realm(in field: String?) -> String? {
        let scheme = "basic "
        guard let field, field.lowercased().hasPrefix(scheme) else { return nil }
        let rest = field.dropFirst(scheme.count).trimmingBlanks
        let key = "realm="
        guard rest.lowercased().hasPrefix(key) else { return nil }
        var path = rest.dropFirst(key.count)
        if path.first == "\"" {
            path = path.dropFirst().prefix { $0 != "\"" }
        } else {
            path = path.prefix { $0 != "," && $0 != " " }
        }
        return path.isEmpty ? nil : String(path)
    }

    /// Older agents ignore the wish for an identity; what they give is somebody else's token.
    private func checkIdentity(in response: TransportResponse) throws(CredentialError) {
        let field: String
        let wanted: String
        switch self.id?.value {
        case nil: return
        case .client(let id): (field, wanted) = ("client_id", id)
        case .object(let id): (field, wanted) = ("object_id", id)
        case .resource(let id): (field, wanted) = ("msi_res_id", id)
        }
        let reply = TokenReply.object(in: response)
        guard reply?[field]?.stringValue?.lowercased() == wanted.lowercased() else {
            throw self.error(
                .rejected,
                "Azure Arc's agent gave a token of another identity. "
                    + "This agent knows no user-assigned ones."
            )
        }
    }
}
