import TelemetryModel

extension RemoteDependencyData {
    /// Reads a call to a database.
    ///
    /// | Field    | From                                                                               |
    /// | -------- | ---------------------------------------------------------------------------------- |
    /// | `type`   | `db.system.name`\|`db.system`: `SQL` for most relational ones, else as it stands    |
    /// | `data`   | `db.query.text`\|`db.statement`\|`db.query.summary`\|`db.operation.name`\|`db.operation` |
    /// | `target` | peer and database with a bar between them, or the one that is known, or the system |
    ///
    /// The database is `db.namespace`\|`db.name`, the peer the ``PeerTarget``.
    ///
    /// - SeeAlso: [Database client spans 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/database/database-spans.md)
    /// - Parameter isTypeTaken: whether something else decides the type.
    mutating func applyDatabase(_ attributes: inout SemanticAttributes, isTypeTaken: Bool) {
        // The peer first: which port is the default depends on the system.
        let peer = PeerTarget(attributes).consume(from: &attributes)
        let choice = attributes.first(.dbSystemName, .dbSystem)
        let system = choice?.text ?? ""
        self.type = Self.isRelational(system) ? "SQL" : system
        self.data = attributes.consume(
            attributes.first(
                .dbQueryText,
                .dbStatement,
                .dbQuerySummary,
                .dbOperationName,
                .dbOperation
            )
        )
        let database = attributes.consume(attributes.first(.dbNamespace, .dbName))
        self.target =
            switch (peer, database) {
            case (let peer?, let database?): peer + "|" + database
            case (let peer?, nil): peer
            case (nil, let database?): database
            case (nil, nil): system
            }
        if !isTypeTaken || (peer == nil && database == nil) { _ = attributes.consume(choice) }
    }

    /// Whether the portal shows calls to the system as SQL.
    ///
    /// It knows MySQL, PostgreSQL, MongoDB and Redis by their own names.
    private static func isRelational(_ system: String) -> Bool {
        switch system {
        case "db2", "derby", "mariadb", "mssql", "oracle", "sqlite", "other_sql", "hsqldb", "h2",
            "microsoft.sql_server", "oracle.db", "ibm.db2", "h2database":
            true
        default:
            false
        }
    }
}
