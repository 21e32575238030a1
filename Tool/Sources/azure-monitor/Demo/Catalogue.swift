import GRDB
import TelemetryEngine

/// The shop's database: SQLite in memory, through GRDB.
///
/// GRDB knows nothing of tracing; each query runs inside ``withDatabaseSpan(system:namespace:query:)``.
struct Catalogue: Sendable {
    /// Something to buy.
    struct Product: Codable, FetchableRecord, Sendable {
        var id: Int
        var name: String
        var cents: Int
    }

    private let database: DatabaseQueue

    /// Creates the tables and a few products.
    init() throws {
        self.database = try DatabaseQueue()
        try self.database.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, cents INTEGER);
                    CREATE TABLE purchase (id INTEGER PRIMARY KEY, product INTEGER, state TEXT);
                    """
            )
            let products = [("Teapot", 1_990), ("Cup", 490), ("Kettle", 3_490), ("Whisk", 890)]
            for (name, cents) in products {
                try database.execute(
                    sql: "INSERT INTO product (name, cents) VALUES (?, ?)",
                    arguments: [name, cents]
                )
            }
        }
    }

    /// All products.
    func products() async throws -> [Product] {
        try await self.read("SELECT * FROM product ORDER BY id") { database, query in
            try Product.fetchAll(database, sql: query)
        }
    }

    /// One product, if there is one of that number.
    func product(_ id: Int) async throws -> Product? {
        try await self.read("SELECT * FROM product WHERE id = ?") { database, query in
            try Product.fetchOne(database, sql: query, arguments: [id])
        }
    }

    /// Asks for a table that was never made.
    func brokenReport() async throws -> Int? {
        try await self.read("SELECT COUNT(*) FROM sales_report") { database, query in
            try Int.fetchOne(database, sql: query)
        }
    }

    /// Notes an order and returns its number.
    func place(orderOf product: Int) async throws -> Int {
        let query = "INSERT INTO purchase (product, state) VALUES (?, 'new')"
        return try await withDatabaseSpan(system: "sqlite", namespace: "shop", query: query) { _ in
            try await self.database.write { database in
                try database.execute(sql: query, arguments: [product])
                return Int(database.lastInsertedRowID)
            }
        }
    }

    /// Notes that an order was shipped.
    func ship(order: Int) async throws {
        let query = "UPDATE purchase SET state = 'shipped' WHERE id = ?"
        try await withDatabaseSpan(system: "sqlite", namespace: "shop", query: query) { _ in
            try await self.database.write { database in
                try database.execute(sql: query, arguments: [order])
            }
        }
    }

    private func read<Value: Sendable>(
        _ query: String,
        _ fetch: @escaping @Sendable (Database, String) throws -> Value
    ) async throws -> Value {
        try await withDatabaseSpan(system: "sqlite", namespace: "shop", query: query) { _ in
            try await self.database.read { try fetch($0, query) }
        }
    }
}
