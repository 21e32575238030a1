import TelemetryModel

/// The peer of a call: who was called, as far as the attributes that every convention shares say.
///
/// | Text                          | From                                               |
/// | ----------------------------- | -------------------------------------------------- |
/// | the service                   | `peer.service`, if present                         |
/// | else `host` or `host:port`    | `server.address`\|`net.peer.name`\|`net.peer.ip`   |
/// | the port, if not a default    | `server.port` of `server.address`, else `net.peer.port` |
///
/// A port is the default if it is that of `url.scheme`\|`http.scheme` or of the database. There is
/// no port without a host.
struct PeerTarget {
    /// The text; may be empty.
    private(set) var text = ""
    private var serviceKey: SemanticKey?
    private var hostKey: SemanticKey?
    private var portKey: SemanticKey?

    /// Finds the peer without consuming anything.
    init(_ attributes: SemanticAttributes) {
        if let service = attributes.text(.peerService) {
            self.text = service
            self.serviceKey = .peerService
            return
        }
        guard let host = attributes.first(.serverAddress, .netPeerName, .netPeerIP) else { return }
        self.text = host.text
        self.hostKey = host.key
        let portKey: SemanticKey = host.key == .serverAddress ? .serverPort : .netPeerPort
        guard let port = attributes.filledText(portKey) else { return }
        self.portKey = portKey
        let number = DefaultPort.number(attributes.value(portKey))
        guard
            number == nil
                || (number != DefaultPort.ofScheme(attributes)
                    && number != DefaultPort.ofDatabase(attributes))
        else { return }
        self.text += ":"
        self.text += port
    }

    /// The text, with its attributes consumed; `nil` if it is empty.
    func consume(from attributes: inout SemanticAttributes) -> String? {
        guard !self.text.isEmpty else { return nil }
        if let key = self.serviceKey { attributes.consume(key) }
        if let key = self.hostKey { attributes.consume(key) }
        if let key = self.portKey { attributes.consume(key) }
        return self.text
    }
}

/// The ports that need not be told.
enum DefaultPort {
    /// The port that an attribute's value is; text is none, because texts are never a default.
    static func number(_ value: AttributeValue?) -> Int? {
        switch value {
        case .int(let number)?: Int(number)
        case .double(let number)?: Int(exactly: number)
        default: nil
        }
    }

    /// The port of `url.scheme`\|`http.scheme`; 0 without one.
    static func ofScheme(_ attributes: SemanticAttributes) -> Int {
        switch attributes.first(.urlScheme, .httpScheme)?.text {
        case "http"?: 80
        case "https"?: 443
        default: 0
        }
    }

    /// The port of `db.system.name`\|`db.system`; 0 without one.
    static func ofDatabase(_ attributes: SemanticAttributes) -> Int {
        switch attributes.first(.dbSystemName, .dbSystem)?.text {
        case "postgresql"?: 5432
        case "cassandra"?: 9042
        case "mariadb"?, "mysql"?: 3306
        case "mssql"?, "microsoft.sql_server"?: 1433
        case "memcached"?: 11_211
        case "db2"?, "ibm.db2"?: 50_000
        case "oracle"?, "oracle.db"?: 1521
        case "h2"?, "h2database"?: 8082
        case "derby"?: 1527
        case "redis"?: 6379
        default: 0
        }
    }
}
