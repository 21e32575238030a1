import Hummingbird
import Instrumentation
import Logging
import Metrics
import TelemetryEngine
import Tracing

/// An order on its way to the warehouse, with the trace it belongs to.
struct Order: Sendable {
    var number: Int
    var headers: [String: String]
}

/// The demo's server: a small shop.
struct Shop: Sendable {
    let telemetry: Telemetry
    let catalogue: Catalogue
    let orders: AsyncStream<Order>.Continuation

    /// Serves until the service group stops it; `onListening` is told the port.
    func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let logger = Logger(label: "shop") { self.telemetry.makeLogHandler(label: $0) }
        let application = Application(
            router: self.makeRouter(),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { await onListening($0.localAddress?.port ?? 0) },
            logger: logger
        )
        // The server's tasks inherit both, so nothing global is needed.
        try await withTracer(self.telemetry.tracer) {
            try await withMetricsFactory(self.telemetry.metricsFactory) {
                try await application.run()
            }
        }
    }

    private func makeRouter() -> Router<BasicRequestContext> {
        let router = Router()
        router.addMiddleware {
            // Hummingbird does not know its own address, and a request without it has no URL.
            TracingMiddleware(attributes: ["url.scheme": "http", "server.address": "127.0.0.1"])
            MetricsMiddleware()
            LogRequestsMiddleware(.info)
        }
        router.get("/products") { _, _ in
            try await self.catalogue.products().map(\.name).joined(separator: "\n")
        }
        router.get("/products/:id") { _, context in
            let id = try context.parameters.require("id", as: Int.self)
            guard let product = try await self.catalogue.product(id) else {
                throw HTTPError(.notFound, message: "There is no product \(id).")
            }
            return product.name
        }
        router.post("/orders/:id") { _, context -> HTTPResponse.Status in
            let product = try context.parameters.require("id", as: Int.self)
            let number = try await self.catalogue.place(orderOf: product)
            var headers: [String: String] = [:]
            if let current = ServiceContext.current {
                InstrumentationSystem.instrument.inject(
                    current,
                    into: &headers,
                    using: DictionaryCarrier()
                )
            }
            self.orders.yield(Order(number: number, headers: headers))
            Counter(label: "shop.orders", dimensions: [("product", "\(product)")]).increment()
            return .accepted
        }
        router.get("/slow") { _, _ in
            try await Task.sleep(for: .milliseconds(250))
            return "at last"
        }
        router.get("/report") { _, _ in
            "\(try await self.catalogue.brokenReport() ?? 0) sales"
        }
        return router
    }
}

/// Carries a trace in a dictionary, as a message queue would in its headers.
struct DictionaryCarrier: Injector, Extractor {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
        carrier[key] = value
    }

    func extract(key: String, from carrier: [String: String]) -> String? {
        carrier[key]
    }
}
