public import Tracing

/// Runs a database call in a client span, for libraries that start none.
///
/// The span is started by the current tracer, under the current span, and follows the stable
/// semantic conventions:
///
/// | Attribute            | Value                                                         |
/// | -------------------- | ------------------------------------------------------------- |
/// | `db.system.name`     | `system`                                                      |
/// | `db.namespace`       | `namespace`                                                   |
/// | `db.operation.name`  | `operation`, else the first word of `query`                   |
/// | `db.collection.name` | `collection`, else the first table in `query`                 |
/// | `db.query.text`      | `query`, as far as `text` allows                              |
/// | `server.address`     | `serverAddress`                                               |
/// | `server.port`        | `serverPort`                                                  |
/// | `error.type`         | the type of the error that `body` throws                      |
///
/// The span is called after operation and collection, or what is known of them, such as
/// `SELECT users`; else after the namespace or the system.
///
/// - Parameters:
///   - system: the name that the semantic conventions have for the product, such as `postgresql`,
///     `mysql`, `sqlite` or `redis`.
///   - namespace: the database, with its schema if that matters.
///   - query: the statement. Its literals are not recorded unless `text` says so.
///   - text: how much of `query` is recorded; by default nothing but operation and collection.
///   - body: the call, which receives the span.
/// - Returns: what `body` returns.
/// - Throws: what `body` throws; the span then fails and has an event `exception`.
/// - SeeAlso: [Semantic conventions 1.38, database spans](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/database/database-spans.md)
public func withDatabaseSpan<Result>(
    system: String,
    namespace: String? = nil,
    query: String? = nil,
    text: QueryTextPolicy = .omitted,
    operation: String? = nil,
    collection: String? = nil,
    serverAddress: String? = nil,
    serverPort: Int? = nil,
    function: String = #function,
    file fileID: String = #fileID,
    line: UInt = #line,
    _ body: (any Tracing.Span) async throws -> Result
) async rethrows -> Result {
    let call = DatabaseCall(
        system: system,
        namespace: namespace,
        query: query,
        text: text,
        operation: operation,
        collection: collection,
        serverAddress: serverAddress,
        serverPort: serverPort
    )
    return try await withClientSpan(
        call.spanName,
        function: function,
        file: fileID,
        line: line,
        describe: call.describe,
        body
    )
}

/// Runs a synchronous database call in a client span, for libraries that start none.
///
/// The same as the asynchronous form.
public func withDatabaseSpan<Result>(
    system: String,
    namespace: String? = nil,
    query: String? = nil,
    text: QueryTextPolicy = .omitted,
    operation: String? = nil,
    collection: String? = nil,
    serverAddress: String? = nil,
    serverPort: Int? = nil,
    function: String = #function,
    file fileID: String = #fileID,
    line: UInt = #line,
    _ body: (any Tracing.Span) throws -> Result
) rethrows -> Result {
    let call = DatabaseCall(
        system: system,
        namespace: namespace,
        query: query,
        text: text,
        operation: operation,
        collection: collection,
        serverAddress: serverAddress,
        serverPort: serverPort
    )
    return try withClientSpan(
        call.spanName,
        function: function,
        file: fileID,
        line: line,
        describe: call.describe,
        body
    )
}

/// A call to a database in the words of the semantic conventions.
struct DatabaseCall {
    private let system: String
    private let namespace: String?
    private let query: String?
    private let text: QueryTextPolicy
    private let operation: String?
    private let collection: String?
    private let serverAddress: String?
    private let serverPort: Int?

    init(
        system: String,
        namespace: String?,
        query: String?,
        text: QueryTextPolicy,
        operation: String?,
        collection: String?,
        serverAddress: String?,
        serverPort: Int?
    ) {
        self.system = system
        self.namespace = namespace
        self.query = query
        self.text = text
        let needsSummary = operation == nil || collection == nil
        let summary =
            needsSummary
            ? query.map { StatementScanner.summarize($0, system: system) } : nil
        self.operation = operation ?? summary?.operation
        self.collection = collection ?? summary?.collection
        self.serverAddress = serverAddress
        self.serverPort = serverPort
    }

    var spanName: String {
        switch (self.operation, self.collection) {
        case (let operation?, let collection?): "\(operation) \(collection)"
        case (let operation?, nil):
            self.namespace.map { "\(operation) \($0)" } ?? operation
        case (nil, let collection?): collection
        case (nil, nil): self.namespace ?? self.system
        }
    }

    func describe(_ attributes: inout SpanAttributes) {
        attributes.set("db.system.name", value: .string(self.system))
        attributes.set("db.namespace", value: self.namespace.map { .string($0) })
        attributes.set("db.operation.name", value: self.operation.map { .string($0) })
        attributes.set("db.collection.name", value: self.collection.map { .string($0) })
        attributes.set("server.address", value: self.serverAddress.map { .string($0) })
        attributes.set("server.port", value: self.serverPort.map { .int64(Int64($0)) })
        if let query = self.query {
            switch self.text.value {
            case .omitted: break
            case .sanitized:
                let sanitized = StatementScanner.sanitize(query, system: self.system)
                attributes.set("db.query.text", value: .string(sanitized))
            case .verbatim:
                attributes.set("db.query.text", value: .string(query))
            }
        }
    }
}
