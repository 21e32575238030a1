import GRDB
import GRDBSQLite
package import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The telemetry that has arrived, in SQLite.
///
/// In memory it is one connection on a queue of its own: an insertion is answered when it is in
/// the queue, so a long query delays no exporter, and every later query sees the rows because it
/// waits behind them. In a file, queries have connections of their own and run beside insertions;
/// an insertion is answered when it is committed.
///
/// Row ids number the items of all tables together in the order of their arrival.
package final class TelemetryStore: Sendable {
    /// Where the telemetry is kept, and how much of it.
    package struct Configuration: Sendable {
        /// The file, or nothing to keep the telemetry in memory.
        package var path: String?

        /// How many of the newest items are kept in memory; a file keeps all.
        package var maximumItems = 2_000_000

        /// How many bytes of insertions may wait in memory before senders are made to wait.
        package var maximumBacklog = 64 * 1024 * 1024

        /// How long a query may run.
        package var queryTimeLimit: Duration = .seconds(10)

        /// How many bytes the result of a query may have.
        package var maximumResultSize = 256 * 1024 * 1024

        /// Creates the configuration of a store in memory.
        package init(path: String? = nil) {
            self.path = path
        }
    }

    /// Why a file cannot be used.
    package struct OpenError: Error, Sendable {
        /// What is wrong with the file.
        package var message: String
    }

    private struct State {
        /// The number of the newest item.
        var sequence: Int64 = 0
        /// All items up to this number have been removed.
        var evicted: Int64 = 0
        /// The bytes of insertions in the queue.
        var backlog = 0
    }

    let configuration: Configuration
    let database: any DatabaseWriter
    private let logger: Logger
    private let state: Mutex<State>

    /// Opens the store; a file is created if there is none.
    package init(configuration: Configuration = .init(), logger: Logger) throws(OpenError) {
        // All that can fail comes first: Swift 6.3.1 crashes, when it optimizes, at an initializer
        // that would have to take down a mutex.
        let (database, newest) = try Self.openDatabase(configuration)
        self.configuration = configuration
        self.database = database
        self.logger = logger
        self.state = Mutex(State(sequence: newest))
    }

    /// Connects to the database, and finds the number of its newest item.
    private static func openDatabase(
        _ configuration: Configuration
    ) throws(OpenError) -> (any DatabaseWriter, newest: Int64) {
        var settings = GRDB.Configuration()
        settings.busyMode = .timeout(5)
        settings.prepareDatabase { connection in
            // No query can attach, and thereby create or read, another file.
            _ = unsafe sqlite3_limit(connection.sqliteConnection, SQLITE_LIMIT_ATTACHED, 0)
        }
        do {
            let database: any DatabaseWriter
            if let path = configuration.path {
                Self.createPrivately(path)
                database = try DatabasePool(path: path, configuration: settings)
            } else {
                database = try DatabaseQueue(configuration: settings)
            }
            try database.write { connection in try Self.createSchema(in: connection) }
            let newest = try database.read { connection in
                try TelemetryTable.allCases.map { table in
                    try Int64.fetchOne(connection, sql: "SELECT max(rowid) FROM \(table)") ?? 0
                }.max() ?? 0
            }
            return (database, newest)
        } catch let error as DatabaseError {
            throw OpenError(message: error.message ?? error.resultCode.description)
        } catch let error as OpenError {
            throw error
        } catch {
            throw OpenError(message: "\(error)")
        }
    }

    /// Makes a file that only its owner can read, as telemetry may be personal.
    ///
    /// SQLite gives the files beside it the same rights. An existing file keeps its own, and what
    /// goes wrong here SQLite will say.
    private static func createPrivately(_ path: String) {
        let descriptor = unsafe open(path, O_CREAT | O_EXCL | O_RDWR, 0o600)
        if descriptor >= 0 { closeFile(descriptor) }
    }

    /// The number of the newest item; it grows with everything that arrives.
    package var sequence: Int64 { self.state.withLock { $0.sequence } }

    /// Closes the connections; what was inserted before is in the file.
    package func close() throws {
        try self.database.close()
    }

    // MARK: Schema

    private static let schemaVersion = 1

    private static func createSchema(in connection: Database) throws {
        let version = try Int.fetchOne(connection, sql: "PRAGMA user_version") ?? 0
        guard version != Self.schemaVersion else { return }
        let tables = try Int.fetchOne(connection, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard version == 0, tables == 0 else {
            throw OpenError(message: "the file is a database of something else")
        }
        for table in TelemetryTable.allCases {
            let columns = (TelemetryTable.commonColumns + table.ownColumns)
                .map { "\"\($0.name)\" \($0.type)" }
                .joined(separator: ", ")
            try connection.execute(sql: "CREATE TABLE \(table) (\(columns))")
            if table.hasOperations {
                try connection.execute(
                    sql: """
                        CREATE INDEX \(table)_operation ON \(table) (operation_Id)
                        WHERE operation_Id IS NOT NULL
                        """
                )
            }
        }
        let columns = (TelemetryTable.commonColumns + TelemetryTable.customMetrics.ownColumns)
            .map { "\"\($0.name)\" \($0.type)" }
            .joined(separator: ", ")
        try connection.execute(sql: "CREATE TABLE resources (\(columns))")
        try connection.execute(sql: "PRAGMA user_version = \(Self.schemaVersion)")
    }

    // MARK: Insertion

    /// Stores the rows of one body.
    ///
    /// When it returns, every query begun later sees the rows.
    package func insert(_ batch: RowBatch) async throws {
        guard batch.count > 0 else { return }
        let size = batch.byteCount
        let backlog = self.state.withLock { state in
            state.backlog += size
            return state.backlog
        }
        let mustWait =
            self.configuration.path != nil || backlog > self.configuration.maximumBacklog
        guard mustWait else {
            self.insert(batch, size: size) { [logger] result in
                if case .failure(let error) = result {
                    logger.error("Telemetry could not be stored.", metadata: ["error": "\(error)"])
                }
            }
            return
        }
        try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Void, any Error>) in
            self.insert(batch, size: size) { continuation.resume(with: $0) }
        }
    }

    private func insert(
        _ batch: RowBatch,
        size: Int,
        completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        self.database.asyncWrite(
            { connection in try self.insert(batch, into: connection) },
            completion: { _, result in
                self.state.withLock { $0.backlog -= size }
                completion(result)
            }
        )
    }

    private func insert(_ batch: RowBatch, into connection: Database) throws {
        let (first, evictable) = self.state.withLock { state in
            let first = state.sequence
            state.sequence += Int64(batch.rows.count { $0.table != nil })
            let evictable =
                self.configuration.path == nil
                ? state.sequence - Int64(self.configuration.maximumItems) : 0
            return (first, evictable)
        }
        var sequence = first
        var statements: [TelemetryTable?: Statement] = [:]
        try unsafe batch.text.withUnsafeBufferPointer { text in
            for row in batch.rows {
                let statement: Statement
                if let known = statements[row.table] {
                    statement = known
                } else {
                    statement = try connection.cachedStatement(sql: Self.insertion(into: row.table))
                    statements[row.table] = statement
                }
                var number: Int64?
                if row.table != nil {
                    sequence += 1
                    number = sequence
                }
                let bound = unsafe Self.run(
                    statement,
                    number: number,
                    cells: batch.cells[row.firstCell...],
                    text: text
                )
                guard bound else {
                    throw DatabaseError(
                        resultCode: connection.lastErrorCode,
                        message: connection.lastErrorMessage
                    )
                }
            }
        }
        let oldest = self.state.withLock { $0.evicted }
        if evictable > oldest {
            for table in TelemetryTable.allCases {
                try connection.execute(
                    sql: "DELETE FROM \(table) WHERE rowid <= ?",
                    arguments: [evictable]
                )
            }
            self.state.withLock { $0.evicted = evictable }
        }
        if statements[nil] != nil {
            try connection.execute(
                sql: "DELETE FROM resources WHERE rowid <= (SELECT max(rowid) FROM resources) - ?",
                arguments: [Self.maximumResources]
            )
        }
    }

    /// How many resource items are kept, whatever the number of items.
    private static let maximumResources = 1000

    private static func insertion(into table: TelemetryTable?) -> String {
        let own = (table ?? .customMetrics).ownColumns
        let columns = TelemetryTable.commonColumns + own
        let names = columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
        let values = repeatElement("?", count: columns.count + 1).joined(separator: ", ")
        return "INSERT INTO \(table?.rawValue ?? "resources") (rowid, \(names)) VALUES (\(values))"
    }

    /// Binds and runs one insertion; the text is borrowed until the statement is reset.
    private static func run(
        _ statement: Statement,
        number: Int64?,
        cells: ArraySlice<RowBatch.Cell>,
        text: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let handle = unsafe statement.sqliteStatement
        let count = unsafe Int(sqlite3_bind_parameter_count(handle))
        if let number {
            unsafe sqlite3_bind_int64(handle, 1, number)
        } else {
            unsafe sqlite3_bind_null(handle, 1)
        }
        for (index, cell) in cells.prefix(count - 1).enumerated() {
            let parameter = Int32(index + 2)
            switch cell {
            case .null: unsafe sqlite3_bind_null(handle, parameter)
            case .integer(let value): unsafe sqlite3_bind_int64(handle, parameter, value)
            case .real(let value): unsafe sqlite3_bind_double(handle, parameter, value)
            case .text(let offset, let count):
                let address = unsafe text.baseAddress.map { unsafe UnsafeRawPointer($0 + offset) }
                unsafe sqlite3_bind_text(
                    handle,
                    parameter,
                    address?.assumingMemoryBound(to: CChar.self),
                    Int32(truncatingIfNeeded: count),
                    nil
                )
            }
        }
        let result = unsafe sqlite3_step(handle)
        unsafe sqlite3_reset(handle)
        // Nothing may point into the text after this.
        unsafe sqlite3_clear_bindings(handle)
        return result == SQLITE_DONE
    }
}

// Outside the store, whose own `close` would hide the function.
private func closeFile(_ descriptor: Int32) {
    _ = close(descriptor)
}
