import AzureMonitor
import Hummingbird
import Logging
import ServiceLifecycle
import Tracing

/// A small shop, all of whose telemetry goes to Application Insights.
///
///     export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=…;IngestionEndpoint=…'
///     export OTEL_SERVICE_NAME=shop
///     swift run Server
///     curl http://127.0.0.1:8080/orders/7
///
/// With `--once` it takes a free port, sends itself a few requests, and stops.
@main
struct Server {
    static func main() async throws {
        // First of all, so that every logger and every instrument made later is ours. What to send
        // and where to is in the environment; pass a configuration to set it in code.
        let monitor = try AzureMonitor.bootstrap()

        let visits = CommandLine.arguments.contains("--once")
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var app = Application(
            router: Self.makeRouter(),
            configuration: .init(
                address: .hostname("127.0.0.1", port: visits ? 0 : 8080),
                serverName: "shop"
            ),
            onServerRunning: { channel in
                port.yield(channel.localAddress?.port ?? 0)
                port.finish()
            },
            logger: Logger(label: "shop")
        )
        // Services stop in the opposite order: the server first, then the monitor, which sends
        // what it still has.
        app.addServices(monitor)

        // `try await app.runService()` would do, were it not for the visitor.
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: app)]
        if visits {
            services.append(
                .init(
                    service: Visitor(ports: ports),
                    successTerminationBehavior: .gracefullyShutdownGroup
                )
            )
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: app.logger
            )
        )
        try await group.run()
    }

    static func makeRouter() -> Router<BasicRequestContext> {
        let router = Router()
        router.addMiddleware {
            // Without these two attributes a request would have no URL.
            TracingMiddleware(
                attributes: ["url.scheme": "http", "server.address": "127.0.0.1"]
            )
            MetricsMiddleware()
            LogRequestsMiddleware(.debug)
        }
        router.get("orders/{id}") { _, context in
            let id = try context.parameters.require("id", as: Int.self)
            // A step of its own inside the request: a dependency in Application Insights.
            return try await withSpan("price order") { span in
                span.attributes["order.id"] = id
                guard id != 0 else {
                    // Thrown through the middleware, so the request fails and has an exception.
                    throw NoSuchOrder(id: id)
                }
                // Carries the ids of the request, because it is logged inside of it.
                context.logger.info("priced an order", metadata: ["order.id": "\(id)"])
                return "order \(id): \(id * 100)\n"
            }
        }
        return router
    }
}

/// There is no such order.
struct NoSuchOrder: Error {
    /// The number that somebody asked for.
    let id: Int
}
