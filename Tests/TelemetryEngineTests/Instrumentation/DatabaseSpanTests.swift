import Instrumentation
import TelemetryModel
import Testing
import Tracing

@testable import TelemetryEngine

@Suite("Database spans")
struct DatabaseSpanTests {
    @Test("A call is described in the words of the semantic conventions, without its text")
    func asynchronousCall() async throws {
        let harness = TracingHarness()
        let rows = await withTracer(harness.tracer) {
            await withDatabaseSpan(
                system: "postgresql",
                namespace: "shop",
                query: "SELECT * FROM public.carts WHERE owner = 'secret' AND total > 99",
                serverAddress: "db.example.com",
                serverPort: 5432,
                file: "Shop/Cart.swift"
            ) { span in
                await Task.yield()
                span.attributes["db.response.returned_rows"] = 3
                #expect(ServiceContext.current?.spanContext == span.context.spanContext)
                return 3
            }
        }
        #expect(rows == 3)
        let span = try await harness.endedSpans().only
        #expect(span.name == "SELECT public.carts")
        #expect(span.kind == .client)
        #expect(span.scope.name == "Shop")
        #expect(span.status == .unset)
        let values = Dictionary(uniqueKeysWithValues: span.attributes.map { ($0.key, $0.value) })
        #expect(
            values == [
                "db.system.name": "postgresql", "db.namespace": "shop",
                "db.operation.name": "SELECT", "db.collection.name": "public.carts",
                "server.address": "db.example.com", "server.port": 5432,
                "db.response.returned_rows": 3,
            ]
        )
    }

    @Test("A synchronous call that throws fails the span")
    func synchronousFailure() async throws {
        let harness = TracingHarness()
        let error = withTracer(harness.tracer) {
            #expect(throws: OutOfPaperError.self) {
                try withDatabaseSpan(system: "sqlite", query: "PRAGMA quick_check") { _ in
                    throw OutOfPaperError()
                }
            }
        }
        #expect(error != nil)
        let span = try await harness.endedSpans().only
        #expect(span.name == "PRAGMA")
        #expect(span.status == .error(message: ""))
        #expect(span.attributes["error.type"] == "TelemetryEngineTests.OutOfPaperError")
        #expect(try span.events.only.name == "exception")
    }

    @Test(
        "The text is kept as far as is asked for",
        arguments: [
            (QueryTextPolicy.omitted, nil), (.sanitized, "SELECT a FROM t WHERE b = ?"),
            (.verbatim, "SELECT a FROM t  WHERE b = 'x'"),
        ] as [(QueryTextPolicy, String?)]
    )
    func text(_ policy: QueryTextPolicy, expected: String?) async throws {
        let harness = TracingHarness()
        withTracer(harness.tracer) {
            withDatabaseSpan(
                system: "sqlite",
                query: "SELECT a FROM t  WHERE b = 'x'",
                text: policy
            ) { _ in }
        }
        let span = try await harness.endedSpans().only
        #expect(span.attributes["db.query.text"] == expected.map { .string($0) })
    }

    @Test("What the caller says wins over what the statement says")
    func explicitNames() async throws {
        let harness = TracingHarness()
        withTracer(harness.tracer) {
            withDatabaseSpan(system: "redis", namespace: "0", operation: "HGET") { _ in }
            withDatabaseSpan(
                system: "sqlite",
                query: "SELECT 1 FROM a",
                operation: "lookup",
                collection: "b"
            ) { _ in }
            withDatabaseSpan(system: "sqlite", namespace: "shop.sqlite") { _ in }
            withDatabaseSpan(system: "sqlite") { _ in }
        }
        let names = await harness.endedSpans().map(\.name)
        #expect(names == ["HGET 0", "lookup b", "shop.sqlite", "sqlite"])
    }

    @Test(
        "Operation and table are read from statements",
        arguments: [
            ("select * from Users", "SELECT", "Users"), ("SELECT 1", "SELECT", nil),
            ("  -- comment\n/* more */ SELECT a FROM \"my table\" x", "SELECT", "my table"),
            ("INSERT INTO a.b.c (x) VALUES (1)", "INSERT", "a.b.c"),
            ("INSERT OR REPLACE INTO t VALUES (1)", "INSERT", "t"),
            ("UPDATE OR IGNORE t SET a = 1", "UPDATE", "t"), ("UPDATE t SET a = 1", "UPDATE", "t"),
            ("DELETE FROM `t` WHERE 1", "DELETE", "t"), ("DELETE FROM [my t]", "DELETE", "my t"),
            ("CREATE TABLE IF NOT EXISTS t (a INT)", "CREATE", "t"),
            ("DROP TABLE \"s\".\"t\"", "DROP", "s.t"),
            ("SELECT a FROM (SELECT b FROM inner_t)", "SELECT", "inner_t"),
            ("SELECT 'FROM x' FROM y", "SELECT", "y"), ("PRAGMA foreign_keys", "PRAGMA", nil),
            ("", nil, nil), ("'", nil, nil), ("SELECT a FROM", "SELECT", nil),
            ("SELECT a FROM tä", "SELECT", "tä"), ("BEGIN", "BEGIN", nil),
        ] as [(String, String?, String?)]
    )
    func summary(_ statement: String, operation: String?, collection: String?) {
        #expect(
            StatementScanner.summarize(statement, system: "sqlite")
                == .init(operation: operation, collection: collection)
        )
    }

    @Test(
        "Literals are replaced, names are not",
        arguments: [
            ("sqlite", "a = 'x'", "a = ?"), ("sqlite", "a = 'it''s', b", "a = ?, b"),
            ("sqlite", "a = 1 + 2.5e-3 - .5", "a = ? + ? - ?"), ("sqlite", "0xFF, X'00'", "?, ?"),
            ("sqlite", "t1.c2 = ?1 AND :name", "t1.c2 = ?? AND :name"),
            ("sqlite", "\"col\" = 'C:\\', b", "\"col\" = ?, b"),
            ("sqlite", "a -- secret\n+ /* secret */ b", "a + b"),
            ("sqlite", "a = 'never closed", "a = ?"), ("sqlite", " \n a \t b ", "a b"),
            ("mysql", "a = \"x\" # secret\n, 'it\\'s'", "a = ? , ?"),
            ("mysql", "`a` = _utf8'x'", "`a` = ?"),
            ("postgresql", "a = $1 AND b = $$x$$", "a = $1 AND b = ?"),
            ("postgresql", "$tag$ it's $other$ secret $tag$ c", "? c"),
            ("postgresql", "$tag$ never closed", "?"),
            ("postgresql", "E'it\\'s', b'01', a[1]", "?, ?, a[?]"),
            (
                "microsoft.sql_server", "SELECT [my col], N'x' FROM [dbo].[t]",
                "SELECT [my col], ? FROM [dbo].[t]"
            ),
            ("who.knows", "a = 'x', b = 'y'", "a = ?, b = ?"),
            ("who.knows", "a = 'C:\\', 'secret'", "a = ?"),
        ]
    )
    func sanitizing(system: String, statement: String, expected: String) {
        #expect(StatementScanner.sanitize(statement, system: system) == expected)
    }

    @Test("No statement harms", arguments: hostileTexts)
    func hostileStatements(_ statement: String) {
        // The long ones take their time; one product shows that they do no harm.
        let systems = statement.utf8.count > 10_000 ? [""] : ["sqlite", "mysql", "postgresql", ""]
        for system in systems {
            _ = StatementScanner.summarize(statement, system: system)
            let sanitized = StatementScanner.sanitize("SELECT '\(statement)", system: system)
            #expect(sanitized == "SELECT ?")
            let length = StatementScanner.sanitize(statement, system: system).utf8.count
            #expect(length <= statement.utf8.count)
        }
    }
}
