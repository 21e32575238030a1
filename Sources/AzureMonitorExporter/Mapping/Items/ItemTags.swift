import TelemetryModel

/// The tags that belong to one item, the operation's ids apart.
struct ItemTags {
    /// `ai.operation.name`: what the request was, for all items of the operation.
    var operationName: String?
    /// `ai.operation.syntheticSource`: whether a robot or a test caused the item.
    var isSynthetic = false
    /// `ai.user.authUserId`: who signed in.
    var authenticatedUserID: String?
    /// `ai.user.id`: who it was without telling who it was.
    var userID: String?
    /// `ai.session.id`: the user's session.
    var sessionID: String?
    /// `ai.location.ip`: the address of the client.
    var clientIP: String?
    /// `ai.user.userAgent`: the client's program.
    var userAgent: String?

    /// What the user agent of the service's availability tests contains.
    private static let availabilityTests = ASCIIPattern("AlwaysOn")

    /// Creates no tags.
    init() {}

    /// Reads the tags that spans of every kind have.
    ///
    /// | Tag                            | Consumed key                | If                        |
    /// | ------------------------------ | --------------------------- | ------------------------- |
    /// | `ai.user.authUserId`           | `enduser.id`                | present                   |
    /// | `ai.user.id`                   | `enduser.pseudo.id`         | present                   |
    /// | `ai.operation.syntheticSource` | `user_agent.synthetic.type` | it is `bot` or `test`     |
    /// | `ai.session.id`                | `microsoft.session.id`      | not empty                 |
    ///
    /// `microsoft.client.ip` and `microsoft.operation_name` are left to the span's kind, because
    /// they override what is derived.
    init(span attributes: inout SemanticAttributes) {
        self.authenticatedUserID = attributes.consumeText(.enduserID)
        self.userID = attributes.consumeText(.enduserPseudoID)
        self.sessionID = attributes.consumeFilledText(.microsoftSessionID)
        self.isSynthetic = Self.isSynthetic(attributes)
        if Self.isSyntheticType(attributes) { attributes.consume(.userAgentSyntheticType) }
    }

    /// Reads the tags of a log record.
    ///
    /// | Tag                            | Key                                                    | Consumed |
    /// | ------------------------------ | ------------------------------------------------------ | -------- |
    /// | `ai.user.authUserId`           | `enduser.id`, if present                               | yes      |
    /// | `ai.user.id`                   | `enduser.pseudo.id`, if present                        | yes      |
    /// | `ai.session.id`                | `microsoft.session.id`, if not empty                   | yes      |
    /// | `ai.location.ip`               | `microsoft.client.ip`, if not empty                    | yes      |
    /// |                                | else `client.address`\|`http.client_ip`\|`net.peer.ip` | no       |
    /// | `ai.operation.name`            | `microsoft.operation_name`, if not empty               | yes      |
    /// |                                | else `ai.operation.name`, if present                   | no       |
    /// | `ai.operation.syntheticSource` | as for spans                                           | no       |
    init(logRecord attributes: inout SemanticAttributes) {
        self.authenticatedUserID = attributes.consumeText(.enduserID)
        self.userID = attributes.consumeText(.enduserPseudoID)
        self.sessionID = attributes.consumeFilledText(.microsoftSessionID)
        self.isSynthetic = Self.isSynthetic(attributes)
        self.clientIP =
            attributes.consumeFilledText(.microsoftClientIP)
            ?? attributes.first(.clientAddress, .httpClientIP, .netPeerIP)?.text
        self.operationName =
            attributes.consumeFilledText(.microsoftOperationName)
            ?? attributes.text(.aiOperationName)
    }

    /// Takes over what is not known of its own.
    mutating func inherit(_ other: ItemTags) {
        if self.operationName == nil { self.operationName = other.operationName }
        if other.isSynthetic { self.isSynthetic = true }
        if self.authenticatedUserID == nil { self.authenticatedUserID = other.authenticatedUserID }
        if self.userID == nil { self.userID = other.userID }
        if self.sessionID == nil { self.sessionID = other.sessionID }
        if self.clientIP == nil { self.clientIP = other.clientIP }
    }

    /// Whether a robot or a test caused the item: it says so, or its user agent is that of the
    /// service's own availability tests.
    static func isSynthetic(_ attributes: SemanticAttributes) -> Bool {
        if Self.isSyntheticType(attributes) { return true }
        guard attributes.has(.userAgentOriginal, or: .httpUserAgent) else { return false }
        var agent = attributes.value(.userAgentOriginal)
        if agent?.isVoid ?? true { agent = attributes.value(.httpUserAgent) }
        guard case .string(let text)? = agent else { return false }
        return Self.availabilityTests.isPart(of: text)
    }

    private static func isSyntheticType(_ attributes: SemanticAttributes) -> Bool {
        guard case .string(let type)? = attributes.value(.userAgentSyntheticType) else {
            return false
        }
        return type == "bot" || type == "test"
    }

    /// Writes the tags, each with a comma before it.
    func write(to json: inout JSONWriter) {
        json.field(#","ai.operation.name":"#, self.operationName, limit: 1024)
        if self.isSynthetic { json.raw(#","ai.operation.syntheticSource":"True""#) }
        json.field(#","ai.user.authUserId":"#, self.authenticatedUserID, limit: 1024)
        json.field(#","ai.user.id":"#, self.userID, limit: 1024)
        json.field(#","ai.session.id":"#, self.sessionID, limit: 64)
        json.field(#","ai.location.ip":"#, self.clientIP, limit: 46)
        json.field(#","ai.user.userAgent":"#, self.userAgent, limit: 2048)
    }
}

/// A few characters to look for, compared byte by byte.
private struct ASCIIPattern {
    private let bytes: [UInt8]

    init(_ text: StaticString) {
        self.bytes = Array(text.description.utf8)
    }

    func isPart(of text: String) -> Bool {
        var rest = text.utf8[...]
        while let start = rest.firstIndex(of: self.bytes[0]) {
            rest = rest[start...]
            if rest.starts(with: self.bytes) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
