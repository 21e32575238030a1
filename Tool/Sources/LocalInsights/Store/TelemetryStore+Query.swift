import GRDB
import GRDBSQLite

extension TelemetryStore {
    /// Why a query has no result.
    package struct QueryError: Error, Sendable {
        /// What SQLite, or the store, has against the query.
        package var message: String
    }

    /// A value for a parameter of a query.
    package enum Argument: Sendable, Hashable {
        /// NULL.
        case null
        /// An integer.
        case integer(Int64)
        /// A double.
        case real(Double)
        /// A text.
        case text(String)
    }

    /// Runs one read-only statement and gives its rows as a JSON array of objects.
    ///
    /// The objects have the names of the columns in their order. Integers, reals, texts and NULL
    /// keep their types, a blob becomes its bytes in hexadecimal. Only SELECT, WITH, VALUES and
    /// EXPLAIN of these are run, on a connection that refuses to write and to attach.
    package func query(
        _ sql: String,
        arguments: [Argument] = []
    ) async throws(QueryError) -> [UInt8] {
        let limit = self.configuration.queryTimeLimit
        let maximumSize = self.configuration.maximumResultSize
        do {
            return try await self.database.read { connection in
                let query = ReadOnlyQuery(
                    connection: connection,
                    timeLimit: limit,
                    maximumSize: maximumSize
                )
                return try query.run(sql, arguments: arguments)
            }
        } catch let error as QueryError {
            throw error
        } catch let error as DatabaseError {
            throw QueryError(message: error.message ?? error.resultCode.description)
        } catch {
            throw QueryError(message: "\(error)")
        }
    }
}

/// One query on a connection that is being read from.
private struct ReadOnlyQuery {
    typealias QueryError = TelemetryStore.QueryError

    let connection: Database
    let timeLimit: Duration
    let maximumSize: Int

    /// When the query has to end; asked from SQLite's progress callback.
    private final class Deadline {
        let instant: ContinuousClock.Instant
        init(_ instant: ContinuousClock.Instant) { self.instant = instant }
    }

    func run(_ sql: String, arguments: [TelemetryStore.Argument]) throws -> [UInt8] {
        if let word = Self.foreignWord(of: sql) {
            throw QueryError(message: "only SELECT, WITH and VALUES are allowed, not '\(word)'")
        }
        let deadline = Deadline(.now.advanced(by: self.timeLimit))
        let handle = unsafe self.connection.sqliteConnection
        // Asked every few thousand instructions of SQLite's machine: often enough to end within
        // milliseconds of the deadline, rarely enough not to be noticed.
        unsafe sqlite3_progress_handler(
            handle,
            4000,
            { context in
                guard let context = unsafe context else { return 0 }
                let deadline = unsafe Unmanaged<Deadline>.fromOpaque(context).takeUnretainedValue()
                return deadline.instant <= .now ? 1 : 0
            },
            Unmanaged.passUnretained(deadline).toOpaque()
        )
        defer {
            unsafe sqlite3_progress_handler(handle, 0, nil, nil)
        }
        return try withExtendedLifetime(deadline) {
            let statement = unsafe try self.prepare(sql)
            defer { unsafe sqlite3_finalize(statement) }
            unsafe try self.bind(arguments, to: statement)
            return unsafe try self.rows(of: statement)
        }
    }

    // MARK: The statement

    /// The first word of a statement that is not one that reads.
    ///
    /// The connection refuses to write anyway. What is kept out here is what SQLite does while it
    /// compiles: some PRAGMA statements act even when they are only explained.
    private static func foreignWord(of sql: String) -> String? {
        var words = SQLWords(sql)
        var word = words.next()
        if word == "EXPLAIN" {
            word = words.next()
            if word == "QUERY" {
                _ = words.next()
                word = words.next()
            }
        }
        return ["SELECT", "WITH", "VALUES"].contains(word) ? nil : word ?? ""
    }

    private func prepare(_ sql: String) throws -> OpaquePointer {
        let handle = unsafe self.connection.sqliteConnection
        var statement: OpaquePointer?
        // Not `withCString`: a NUL in the text would end the statement unseen.
        var bytes = Array(sql.utf8)
        guard !bytes.contains(0) else { throw QueryError(message: "a NUL character in the query") }
        bytes.append(0)
        var rest = 0
        let code = unsafe bytes.withUnsafeBufferPointer { buffer -> Int32 in
            unsafe buffer.withMemoryRebound(to: CChar.self) { text -> Int32 in
                var tail: UnsafePointer<CChar>?
                let code = unsafe sqlite3_prepare_v2(
                    handle,
                    text.baseAddress,
                    Int32(truncatingIfNeeded: text.count),
                    &statement,
                    &tail
                )
                if let start = text.baseAddress, let tail = unsafe tail {
                    rest = unsafe tail - start
                }
                return code
            }
        }
        guard code == SQLITE_OK, let statement = unsafe statement else {
            throw self.fault(code)
        }
        let remainder = String(decoding: bytes[rest..<(bytes.count - 1)], as: UTF8.self)
        var words = SQLWords(remainder)
        guard words.isAtEnd() else {
            unsafe sqlite3_finalize(statement)
            throw QueryError(message: "more than one statement")
        }
        guard unsafe sqlite3_stmt_readonly(statement) != 0 else {
            unsafe sqlite3_finalize(statement)
            throw QueryError(message: "the database is read-only")
        }
        return unsafe statement
    }

    private func bind(
        _ arguments: [TelemetryStore.Argument],
        to statement: OpaquePointer
    ) throws {
        let count = unsafe Int(sqlite3_bind_parameter_count(statement))
        guard count == arguments.count else {
            throw QueryError(message: "\(count) parameters, but \(arguments.count) arguments")
        }
        // SQLite's way to say that it has to copy the text.
        let copy = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        for (index, argument) in arguments.enumerated() {
            let parameter = Int32(index + 1)
            switch argument {
            case .null: unsafe sqlite3_bind_null(statement, parameter)
            case .integer(let value): unsafe sqlite3_bind_int64(statement, parameter, value)
            case .real(let value): unsafe sqlite3_bind_double(statement, parameter, value)
            case .text(let value):
                let count = Int32(truncatingIfNeeded: value.utf8.count)
                unsafe sqlite3_bind_text(statement, parameter, value, count, copy)
            }
        }
    }

    // MARK: The rows

    private func rows(of statement: OpaquePointer) throws -> [UInt8] {
        let count = unsafe sqlite3_column_count(statement)
        let keys = (0..<count).map { column -> [UInt8] in
            var key: [UInt8] = []
            let name = unsafe sqlite3_column_name(statement, column)
            JSONText.append(unsafe name.map { unsafe String(cString: $0) } ?? "", to: &key)
            key.append(UInt8(ascii: ":"))
            return key
        }
        var output: [UInt8] = [UInt8(ascii: "[")]
        while true {
            let code = unsafe sqlite3_step(statement)
            if code == SQLITE_DONE { break }
            guard code == SQLITE_ROW else { throw self.fault(code) }
            if output.count > 1 { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "{"))
            for column in 0..<count {
                if column > 0 { output.append(UInt8(ascii: ",")) }
                output.append(contentsOf: keys[Int(column)])
                unsafe Self.appendValue(of: statement, column, to: &output)
            }
            output.append(UInt8(ascii: "}"))
            guard output.count <= self.maximumSize else {
                throw QueryError(
                    message:
                        "the result is larger than \(self.maximumSize) bytes; add a LIMIT"
                )
            }
        }
        output.append(UInt8(ascii: "]"))
        return output
    }

    private static func appendValue(
        of statement: OpaquePointer,
        _ column: Int32,
        to output: inout [UInt8]
    ) {
        switch unsafe sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER:
            let value = unsafe sqlite3_column_int64(statement, column)
            output.append(contentsOf: value.description.utf8)
        case SQLITE_FLOAT:
            JSONText.append(unsafe sqlite3_column_double(statement, column), to: &output)
        case SQLITE_TEXT:
            let address = unsafe sqlite3_column_text(statement, column)
            let count = unsafe Int(sqlite3_column_bytes(statement, column))
            let text = unsafe UnsafeBufferPointer(start: address, count: count)
            // A function of SQL can cut text in the middle of a character.
            JSONText.append(unsafe String(decoding: text, as: UTF8.self), to: &output)
        case SQLITE_BLOB:
            let address = unsafe sqlite3_column_blob(statement, column)
            let count = unsafe Int(sqlite3_column_bytes(statement, column))
            let bytes = unsafe Array(UnsafeRawBufferPointer(start: address, count: count))
            let digits = Array("0123456789ABCDEF".utf8)
            output.append(UInt8(ascii: "\""))
            for byte in bytes {
                output.append(digits[Int(byte >> 4)])
                output.append(digits[Int(byte & 15)])
            }
            output.append(UInt8(ascii: "\""))
        default:
            output.append(contentsOf: "null".utf8)
        }
    }

    private func fault(_ code: Int32) -> QueryError {
        if code & 0xFF == SQLITE_INTERRUPT {
            return QueryError(message: "the query took longer than \(self.timeLimit)")
        }
        return QueryError(message: self.connection.lastErrorMessage ?? "SQLite error \(code)")
    }
}

/// The words of a statement, without blanks and comments.
private struct SQLWords {
    private var rest: Substring

    init(_ sql: String) {
        self.rest = sql[...]
    }

    /// The next word in upper case, or nothing if something else comes next.
    mutating func next() -> String? {
        self.skipBlanks()
        let word = self.rest.prefix { $0.isASCII && $0.isLetter }
        guard !word.isEmpty else { return nil }
        self.rest = self.rest.dropFirst(word.count)
        return word.uppercased()
    }

    /// Whether only blanks, comments and semicolons are left.
    mutating func isAtEnd() -> Bool {
        repeat {
            self.skipBlanks()
            guard self.rest.first == ";" else { return self.rest.isEmpty }
            self.rest = self.rest.dropFirst()
        } while true
    }

    private mutating func skipBlanks() {
        while true {
            if let first = self.rest.first, first.isWhitespace {
                self.rest = self.rest.dropFirst()
            } else if self.rest.hasPrefix("--") {
                self.rest = self.rest.drop { !$0.isNewline }
            } else if self.rest.hasPrefix("/*") {
                self.rest = self.rest.dropFirst(2)
                while !self.rest.isEmpty, !self.rest.hasPrefix("*/") {
                    self.rest = self.rest.dropFirst()
                }
                self.rest = self.rest.dropFirst(2)
            } else {
                return
            }
        }
    }
}
