import AzureMonitorExporter
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LocalInsights
import Logging
import NIOCore
import TelemetryEngine
import TelemetryModel
import Testing
import Tracing

/// What items inherit from a request that Hummingbird's own middleware traces, from the server to
/// the rows in the store.
///
/// Hummingbird knows the route last: it sets name and `http.route` when the handler has returned.
@Suite(.timeLimit(.minutes(10))) struct InheritanceEndToEndTests {
    @Test func `children, events and logs of a request have what is known at its end`() async throws
    {
        try await Self.withShop(flushesInside: false) { rows in
            let request = try #require(rows["requests"]?.first)
            #expect(request["name"] == "GET /orders/{id}")
            #expect(request["operation_Name"] == "GET /orders/{id}")
            #expect(rows["requests"]?.count == 1)
            #expect(rows["dependencies"]?.map { $0["name"] } == ["work", "SELECT"])
            #expect(
                rows["traces"]?.compactMap { $0["message"] } == [
                    "looking", "waited", "at the root",
                ]
            )
            #expect(rows["exceptions"]?.count == 1)
            for row in ["requests", "dependencies", "traces", "exceptions"].flatMap({
                rows[$0] ?? []
            }) {
                #expect(row["operation_Name"] == "GET /orders/{id}")
                #expect(row["operation_Id"] == request["operation_Id"])
                Self.expectCircumstances(row)
            }
        }
    }

    @Test func `while the request runs its name is left out, and the rest is taken as it stands`()
        async throws
    {
        try await Self.withShop(flushesInside: true) { rows in
            let request = try #require(rows["requests"]?.first)
            #expect(request["operation_Name"] == "GET /orders/{id}")
            #expect(rows["dependencies"]?.count == 2)
            #expect(rows["traces"]?.count == 3)
            #expect(rows["exceptions"]?.count == 1)
            for row in ["dependencies", "traces", "exceptions"].flatMap({ rows[$0] ?? [] }) {
                #expect(row["operation_Name"] == nil)
                #expect(row["operation_Id"] == request["operation_Id"])
                Self.expectCircumstances(row)
            }
        }
    }

    private static func expectCircumstances(_ row: [String: String]) {
        #expect(row["operation_SyntheticSource"] == "True")
        #expect(row["user_AuthenticatedId"] == "anna")
        #expect(row["client_IP"] == "203.0.113.7")
    }

    // MARK: The shop

    private static let tables = ["requests", "dependencies", "traces", "exceptions"]

    /// Sends one request to a traced server, and shows the rows that arrived, by table.
    ///
    /// - Parameter flushesInside: whether the handler delivers everything before it returns.
    private static func withShop(
        flushesInside: Bool,
        _ body: ([String: [[String: String]]]) throws -> Void
    ) async throws {
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try TelemetryStore(logger: silent)
        let server = LocalInsightsServer(configuration: .init(), store: store, logger: silent)
        let rows = try await server.makeApplication().test(.live) { client in
            let telemetry = try Self.telemetry(port: #require(client.port))
            return try await telemetry.run {
                try await withTracer(telemetry.tracer) {
                    let shop = Application(
                        router: Self.router(telemetry, flushesInside: flushesInside),
                        logger: silent
                    )
                    try await shop.test(.router) { visitor in
                        let response = try await visitor.execute(
                            uri: "/orders/7?verbose=1",
                            method: .get,
                            headers: [.userAgent: "Mozilla/5.0 AppInsights AlwaysOn"]
                        )
                        #expect(response.status == .ok)
                        #expect(String(buffer: response.body) == "7")
                    }
                }
                let health = await telemetry.forceFlush(.seconds(3_600))
                #expect(health.total.pending == 0)
                #expect(health.total.droppedCount == 0)
                return try await Self.rows(client)
            }
        }
        try body(rows)
    }

    private static func telemetry(port: Int) throws -> Telemetry {
        let connectionString =
            "InstrumentationKey=00000000-0000-0000-0000-000000000001;"
            + "IngestionEndpoint=http://127.0.0.1:\(port)/"
        var configuration = TelemetryConfiguration()
        configuration.storage = nil
        configuration.logs.console = .off
        // Nothing is delivered but by flushing.
        configuration.traces.batching.scheduleDelay = .seconds(3_600)
        configuration.logs.batching.scheduleDelay = .seconds(3_600)
        configuration.traces.modifyAtStart { span in
            // What Hummingbird calls a request before it knows the route; the children inherit.
            guard span.operationName.hasPrefix("HTTP "), let user = Visitor.user,
                let address = Visitor.address
            else { return }
            span.attributes["enduser.id"] = user
            span.attributes["client.address"] = address
        }
        return Telemetry(
            configuration: configuration,
            exporters: [
                try AzureMonitorTraceExporter(connectionString: connectionString),
                try AzureMonitorLogExporter(connectionString: connectionString),
            ]
        )
    }

    private static func router(
        _ telemetry: Telemetry,
        flushesInside: Bool
    ) -> Router<BasicRequestContext> {
        let logger = Logger(label: "shop") { telemetry.makeLogHandler(label: $0) }
        let router = Router()
        router.addMiddleware {
            VisitorMiddleware()
            TracingMiddleware()
        }
        router.get("/orders/{id}") { _, context in
            await withSpan("work") { span in
                logger.info("looking")
                span.recordError(OutOfStock())
                span.addEvent("waited")
                await withSpan("SELECT", ofKind: .client) { _ in await Task.yield() }
            }
            logger.info("at the root")
            if flushesInside {
                let health = await telemetry.forceFlush(.seconds(3_600))
                #expect(health.total.pending == 0)
                #expect(health.total.exported == 4)
            }
            return try context.parameters.require("id")
        }
        return router
    }

    private static func rows(
        _ client: any TestClientProtocol
    ) async throws -> [String: [[String: String]]] {
        let names = [
            "requests": ", name", "dependencies": ", name", "traces": ", message", "exceptions": "",
        ]
        var rows: [String: [[String: String]]] = [:]
        for (table, more) in names {
            let columns =
                "operation_Name, operation_Id, operation_SyntheticSource, "
                + "user_AuthenticatedId, client_IP\(more)"
            let query = ["sql": "SELECT \(columns) FROM \(table) ORDER BY timestamp"]
            let response = try await client.execute(
                uri: "/v1/query",
                method: .post,
                headers: [.contentType: "application/json"],
                body: ByteBuffer(bytes: JSONEncoder().encode(query))
            )
            #expect(response.status == .ok)
            rows[table] = try JSONDecoder()
                .decode([[String: String?]].self, from: Data(response.body.readableBytesView))
                .map { $0.compactMapValues { $0 } }
        }
        return rows
    }
}

private struct OutOfStock: Error {}

/// Who visits, as a program's own authentication would say.
private enum Visitor {
    @TaskLocal static var user: String?
    @TaskLocal static var address: String?
}

private struct VisitorMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext

    func handle(
        _ request: Request,
        context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        try await Visitor.$user.withValue("anna") {
            try await Visitor.$address.withValue("203.0.113.7") {
                try await next(request, context)
            }
        }
    }
}
